locals {
  function_name = coalesce(var.function_name, var.function)
}

module "package" {
  source = "../package"

  project           = var.project
  function          = var.function
  command           = var.command
  build_during_plan = var.build_during_plan

  # A new name creates a new function, which needs the zip again.
  triggers = { function_name = local.function_name }
}

resource "aws_lambda_function" "this" {
  function_name = local.function_name
  description   = var.description
  role          = aws_iam_role.this.arn

  filename         = module.package.filename
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
