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

variable "hashzip_command" {
  description = "Program and first arguments that run hashzip. By default this checkout's own, by python3."
  type        = list(string)
  default     = null
}
