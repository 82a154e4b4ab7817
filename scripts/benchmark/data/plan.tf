provider "aws" {}

variable "function_name" { type = string }
variable "hashzip_command" { type = list(string) }

module "app" {
  source        = "./modules/function"
  project       = "${path.root}/.."
  function      = "app"
  function_name = var.function_name
  command       = var.hashzip_command
}

output "fingerprint" { value = module.app.fingerprint }
