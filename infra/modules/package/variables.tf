variable "project" {
  description = "Folder of hashzip.toml. Give it relative to the configuration (\"$${path.root}/..\"), so that plans are the same in every clone."
  type        = string
  nullable    = false

  validation {
    condition     = var.project != ""
    error_message = "project is empty: give the folder of hashzip.toml, for instance \"$${path.root}/..\"."
  }
}

variable "function" {
  description = "Name of the function in hashzip.toml; or layer.NAME, for a layer."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^(layer[.])?[A-Za-z0-9_-]{1,64}$", var.function))
    error_message = "function is the NAME of a [function.NAME] in hashzip.toml: 1 to 64 letters, digits, - and _; or layer.NAME."
  }
}

variable "command" {
  description = "Program and first arguments that run hashzip. By default this repository's own, by python3; [\"hashzip\"] where it is installed."
  type        = list(string)
  default     = null

  validation {
    condition     = try(length(var.command) > 0, true)
    error_message = "command is empty: leave it out, or give for instance [\"hashzip\"]."
  }
}

variable "build_during_plan" {
  description = "Whether the plan builds the zip where it is missing. Only for when AWS lost the function and the zip is gone too: see \"Awkward cases\" in the README."
  type        = bool
  default     = false
  nullable    = false
}

variable "triggers" {
  description = "What else must be built for: anything that replaces the function, which then needs its zip again."
  type        = map(string)
  default     = {}
  nullable    = false
}
