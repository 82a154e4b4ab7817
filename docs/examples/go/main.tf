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

variable "hashzip_command" {
  description = "How to run hashzip. By default by python3, from this checkout."
  type        = list(string)
  default     = null
}

module "hello" {
  source = "../../../infra/modules/function" # elsewhere: git::https://…//infra/modules/function

  project       = path.root # the folder of hashzip.toml
  function      = "hello"
  function_name = "hello-go"
  command       = var.hashzip_command
}

output "function_name" {
  description = "Name of the function."
  value       = module.hello.function_name
}
