locals {
  command = var.command != null ? var.command : ["python3", "${path.module}/../../../build"]
}

# Reads every input of the package on every plan. Writes nothing, except with build_during_plan.
data "external" "package" {
  program = concat(local.command, ["external"])

  query = {
    project  = var.project
    function = var.function
    build    = tostring(var.build_during_plan)
  }
}

# Builds the package when an input changes or its path changes. While a build is planned, `output` is
# unknown, and so is the path that other resources take from it: nothing looks for the zip before it
# is built.
resource "terraform_data" "build" {
  triggers_replace = merge(var.triggers, {
    fingerprint = data.external.package.result.fingerprint
    filename    = data.external.package.result.filename
  })

  # Only shown: a plan prints the entries that change.
  input = {
    filename = data.external.package.result.filename
    files    = jsondecode(data.external.package.result.files)
    recipe   = jsondecode(data.external.package.result.recipe)
    why      = "run: hashzip explain ${var.function} # ${substr(data.external.package.result.fingerprint, 0, 12)}"
  }

  # The arguments are a list, so no shell reads them. The last argument is `command`.
  provisioner "local-exec" {
    interpreter = concat(local.command, [
      "build",
      "--project", var.project,
      "--expect", data.external.package.result.fingerprint,
    ])
    command     = var.function
    environment = { HASHZIP_EXPECT_FILES = data.external.package.result.files }
  }
}
