terraform {
  required_version = ">= 1.5" # check

  required_providers {
    external = {
      source  = "hashicorp/external"
      version = ">= 1.2"
    }
  }
}
