# Region and credentials come from the usual environment. AWS_ENDPOINT_URL leads to a local AWS.
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

# Its twin in Rust, where somebody asks for it: a plan must not depend on whether Rust is here.
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
