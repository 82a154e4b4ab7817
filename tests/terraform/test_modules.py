"""The modules' own tests, which use mocked providers."""

import os
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support import stack
from tests.support.attached import attached, aws_provider

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("module", ["package", "function", "layer"])
def test_module(
    module: str, tmp_path: Path, provider_environment: Mapping[str, str], terraform_executable: str
) -> None:
    """`terraform test` passes for each module."""
    stack.copy_build_and_modules(tmp_path)
    folder = tmp_path / "infra/modules" / module

    def run(verb: str, more: Mapping[str, str]) -> str:
        finished = subprocess.run(
            [terraform_executable, verb, "-no-color"],
            cwd=folder,
            env={**os.environ, **provider_environment, **more},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr
        return finished.stdout

    run("init", {})
    with ExitStack() as running:
        more = {}
        # Without an attached AWS provider, each `run` block of a test starts one.
        if list((folder / ".terraform").glob("providers/*/hashicorp/aws")):
            provider = attached(aws_provider(folder), folder, provider_environment)
            more = running.enter_context(provider)
        assert "0 failed" in run("test", more)
