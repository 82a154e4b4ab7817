"""The tables in the READMEs of the Terraform modules."""

from pathlib import Path

import pytest

from scripts import module_pages
from scripts.errors import ScriptError

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
    "README.md": f"# M\n\nBy hand.\n\n{module_pages.BEGIN}\nold\n{module_pages.END}\n\nMore.\n",
}
TABLES = r"""
## Requirements

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


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    """Make a folder with one module, whose README is stale."""
    (tmp_path / "one").mkdir()
    for name, text in FILES.items():
        (tmp_path / "one" / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_tables(modules: Path) -> None:
    """The tables replace what is between the marks; what is written by hand stays."""
    module_pages.update(modules, check=False)

    text = (modules / "one/README.md").read_text(encoding="utf-8")
    before, after = (
        f"# M\n\nBy hand.\n\n{module_pages.BEGIN}",
        f"{module_pages.END}\n\nMore.\n",
    )
    assert text == f"{before}\n{TABLES}\n{after}"


def test_stale(modules: Path) -> None:
    """A README that does not fit the Terraform files is an error, until it is written again."""
    with pytest.raises(ScriptError, match=r"README\.md is stale"):
        module_pages.update(modules, check=True)

    module_pages.update(modules, check=False)
    module_pages.update(modules, check=True)


def test_no_marks(modules: Path) -> None:
    """A README without the marks is an error that shows them."""
    (modules / "one/README.md").write_text("# Module\n", encoding="utf-8")

    with pytest.raises(ScriptError, match="has no marks") as error:
        module_pages.update(modules, check=False)

    assert module_pages.BEGIN in error.value.hint
