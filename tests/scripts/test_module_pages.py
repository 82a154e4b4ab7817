"""The tables in the READMEs of the Terraform modules."""

from pathlib import Path

from scripts import module_pages

FILES = {
    "versions.tf": """
terraform {
  required_version = ">= 1.4" # a reason
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.51"
    }
  }
}
""",
    "variables.tf": r"""
variable "project" {
  description = "The folder, such as \"$${path.root}/..\"; a|b."
  type        = string
}

variable "layers" {
  description = "ARNs."
  type        = list(string)
  default     = []
}
""",
    "outputs.tf": """
output "arn" {
  description = "The ARN."
  value       = "arn"
}
""",
}
TABLES = r"""## Requirements

| name | version |
| --- | --- |
| Terraform or OpenTofu | `>= 1.4` |
| provider `hashicorp/aws` | `>= 5.51` |

## Inputs

| name | description | type | default |
| --- | --- | --- | --- |
| `project` | The folder, such as "${path.root}/.."; a\|b. | `string` | required |
| `layers` | ARNs. | `list(string)` | `[]` |

## Outputs

| name | description |
| --- | --- |
| `arn` | The ARN. |
"""


def test_tables(tmp_path: Path) -> None:
    """Each requirement, input and output has a row, with its default and its description."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")

    assert module_pages.tables(tmp_path) == TABLES
