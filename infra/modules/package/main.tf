locals {
  # A module that was copied by `hashzip modules` has no program beside it.
  program = "${path.module}/../../../build"
  default = fileexists("${local.program}/hashzip/__main__.py") ? ["python3", local.program] : ["hashzip"]
  command = var.command != null ? var.command : local.default

  # The name of a bucket that is made in the same configuration may be unknown until it is there, so
  # that nothing that a plan needs refers to it.
  store       = var.store == null ? [] : split("/", trim(trimprefix(var.store, "s3://"), "/"))
  in_store    = var.store == null ? ["--no-store"] : ["--store", var.store]
  key_parts   = var.store == null ? [] : slice(local.store, 1, length(local.store))
  folder_name = basename(dirname(data.external.package.result.filename)) # function, package or layer

  names = { for key, name in { function = var.function, package = var.package } : key => name if name != null }
}

# Reads every input of the package on every plan. Writes nothing, except with build_during_plan.
data "external" "package" {
  program = concat(local.command, ["external"])

  query = merge(local.names, {
    project = var.project
    build   = tostring(var.build_during_plan)
  })
}

# Builds the package when an input changes or its path changes, and puts it into the store, if there is
# one, or finds it there. While a build is planned, `output` is
# unknown, and so is the path that other resources take from it: nothing looks for the zip before it
# is built.
resource "terraform_data" "build" {
  # A plan prints what changes here, and nothing else. `files` and `recipe` change only together with
  # the fingerprint; they show what it is that changes.
  triggers_replace = merge(var.triggers, { for url in var.store[*] : "store" => url }, {
    fingerprint = data.external.package.result.fingerprint
    filename    = data.external.package.result.filename
    files       = jsondecode(data.external.package.result.files)
    recipe      = jsondecode(data.external.package.result.recipe)
  })

  # A plan prints all of the old `output`, so there is only what others need.
  input = {
    filename = data.external.package.result.filename
    manifest = data.external.package.result.manifest
  }

  # The arguments are a list, so no shell reads them. The last argument is `command`.
  provisioner "local-exec" {
    interpreter = concat(local.command, [
      "build",
      "--project", var.project,
      "--expect", data.external.package.result.fingerprint,
    ], local.in_store)
    command     = join("", values(local.names))
    environment = { HASHZIP_EXPECT_FILES = data.external.package.result.files }
  }
}

# The hash that AWS reports for this code. It is read from the manifest once after each build and
# kept in the state, so that a machine without the artifact knows it too.
resource "terraform_data" "code" {
  triggers_replace = data.external.package.result.fingerprint

  input = try(jsondecode(file(terraform_data.build.output.manifest)).artifact.code_sha256, null)

  lifecycle {
    ignore_changes = [input]
  }
}

# Terraform shows nothing that a data source writes to standard error, so warnings arrive here.
check "package" {
  assert {
    condition     = lookup(data.external.package.result, "warnings", "") == ""
    error_message = "hashzip: ${lookup(data.external.package.result, "warnings", "")}"
  }
}
