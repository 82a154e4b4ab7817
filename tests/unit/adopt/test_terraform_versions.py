"""Versions of the AWS provider."""

from pathlib import Path

import pytest

from hashzip.adopt import terraform_versions
from hashzip.adopt.repository import Repository
from hashzip.adopt.terraform_modules import Terraform
from tests.support import project as projects


@pytest.mark.parametrize(
    "constraint, allowed",
    [
        ("~> 5.0", True),
        ("~> 5.51.0", True),
        ("~> 6.0", True),
        (">= 4.0", True),
        (">= 4.0, < 6.0", True),
        ("> 3", True),
        ("5.100.0", True),
        ("= 5.51", True),
        ("something", True),
        ("~> 4.0", False),
        ("~> 5.31.0", False),
        ("4.67.0", False),
        (">= 4.0, < 5.0", False),
        ("<= 5.50", False),
        ("< 5.51", False),
    ],
)
def test_constraint(constraint: str, *, allowed: bool) -> None:
    """A constraint must allow some version from 5.51 on."""
    assert terraform_versions.allows(constraint) is allowed


def test_problems(tmp_path: Path) -> None:
    """A configuration that is bound to an older provider is named."""
    text = 'terraform {\n  required_providers {\n    aws = { version = "~> 4.0" }\n  }\n}\n'
    projects.write_files(tmp_path, {"a/main.tf": text.encode(), "b/main.tf": b"locals {}\n"})

    ((place, reason),) = terraform_versions.problems(Terraform(Repository(str(tmp_path))))

    assert place == "a/main.tf:2"
    assert '"~> 4.0"' in reason
