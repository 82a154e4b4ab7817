"""Fixtures that several test modules share."""

import os
import shutil
from pathlib import Path

import pytest

from tests.helpers import project as projects


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one function, "hello", and nothing built."""
    return projects.make(tmp_path / "project")


@pytest.fixture(scope="session")
def terraform_executable() -> str:
    """Terraform, which CI must have and a machine at home may lack."""
    terraform = shutil.which("terraform")
    if terraform is None:
        advice = "terraform is not on the PATH: https://developer.hashicorp.com/terraform/install"
        if os.environ.get("CI") == "true":
            pytest.fail(advice)
        pytest.skip(advice)
    return terraform
