terraform {
  required_version = ">= 1.4" # terraform_data

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.51" # the first version that keeps the source_code_hash it is given
    }
  }
}
