locals {
  layer_name = coalesce(var.layer_name, var.layer)
}

module "package" {
  source = "../package"

  project           = var.project
  function          = "layer.${var.layer}"
  command           = var.command
  build_during_plan = var.build_during_plan

  # A version cannot be changed: whatever else replaces it needs the zip again.
  triggers = {
    layer_name   = local.layer_name
    description  = coalesce(var.description, "-")
    skip_destroy = var.skip_destroy
  }
}

resource "aws_lambda_layer_version" "this" {
  layer_name  = local.layer_name
  description = var.description

  filename                 = module.package.filename
  source_code_hash         = module.package.source_code_hash
  compatible_runtimes      = [module.package.runtime]
  compatible_architectures = module.package.architectures

  skip_destroy = var.skip_destroy

  lifecycle {
    # Functions go on running on the old version until they have the new one.
    create_before_destroy = true

    # Where the zip lies is no reason for a new version; what replaces it takes the new path.
    ignore_changes = [filename]
  }
}
