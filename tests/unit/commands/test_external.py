"""What a plan loads: `external` runs on each `terraform plan`, on a Python without packages."""

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support import program

# Each costs a third of a millisecond of each plan.
LOADED = {
    "hashzip",
    "hashzip.artifacts",
    "hashzip.artifacts.local_store",
    "hashzip.builders",
    "hashzip.builders.build_plan",
    "hashzip.builders.python",
    "hashzip.builders.python.locks",
    "hashzip.cli",
    "hashzip.commands",
    "hashzip.commands._query",
    "hashzip.commands.external",
    "hashzip.errors",
    "hashzip.inputs",
    "hashzip.inputs.files",
    "hashzip.inputs.fingerprint",
    "hashzip.inputs.gitignore",
    "hashzip.inputs.paths",
    "hashzip.inputs.stat_cache",
    "hashzip.inputs.stat_cache_file",
    "hashzip.inputs.walk",
    "hashzip.planning",
    "hashzip.project",
    "hashzip.project.config",
    "hashzip.project.keys",
    "hashzip.project.layout",
    "hashzip.project.runtimes",
    "hashzip.project.targets",
    "hashzip.project.toml_table",
    "hashzip.system",
    "hashzip.system.atomic",
}

# Runs the program, and prints what it has loaded where it would end.
_TRACED = """
import os, runpy, sys
os._exit = lambda code: sys.exit(" ".join(sys.modules))
sys.argv = [sys.argv[1], "external"]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    """Return a copy of the function that the repository deploys."""
    shutil.copy(program.CHECKOUT / "hashzip.toml", tmp_path)
    shutil.copytree(program.CHECKOUT / "handler/python", tmp_path / "handler/python")
    return tmp_path


def plan(project: Path) -> set[str]:
    """Return the names of the modules that a plan loads."""
    finished = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _TRACED, str(program.BUILD)],
        cwd=project,
        input=json.dumps({"project": ".", "function": "hello"}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(finished.stdout)["fingerprint"], finished.stderr
    return set(finished.stderr.split())


def test_own_modules(hello: Path) -> None:
    """A plan in which nothing has changed loads these modules of hashzip, at most 30."""
    first = plan(hello)
    again = {name for name in plan(hello) if name.split(".")[0] == "hashzip"}

    assert sorted(again - LOADED) == []
    assert sorted(LOADED - again) == []
    assert len(LOADED) <= 30
    assert "hashzip.inputs.read" in first - again  # the control: something had changed before


def test_slow_modules(hello: Path) -> None:
    """It loads no module that the linter's rule calls slow; the first plan of all loads some."""
    settings = tomllib.loads((program.CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    rule = settings["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-module-level-imports"]
    first, again = plan(hello), plan(hello)

    assert again.intersection(rule) == set()
    assert "argparse" not in again
    assert "hashlib" in first.intersection(rule)  # the control
