output "function_name" {
  description = "Name of the function in AWS."
  value       = module.hello.function_name
}

output "arn" {
  description = "ARN of the function."
  value       = module.hello.arn
}

output "log_group_name" {
  description = "Name of the function's log group."
  value       = module.hello.log_group_name
}

output "fingerprint" {
  description = "Fingerprint of the function's package."
  value       = module.hello.fingerprint
}

output "rust_function_name" {
  description = "Name of the Rust function in AWS, or null if it is not deployed."
  value       = one(module.hello_rust[*].function_name)
}
