variable "project" {
  description = "Path of the folder that contains hashzip.toml. Make it relative to the configuration, such as \"$${path.root}/..\", so that plans are the same in every clone."
  type        = string
  nullable    = false

  validation {
    condition     = var.project != ""
    error_message = "project is empty: set it to the folder that contains hashzip.toml, such as \"$${path.root}/..\"."
  }
}

variable "function" {
  description = "Name of the function in hashzip.toml, or layer.NAME for a layer. Leave it out if package is set."
  type        = string
  default     = null

  validation {
    condition     = var.function == null || can(regex("^(layer[.])?[A-Za-z0-9_-]{1,64}$", var.function))
    error_message = "function must be the NAME of a [function.NAME] in hashzip.toml (1 to 64 letters, digits, - and _), or layer.NAME."
  }
}

variable "package" {
  description = "Name of a package in hashzip.toml that several functions share, in place of function: then the output handler is empty, because each function has its own."
  type        = string
  default     = null

  validation {
    condition     = var.package == null || can(regex("^[A-Za-z0-9_-]{1,64}$", var.package))
    error_message = "package must be the NAME of a [package.NAME] in hashzip.toml: 1 to 64 letters, digits, - and _."
  }
}

variable "command" {
  description = "Command that runs hashzip, as a list of arguments. By default python3 runs the copy of hashzip that comes with the module; a module that `hashzip modules` has copied runs hashzip from the PATH."
  type        = list(string)
  default     = null

  validation {
    condition     = try(length(var.command) > 0, true)
    error_message = "command is empty: leave it out, or set it to a command such as [\"hashzip\"]."
  }
}

variable "build_during_plan" {
  description = "Whether a plan builds the zip if it is missing. Needed only if the function was deleted outside Terraform and the zip is gone too, and there is no store; see docs/terraform.md."
  type        = bool
  default     = false
  nullable    = false
}

variable "triggers" {
  description = "Values that trigger a build when they change, in addition to the fingerprint. Put everything here that replaces the function, because a new function needs the zip again."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "store" {
  description = "URL of a store in S3 that machines share, as s3://BUCKET/PREFIX: the build puts the package there, or finds it there, and your function comes from there. By default, no store."
  type        = string
  default     = null

  validation {
    condition     = var.store == null || can(regex("^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9!_.*'()-]+)*/?$", var.store))
    error_message = "store must be s3://BUCKET or s3://BUCKET/PREFIX."
  }
}
