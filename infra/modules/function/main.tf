locals {
  function_name = coalesce(var.function_name, var.function)

  # In a local, because a data source that refers to a resource itself is not read while any change of
  # the resource is planned.
  deployed_name = module.package.code_sha256 == "" ? "" : element(split(":", aws_lambda_function.this.arn), 6)

  # How to call hashzip on this function, for messages.
  hashzip         = var.command == null ? "hashzip" : join(" ", var.command)
  hashzip_options = " --project ${var.project}${local.function_name == var.function ? "" : " --function-name ${local.function_name}"}"
}

module "package" {
  source = "../package"

  project           = var.project
  function          = var.function
  command           = var.command
  build_during_plan = var.build_during_plan
  store             = var.store

  # A new name creates a new function, which needs the zip again.
  triggers = { function_name = local.function_name }
}

resource "aws_lambda_function" "this" {
  function_name = local.function_name
  description   = var.description
  role          = aws_iam_role.this.arn

  filename         = module.package.filename
  s3_bucket        = module.package.s3_bucket
  s3_key           = module.package.s3_key
  source_code_hash = module.package.source_code_hash
  handler          = module.package.handler
  runtime          = module.package.runtime
  architectures    = module.package.architectures

  memory_size = var.memory_size
  timeout     = var.timeout
  layers      = var.layers
  tags        = var.tags

  dynamic "environment" {
    for_each = length(var.environment) > 0 ? [var.environment] : []

    content {
      variables = environment.value
    }
  }

  tracing_config {
    mode = var.tracing_mode
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.this.name
  }

  # The function must be allowed to write logs before its first invocation.
  depends_on = [aws_iam_role_policy_attachment.this]
}

# The function as AWS has it. While new code or a new function is planned, `code_sha256` or the ARN is
# unknown, and so is this name: then the function is read after the change. The data source is not
# inside the check, because that makes every plan non-empty.
data "aws_lambda_function" "deployed" {
  function_name = local.deployed_name
}

# The provider keeps the planned source_code_hash in the state even if AWS refuses the update, and
# then the next plan is empty while the old code runs.
# https://github.com/hashicorp/terraform-provider-aws/issues/42826
check "deployed_code" {
  assert {
    condition     = module.package.code_sha256 == null ? true : data.aws_lambda_function.deployed.code_sha256 == module.package.code_sha256
    error_message = "${local.function_name} does not run the code that was applied last: AWS refused the update, or the code was changed outside Terraform. Compare: ${local.hashzip} diff ${var.function} --against deployed${local.hashzip_options}. Deploy what was planned: ${local.hashzip} deploy ${var.function}${local.hashzip_options}${var.store == null ? "" : " --store ${var.store}"}"
  }
}
