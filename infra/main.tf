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
