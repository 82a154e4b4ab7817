output "fingerprint" {
  description = "Digest of all that decides the bytes of the package: 64 hex digits."
  value       = data.external.package.result.fingerprint
}

output "source_code_hash" {
  description = "For aws_lambda_function.source_code_hash: the fingerprint, which is known at plan time."
  value       = data.external.package.result.fingerprint
}

output "filename" {
  description = "For aws_lambda_function.filename: path of the zip. Known after it was built."
  value       = terraform_data.build.output.filename
}

output "handler" {
  description = "For aws_lambda_function.handler."
  value       = data.external.package.result.handler
}

output "runtime" {
  description = "For aws_lambda_function.runtime."
  value       = data.external.package.result.runtime
}

output "architectures" {
  description = "For aws_lambda_function.architectures."
  value       = [data.external.package.result.architecture]
}
