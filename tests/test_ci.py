"""The script that CI runs does what the README says, with whatever is installed."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support import program, pythons, system_python

_NOXFILE = """\
import nox


@nox.session(venv_backend="none")
def lint(session):
    session.run("echo", "linted", external=True)


@nox.session(venv_backend="none")
def test(session):
    session.run("echo", "tested", external=True)
"""
_SHIM = "echo command not found >&2; exit 127"
_TOOLS = "bash dirname env"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Make a checkout with the script and two tasks."""
    root = tmp_path / "checkout"
    (root / ".ci").mkdir(parents=True)
    shutil.copy(program.CHECKOUT / ".ci/run", root / ".ci")
    (root / "noxfile.py").write_text(_NOXFILE, encoding="utf-8")
    return root


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder for a `PATH`, with what a shell needs."""
    (tmp_path / "bin").mkdir()
    for name in _TOOLS.split():
        (tmp_path / "bin" / name).symlink_to(shutil.which(name) or name)
    return tmp_path / "bin"


def run(checkout: Path, folder: Path) -> str:
    """Run the script, and return what it prints."""
    finished = subprocess.run(
        [checkout / ".ci/run"],
        cwd=folder,
        env=program.environment(PATH=str(folder)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        encoding="utf-8",
    )
    assert finished.returncode == 0, finished.stdout
    return finished.stdout


@pytest.mark.parametrize("tool, nox", [("uvx", "uvx nox"), ("pipx", "pipx run nox")])
def test_tool(checkout: Path, folder: Path, tool: str, nox: str) -> None:
    """With uv or pipx, nox comes by that, and a shim without the program does not count."""
    pythons.script(folder / "pipx", 'echo "pipx $*" in $PWD')
    pythons.script(folder / "uvx", _SHIM if tool == "pipx" else 'echo "uvx $*" in $PWD')

    lines = run(checkout, folder).splitlines()

    assert lines == [f"{nox} -s {name} in {checkout}" for name in ("lint", "test")]
    assert nox in (program.CHECKOUT / "README.md").read_text(encoding="utf-8")


@pytest.mark.registry
@pytest.mark.slow
def test_managed_python(checkout: Path, folder: Path) -> None:
    """With neither, and a Python of the system, nox is installed into a virtual environment."""
    python = system_python.find()
    (folder / "python3").symlink_to(python)
    for name in ("uvx", "pipx"):
        pythons.script(folder / name, _SHIM)
    (folder / "echo").symlink_to(shutil.which("echo") or "echo")
    refused = subprocess.run(
        [python, "-m", "pip", "install", "nox"],
        env=program.environment(PATH=os.defpath),
        capture_output=True,
        check=False,
        encoding="utf-8",
    )

    output = run(checkout, folder)

    assert re.findall(r"^(?:linted|tested)$", output, re.MULTILINE) == ["linted", "tested"]
    assert refused.returncode != 0  # the control: it does not take the package itself
    readme = (program.CHECKOUT / "README.md").read_text(encoding="utf-8")
    for words in ("python3 -m venv .venv", ".venv/bin/python -m pip install nox", ".venv/bin/nox"):
        assert f"`{words}`" in readme
        assert words in (checkout / ".ci/run").read_text(encoding="utf-8")
