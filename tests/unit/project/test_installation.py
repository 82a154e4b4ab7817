"""How hashzip says that it is to be installed: so that it works where it is said."""

import importlib.util
import shutil
import sys
import sysconfig
from pathlib import Path

import pytest

from hashzip.project import installation
from tests.support import program


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Make this a Python of the system, and return the folder of its standard library."""
    monkeypatch.setattr(sys, "base_prefix", sys.prefix)
    monkeypatch.setattr(sysconfig, "get_path", {"stdlib": str(tmp_path)}.__getitem__)
    with_pip(monkeypatch, has_pip=True)
    return tmp_path


def with_pip(monkeypatch: pytest.MonkeyPatch, *, has_pip: bool) -> None:
    """Give this Python a pip, or none."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: has_pip and name == "pip")


def test_pip(system: Path) -> None:
    """With pip, the Python that runs hashzip runs it; where that is refused, one of its own."""
    assert installation.hint() == f"run: {sys.executable} -m pip install {program.CHECKOUT}"

    (system / "EXTERNALLY-MANAGED").touch()

    assert installation.hint("local") == (
        "run: python3 -m venv .venv && "
        f".venv/bin/python -m pip install '{program.CHECKOUT}[local]'; and then .venv/bin/hashzip"
    )


@pytest.mark.usefixtures("system")
def test_no_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python of the system without pip needs an environment of its own, too."""
    with_pip(monkeypatch, has_pip=False)

    assert installation.hint().startswith("run: python3 -m venv ")


def test_environment(system: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a virtual environment, nothing is refused; one without pip was made by uv."""
    (system / "EXTERNALLY-MANAGED").touch()
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    assert installation.hint().startswith(f"run: {sys.executable} -m pip install ")

    with_pip(monkeypatch, has_pip=False)

    assert installation.hint().startswith(f"run: uv pip install --python {sys.executable} ")


def test_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Out of a checkout, it is installed by its name."""
    package = tmp_path / "site-packages/hashzip/project"
    package.mkdir(parents=True)
    copy = shutil.copy(installation.__file__, package)
    spec = importlib.util.spec_from_file_location("installed", copy)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with_pip(monkeypatch, has_pip=True)
    monkeypatch.setattr(sys, "base_prefix", "/usr")

    assert module.hint("local").endswith(" -m pip install 'hashzip[local]'")
