locals {
  command = var.command != null ? var.command : ["python3", "${path.module}/../../../build"]
}

# Reads every input of the package, on every plan. Writes nothing (unless build_during_plan).
data "external" "package" {
  program = concat(local.command, ["external"])

  query = {
    project  = var.project
    function = var.function
    build    = tostring(var.build_during_plan)
  }
}

# Builds the package where an input changed, or it is wanted at another path. Its output is only
# known after that, and so is the path of the zip to whoever takes it from there: a zip cannot be
# looked for before it is made.
resource "terraform_data" "build" {
  triggers_replace = merge(var.triggers, {
    fingerprint = data.external.package.result.fingerprint
    filename    = data.external.package.result.filename
  })

  # The plan shows what of this changed.
  input = {
    filename = data.external.package.result.filename
    files    = jsondecode(data.external.package.result.files)
    recipe   = jsondecode(data.external.package.result.recipe)
    why      = "run: hashzip explain ${var.function} # ${substr(data.external.package.result.fingerprint, 0, 12)}"
  }

  # Arguments go by a list, never through a shell; the last one is `command`.
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
