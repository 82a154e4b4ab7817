variable "project" {
  description = "Folder of hashzip.toml. Give it relative to the configuration (\"$${path.root}/..\"), so that plans are the same in every clone."
  type        = string
  nullable    = false
}

variable "layer" {
  description = "Name of the layer in hashzip.toml."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.layer))
    error_message = "layer is the NAME of a [layer.NAME] in hashzip.toml: 1 to 64 letters, digits, - and _."
  }
}

variable "layer_name" {
  description = "Name in AWS. By default the name in hashzip.toml."
  type        = string
  default     = null

  validation {
    condition     = var.layer_name == null || can(regex("^[A-Za-z0-9_-]{1,64}$", var.layer_name))
    error_message = "layer_name must be 1 to 64 letters, digits, - and _."
  }
}

variable "description" {
  description = "What is in the layer."
  type        = string
  default     = null
}

variable "skip_destroy" {
  description = "Whether old versions stay in AWS, for whatever else uses them. They count against the account's storage."
  type        = bool
  default     = false
  nullable    = false
}

variable "command" {
  description = "Program and first arguments that run hashzip. By default this repository's own, by python3; [\"hashzip\"] where it is installed."
  type        = list(string)
  default     = null
}

variable "build_during_plan" {
  description = "Whether the plan builds the zip where it is missing. Only for when AWS lost the layer and the zip is gone too: see \"Awkward cases\" in the README."
  type        = bool
  default     = false
  nullable    = false
}
