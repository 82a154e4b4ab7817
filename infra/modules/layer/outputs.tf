output "arn" {
  description = "ARN of the layer version, for the variable layers of the function module."
  value       = aws_lambda_layer_version.this.arn
}

output "layer_arn" {
  description = "ARN of the layer without its version."
  value       = aws_lambda_layer_version.this.layer_arn
}

output "fingerprint" {
  description = "Fingerprint of the layer's package."
  value       = module.package.fingerprint
}
