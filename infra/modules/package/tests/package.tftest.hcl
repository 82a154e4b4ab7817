# The module's own logic, with a mocked hashzip. Real runs are in tests/terraform of the repository.

mock_provider "external" {
  override_data {
    target = data.external.package
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
}

variables {
  project  = "../.."
  function = "hello"
}

run "query" {
  command = plan

  assert {
    condition = data.external.package.query == tomap({
      project  = "../.."
      function = "hello"
      build    = "false"
    })
    error_message = "The query should name project and function, and not ask for a build."
  }

  assert {
    condition     = data.external.package.program[0] == "python3" && data.external.package.program[2] == "external"
    error_message = "By default, python3 should run the hashzip of the module's own repository."
  }
}

run "triggers" {
  command = plan

  variables {
    triggers = { function_name = "greeter" }
  }

  assert {
    condition     = toset(keys(terraform_data.build.triggers_replace)) == toset(["fingerprint", "filename", "files", "recipe", "function_name"])
    error_message = "Fingerprint, path, files, recipe and the given triggers should trigger a build, and nothing else."
  }
}

run "plan_output" {
  command = plan

  assert {
    condition     = terraform_data.build.triggers_replace.files["hello.py"] == "2222"
    error_message = "The plan should show each file and its digest."
  }

  assert {
    condition     = terraform_data.build.triggers_replace.recipe.builder == "python"
    error_message = "The plan should show the recipe."
  }
}

run "outputs" {
  command = plan

  assert {
    condition     = output.source_code_hash == output.fingerprint && length(output.fingerprint) == 64
    error_message = "source_code_hash should be the fingerprint, known at plan time."
  }

  assert {
    condition     = output.handler == "hello.lambda_handler" && output.runtime == "python3.13" && output.architectures == ["arm64"]
    error_message = "Handler, runtime and architecture should be those of hashzip.toml."
  }
}

# Its module keeps working with a package of hashzip: create_package = false, and these outputs.
run "outputs_for_terraform_aws_modules_lambda" {
  command = plan

  module {
    source = "./tests/lambda"
  }

  variables {
    create_package          = false
    local_existing_package  = "../dist/hello/1111.zip" # the output filename is known after the build
    ignore_source_code_hash = true
    handler                 = run.outputs.handler
    runtime                 = run.outputs.runtime
    architectures           = run.outputs.architectures
  }

  assert {
    condition = output.arguments == {
      filename      = "../dist/hello/1111.zip"
      hash          = null
      handler       = "hello.lambda_handler"
      runtime       = "python3.13"
      architectures = tolist(["arm64"])
    }
    error_message = "handler, runtime and architectures should have the types of that module's variables."
  }
}

run "shared_package" {
  command = plan

  variables {
    function = null
    package  = "api"
  }

  assert {
    condition = data.external.package.query == tomap({
      project = "../.."
      package = "api"
      build   = "false"
    })
    error_message = "The query should name the package in place of a function."
  }
}

run "function_and_package" {
  command = plan

  variables {
    package = "api"
  }

  expect_failures = [output.fingerprint]
}

run "neither_function_nor_package" {
  command = plan

  variables {
    function = null
  }

  expect_failures = [output.fingerprint]
}

run "invalid_package" {
  command = plan

  variables {
    function = null
    package  = "an api"
  }

  expect_failures = [var.package]
}

run "another_command" {
  command = plan

  variables {
    command           = ["hashzip", "--debug"]
    build_during_plan = true
  }

  assert {
    condition     = data.external.package.program == tolist(["hashzip", "--debug", "external"])
    error_message = "command should be run as it is given."
  }

  assert {
    condition     = data.external.package.query.build == "true"
    error_message = "With build_during_plan, the query should ask for a build."
  }
}

run "empty_project" {
  command = plan

  variables {
    project = ""
  }

  expect_failures = [var.project]
}

run "invalid_function" {
  command = plan

  variables {
    function = "hello world"
  }

  expect_failures = [var.function]
}

run "empty_command" {
  command = plan

  variables {
    command = []
  }

  expect_failures = [var.command]
}

run "warnings" {
  command = plan

  override_data {
    target = data.external.package
    values = {
      result = {
        fingerprint  = "1111111111111111111111111111111111111111111111111111111111111111"
        filename     = "../dist/hello/1111.zip"
        handler      = "hello.lambda_handler"
        runtime      = "python3.9"
        architecture = "arm64"
        files        = "{\"hello.py\":\"2222\"}"
        recipe       = "{\"builder\":\"python\"}"
        manifest     = "../dist/hello/1111.json"
        warnings     = "python3.9 is deprecated"
      }
    }
  }

  expect_failures = [check.package]
}

run "no_store" {
  command = plan

  assert {
    condition     = output.s3_bucket == null && output.s3_key == null
    error_message = "Without a store, the function should get the file."
  }
}

run "store" {
  command = plan

  variables {
    store = "s3://artifacts-of-us/a/lambda/"
  }

  assert {
    condition     = output.s3_bucket == "artifacts-of-us" && output.s3_key == "a/lambda/hello/${output.fingerprint}.zip"
    error_message = "Bucket and key should be known at plan time, and be those of `hashzip push`."
  }

  assert {
    condition     = output.filename == null
    error_message = "With a store, the function should not get the file, too."
  }

  assert {
    condition     = terraform_data.build.triggers_replace.store == "s3://artifacts-of-us/a/lambda/"
    error_message = "Another store should trigger a build, which puts the package there."
  }
}

run "store_without_prefix" {
  command = plan

  variables {
    store = "s3://artifacts-of-us"
  }

  assert {
    condition     = output.s3_bucket == "artifacts-of-us" && output.s3_key == "hello/${output.fingerprint}.zip"
    error_message = "A store may be a whole bucket."
  }
}

run "store_that_is_none" {
  command = plan

  variables {
    store = "https://artifacts-of-us.s3.amazonaws.com/lambda"
  }

  expect_failures = [var.store]
}
