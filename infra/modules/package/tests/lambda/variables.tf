# The variables of terraform-aws-modules/lambda/aws that take outputs of this module, with its types:
# https://registry.terraform.io/modules/terraform-aws-modules/lambda/aws/latest?tab=inputs

variable "create_package" {
  type = bool
}

variable "local_existing_package" {
  type = string
}

variable "ignore_source_code_hash" {
  type = bool
}

variable "handler" {
  type = string
}

variable "runtime" {
  type = string
}

variable "architectures" {
  type = list(string)
}

output "arguments" {
  value = {
    filename      = var.create_package ? null : var.local_existing_package
    hash          = var.ignore_source_code_hash ? null : filebase64sha256(var.local_existing_package)
    handler       = var.handler
    runtime       = var.runtime
    architectures = var.architectures
  }
}
