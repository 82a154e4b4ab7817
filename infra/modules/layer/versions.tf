terraform {
  required_version = ">= 1.5" # check

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.51" # the first version that keeps the source_code_hash it is given
    }
  }
}
