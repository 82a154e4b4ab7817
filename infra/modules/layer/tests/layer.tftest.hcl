# The module's own logic, with mocks. Real runs are in tests/terraform of the repository.

mock_provider "aws" {}

override_data {
  target = module.package.data.external.package
  values = {
    result = {
      fingerprint  = "1111111111111111111111111111111111111111111111111111111111111111"
      filename     = "../dist/layer.deps/1111.zip"
      handler      = ""
      runtime      = "python3.13"
      architecture = "arm64"
      files        = "{\"//uv.lock\":\"2222\"}"
      recipe       = "{\"builder\":\"python\",\"prefix\":\"python/\"}"
      manifest     = "../dist/layer.deps/1111.json"
    }
  }
}

variables {
  project = "../.."
  layer   = "deps"
}

run "defaults" {
  command = plan

  assert {
    condition     = aws_lambda_layer_version.this.layer_name == "deps"
    error_message = "The layer's name in AWS should be its name in hashzip.toml."
  }

  assert {
    condition     = aws_lambda_layer_version.this.source_code_hash == output.fingerprint
    error_message = "source_code_hash should be the fingerprint, known at plan time."
  }

  assert {
    condition     = tolist(aws_lambda_layer_version.this.compatible_runtimes) == tolist(["python3.13"]) && tolist(aws_lambda_layer_version.this.compatible_architectures) == tolist(["arm64"])
    error_message = "The layer should be for the runtime and architecture in hashzip.toml."
  }

  assert {
    condition     = aws_lambda_layer_version.this.skip_destroy == false
    error_message = "Old versions should be removed by default."
  }
}

run "given_values" {
  command = plan

  variables {
    layer_name   = "greeter-deps"
    description  = "What greeter needs."
    skip_destroy = true
  }

  assert {
    condition     = aws_lambda_layer_version.this.layer_name == "greeter-deps" && aws_lambda_layer_version.this.description == "What greeter needs." && aws_lambda_layer_version.this.skip_destroy
    error_message = "layer_name, description and skip_destroy should be passed on."
  }
}

run "invalid_layer" {
  command = plan

  variables {
    layer = "layer.deps"
  }

  expect_failures = [var.layer]
}

run "invalid_name" {
  command = plan

  variables {
    layer_name = "greeter deps"
  }

  expect_failures = [var.layer_name]
}
