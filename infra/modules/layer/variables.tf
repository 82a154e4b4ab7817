variable "project" {
  description = "Path of the folder that contains hashzip.toml. Make it relative to the configuration, such as \"$${path.root}/..\", so that plans are the same in every clone."
  type        = string
  nullable    = false
}

variable "layer" {
  description = "Name of the layer in hashzip.toml: the NAME of [layer.NAME]."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.layer))
    error_message = "layer must be the NAME of a [layer.NAME] in hashzip.toml: 1 to 64 letters, digits, - and _."
  }
}

variable "layer_name" {
  description = "Name of the layer in AWS. By default the name in hashzip.toml."
  type        = string
  default     = null

  validation {
    condition     = var.layer_name == null || can(regex("^[A-Za-z0-9_-]{1,64}$", var.layer_name))
    error_message = "layer_name must be 1 to 64 letters, digits, - and _."
  }
}

variable "description" {
  description = "Description of the layer version in AWS."
  type        = string
  default     = null
}

variable "skip_destroy" {
  description = "Whether to keep old versions in AWS for other users of the layer. They count against the account's storage limit."
  type        = bool
  default     = false
  nullable    = false
}

variable "command" {
  description = "Command that runs hashzip, as a list of arguments. By default python3 runs the copy of hashzip that comes with the module; a module that `hashzip modules` has copied runs hashzip from the PATH."
  type        = list(string)
  default     = null
}

variable "build_during_plan" {
  description = "Whether a plan builds the zip if it is missing. Needed only if the layer version was deleted outside Terraform and the zip is gone too, and there is no store; see docs/terraform.md."
  type        = bool
  default     = false
  nullable    = false
}

variable "store" {
  description = "URL of a store in S3 that machines share, as s3://BUCKET/PREFIX: the build puts the package there, or finds it there, and the layer version comes from there. By default, no store."
  type        = string
  default     = null

  validation {
    condition     = var.store == null || can(regex("^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9!_.*'()-]+)*/?$", var.store))
    error_message = "store must be s3://BUCKET or s3://BUCKET/PREFIX."
  }
}
