# Region and credentials come from the environment. AWS_ENDPOINT_URL selects a local AWS.
provider "aws" {}

module "hello" {
  source = "./modules/function"

  project       = "${path.root}/.."
  function      = "hello"
  function_name = var.function_name
  description   = "Says hello."
  memory_size   = var.memory_size
  tracing_mode  = "Active"
  command       = var.hashzip_command

  environment = {
    POWERTOOLS_SERVICE_NAME = "hello"
    POWERTOOLS_LOG_LEVEL    = "INFO"
  }
}

# The same function in Rust. Off by default, so that a deployment does not require Rust.
module "hello_rust" {
  source = "./modules/function"
  count  = var.rust_architecture == null ? 0 : 1

  project       = "${path.root}/../handler/rust"
  function      = "hello-${var.rust_architecture}"
  function_name = "${var.function_name}-rust"
  description   = "Says hello, in Rust."
  memory_size   = var.memory_size
  command       = var.hashzip_command
}
