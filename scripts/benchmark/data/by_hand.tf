# Replaces the package module; the function module around it stays the same.
output "fingerprint" { value = "FINGERPRINT" }
output "source_code_hash" { value = "FINGERPRINT" }
output "filename" { value = "../dist/app/FINGERPRINT.zip" }
output "handler" { value = "app.handler" }
output "runtime" { value = "python3.13" }
output "architectures" { value = ["x86_64"] }
output "code_sha256" { value = "" }
