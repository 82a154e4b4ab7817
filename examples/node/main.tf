terraform {
  required_version = ">= 1.4"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.51"
    }
  }
}

provider "aws" {}

module "hello" {
  # In your own repository: "git::https://github.com/OWNER/hashzip.git//infra/modules/function?ref=v0.1.0"
  source = "../../infra/modules/function"

  project       = path.root # the folder that contains hashzip.toml
  function      = "hello"
  function_name = "hello-node"
}

output "function_name" {
  description = "Name of the function in AWS."
  value       = module.hello.function_name
}
