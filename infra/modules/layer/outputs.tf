output "arn" {
  description = "ARN of the version, for the function module's layers."
  value       = aws_lambda_layer_version.this.arn
}

output "layer_arn" {
  description = "ARN of the layer without its version."
  value       = aws_lambda_layer_version.this.layer_arn
}

output "fingerprint" {
  description = "Fingerprint of the package that is in the layer."
  value       = module.package.fingerprint
}
