output "fingerprint" {
  description = "SHA-256 of everything that determines the bytes of the package, as 64 hex digits. Known at plan time."
  value       = data.external.package.result.fingerprint

  # Not in the data source: with a condition of its own, Terraform would read it only at apply time
  # where the module's arguments depend on a resource that is to be created.
  precondition {
    condition     = length(local.names) == 1
    error_message = "Set function or package, and not both: to the NAME of a [function.NAME] or of a [package.NAME] in hashzip.toml."
  }
}

output "source_code_hash" {
  description = "Value for aws_lambda_function.source_code_hash: the fingerprint."
  value       = data.external.package.result.fingerprint
}

output "filename" {
  description = "Value for aws_lambda_function.filename: the path of the zip. Known after the build. Null with a store."
  value       = var.store == null ? terraform_data.build.output.filename : null
}

output "s3_bucket" {
  description = "Value for aws_lambda_function.s3_bucket: the bucket of the store. Known at plan time. Null without a store."
  value       = var.store == null ? null : local.store[0]
  depends_on  = [terraform_data.build] # the function needs the object
}

output "s3_key" {
  description = "Value for aws_lambda_function.s3_key: the object in the store, whose name is the fingerprint. Known at plan time. Null without a store."
  value       = var.store == null ? null : join("/", concat(local.key_parts, [local.folder_name, "${data.external.package.result.fingerprint}.zip"]))
  depends_on  = [terraform_data.build]
}

output "code_sha256" {
  description = "SHA-256 of the zip in base64, which AWS reports as CodeSha256. Known after the build. With version 6.28 or later of the AWS provider, it can be the value of aws_lambda_function.code_sha256."
  value       = terraform_data.code.output
}

output "handler" {
  description = "Value for aws_lambda_function.handler; empty for a package and for a layer."
  value       = data.external.package.result.handler
}

output "runtime" {
  description = "Value for aws_lambda_function.runtime."
  value       = data.external.package.result.runtime
}

output "architectures" {
  description = "Value for aws_lambda_function.architectures."
  value       = [data.external.package.result.architecture]
}
