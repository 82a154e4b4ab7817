terraform {
  required_version = ">= 1.4" # terraform_data

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.51" # from here on source_code_hash is ours, and never overwritten from the API
    }
  }
}
