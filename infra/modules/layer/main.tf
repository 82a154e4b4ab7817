locals {
  layer_name = coalesce(var.layer_name, var.layer)
}

module "package" {
  source = "../package"

  project           = var.project
  function          = "layer.${var.layer}"
  command           = var.command
  build_during_plan = var.build_during_plan
  store             = var.store

  # A layer version cannot be changed, only replaced; each of these replaces it, and then it needs
  # the zip again.
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
  s3_bucket                = module.package.s3_bucket
  s3_key                   = module.package.s3_key
  source_code_hash         = module.package.source_code_hash
  compatible_runtimes      = [module.package.runtime]
  compatible_architectures = module.package.architectures

  skip_destroy = var.skip_destroy

  lifecycle {
    # Functions keep the old version until they are updated to the new one.
    create_before_destroy = true

    # A new path of the zip is no reason for a new version. A replacement uses the new path.
    ignore_changes = [filename, s3_bucket, s3_key]
  }
}
