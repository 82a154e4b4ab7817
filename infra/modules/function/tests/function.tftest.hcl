# The module's own logic, with a mocked AWS. Real runs are in tests/terraform of the repository.

mock_provider "aws" {
  override_data {
    target = data.aws_partition.current
    values = { partition = "aws-cn" }
  }

  override_resource {
    target = aws_iam_role.this
    values = { arn = "arn:aws-cn:iam::123456789012:role/hello" }
  }
}

override_data {
  target = module.package.data.external.package
  values = {
    result = {
      fingerprint  = "1111111111111111111111111111111111111111111111111111111111111111"
      filename     = "../dist/hello/1111.zip"
      handler      = "hello.lambda_handler"
      runtime      = "python3.13"
      architecture = "arm64"
      files        = "{\"hello.py\":\"2222\"}"
      recipe       = "{\"builder\":\"python\"}"
      manifest     = "../dist/hello/1111.json"
    }
  }
}

variables {
  project  = "../.."
  function = "hello"
}

run "defaults" {
  command = plan

  # A plan of new code does not know yet what AWS will have.
  expect_failures = [check.deployed_code]

  assert {
    condition     = aws_lambda_function.this.function_name == "hello"
    error_message = "The function's name in AWS should be its name in hashzip.toml."
  }

  assert {
    condition     = aws_lambda_function.this.source_code_hash == output.fingerprint
    error_message = "source_code_hash should be the fingerprint."
  }

  assert {
    condition     = aws_lambda_function.this.architectures == tolist(["arm64"]) && aws_lambda_function.this.runtime == "python3.13"
    error_message = "Architecture and runtime should be those of hashzip.toml."
  }

  assert {
    condition     = aws_lambda_function.this.logging_config[0].log_format == "JSON" && aws_lambda_function.this.logging_config[0].log_group == "/aws/lambda/hello"
    error_message = "Logs should be JSON, in the function's own log group."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.retention_in_days == 30
    error_message = "Logs should expire after 30 days."
  }

  assert {
    condition     = keys(aws_iam_role_policy_attachment.this) == ["service-role/AWSLambdaBasicExecutionRole"]
    error_message = "The role should only be allowed to write logs."
  }

  assert {
    condition     = aws_iam_role_policy_attachment.this["service-role/AWSLambdaBasicExecutionRole"].policy_arn == "arn:aws-cn:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    error_message = "ARNs of managed policies should be in the partition of the account."
  }

  assert {
    condition     = length(aws_iam_role_policy.this) == 0 && length(aws_lambda_function.this.environment) == 0
    error_message = "There should be no inline policy and no environment."
  }
}

run "given_values" {
  command = plan

  expect_failures = [check.deployed_code]

  variables {
    function_name      = "greeter"
    memory_size        = 256
    timeout            = 10
    environment        = { LANGUAGE = "en" }
    log_retention_days = 0
    tracing_mode       = "Active"
    policy_json        = "{\"Statement\":[]}"
    policies           = { table = "{\"Statement\":[]}" }
  }

  assert {
    condition     = aws_lambda_function.this.function_name == "greeter" && aws_cloudwatch_log_group.this.name == "/aws/lambda/greeter"
    error_message = "function_name should be the name in AWS."
  }

  assert {
    condition     = aws_lambda_function.this.memory_size == 256 && aws_lambda_function.this.timeout == 10
    error_message = "memory_size and timeout should be passed on."
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables["LANGUAGE"] == "en"
    error_message = "environment should be passed on."
  }

  assert {
    condition     = contains(keys(aws_iam_role_policy_attachment.this), "AWSXRayDaemonWriteAccess")
    error_message = "With active tracing, the role should be allowed to write traces."
  }

  assert {
    condition     = aws_iam_role_policy.this[0].policy == "{\"Statement\":[]}"
    error_message = "The role should have policy_json as an inline policy."
  }

  assert {
    condition     = aws_iam_role_policy.named["table"].name == "table"
    error_message = "The role should have each of policies as an inline policy of its name."
  }
}

run "invalid_memory" {
  command = plan

  variables {
    memory_size = 100
  }

  expect_failures = [var.memory_size]
}

run "invalid_timeout" {
  command = plan

  variables {
    timeout = 901
  }

  expect_failures = [var.timeout]
}

run "invalid_retention" {
  command = plan

  variables {
    log_retention_days = 2
  }

  expect_failures = [var.log_retention_days]
}

run "too_many_layers" {
  command = plan

  variables {
    layers = ["a", "b", "c", "d", "e", "f"]
  }

  expect_failures = [var.layers]
}

run "invalid_tracing" {
  command = plan

  variables {
    tracing_mode = "active"
  }

  expect_failures = [var.tracing_mode]
}

run "invalid_policy" {
  command = plan

  variables {
    policy_json = "allow all"
  }

  expect_failures = [var.policy_json, check.deployed_code]
}

run "invalid_name" {
  command = plan

  variables {
    function_name = "hello world"
  }

  expect_failures = [var.function_name]
}
