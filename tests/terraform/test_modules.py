"""The modules' own logic, by `terraform test` with mocked providers."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.helpers import stack


@pytest.mark.parametrize("module", ["package", "function", "layer"])
def test_module(
    module: str, tmp_path: Path, provider_environment: Mapping[str, str], terraform_executable: str
) -> None:
    """The module's own `*.tftest.hcl` pass."""
    stack.copy_build_and_modules(tmp_path)
    environment = {**os.environ, **provider_environment}
    folder = tmp_path / "infra/modules" / module
    for verb in ("init", "test"):
        finished = subprocess.run(
            [terraform_executable, verb, "-no-color"],
            cwd=folder,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "0 failed" in finished.stdout
