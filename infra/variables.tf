variable "function_name" {
  description = "Name of the function in AWS."
  type        = string
  default     = "hello"
}

variable "memory_size" {
  description = "Memory of the function, in MB."
  type        = number
  default     = 128
}

variable "rust_architecture" {
  description = "Deploys hello in Rust too, for this architecture: \"arm64\" or \"x86_64\". It takes Rust to build it."
  type        = string
  default     = null

  validation {
    condition     = var.rust_architecture == null || contains(["arm64", "x86_64"], coalesce(var.rust_architecture, "none"))
    error_message = "rust_architecture is \"arm64\" or \"x86_64\"; leave it out to deploy Python alone."
  }
}

variable "hashzip_command" {
  description = "Program and first arguments that run hashzip. By default this checkout's own, by python3."
  type        = list(string)
  default     = null
}
