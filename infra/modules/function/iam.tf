data "aws_partition" "current" {}

locals {
  managed_policies = toset(concat(
    ["service-role/AWSLambdaBasicExecutionRole"],
    var.tracing_mode == "Active" ? ["AWSXRayDaemonWriteAccess"] : [],
  ))
}

resource "aws_iam_role" "this" {
  name_prefix = "${substr(local.function_name, 0, 37)}-" # AWS allows 38 characters
  tags        = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = local.managed_policies

  role       = aws_iam_role.this.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/${each.value}"
}

resource "aws_iam_role_policy" "this" {
  count = var.policy_json == null ? 0 : 1

  name   = "function"
  role   = aws_iam_role.this.name
  policy = var.policy_json
}

# By name, so that a policy may depend on what is created in the same apply.
resource "aws_iam_role_policy" "named" {
  for_each = var.policies

  name   = each.key
  role   = aws_iam_role.this.name
  policy = each.value
}
