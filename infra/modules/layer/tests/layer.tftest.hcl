# The module's own logic, against mocks. Real runs are in tests/terraform of the repository.

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

run "by_default" {
  command = plan

  assert {
    condition     = aws_lambda_layer_version.this.layer_name == "deps"
    error_message = "In AWS the layer has its name in hashzip.toml."
  }

  assert {
    condition     = aws_lambda_layer_version.this.source_code_hash == output.fingerprint
    error_message = "The code's hash is the fingerprint, known at plan time."
  }

  assert {
    condition     = tolist(aws_lambda_layer_version.this.compatible_runtimes) == tolist(["python3.13"]) && tolist(aws_lambda_layer_version.this.compatible_architectures) == tolist(["arm64"])
    error_message = "The layer is for the runtime and architecture that its packages are for."
  }

  assert {
    condition     = aws_lambda_layer_version.this.skip_destroy == false
    error_message = "Old versions are removed, unless the user wants them."
  }
}

run "as_asked" {
  command = plan

  variables {
    layer_name   = "greeter-deps"
    description  = "What greeter needs."
    skip_destroy = true
  }

  assert {
    condition     = aws_lambda_layer_version.this.layer_name == "greeter-deps" && aws_lambda_layer_version.this.skip_destroy
    error_message = "A name of its own, and old versions that stay, where the user says so."
  }
}

run "layer_that_cannot_be" {
  command = plan

  variables {
    layer = "layer.deps"
  }

  expect_failures = [var.layer]
}

run "name_that_cannot_be" {
  command = plan

  variables {
    layer_name = "greeter deps"
  }

  expect_failures = [var.layer_name]
}
