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
  description = "Architecture of the Rust function, \"arm64\" or \"x86_64\". By default only the Python function is deployed. Building it requires Rust."
  type        = string
  default     = null

  validation {
    condition     = var.rust_architecture == null || contains(["arm64", "x86_64"], coalesce(var.rust_architecture, "none"))
    error_message = "rust_architecture must be \"arm64\" or \"x86_64\"; leave it out to deploy only the Python function."
  }
}

variable "hashzip_command" {
  description = "Command that runs hashzip, as a list of arguments. By default python3 runs this checkout's copy of hashzip."
  type        = list(string)
  default     = null
}
