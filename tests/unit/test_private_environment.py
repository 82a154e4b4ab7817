"""The private environment: what names it, what it has, and which are removed."""

import importlib.metadata
import importlib.util
import os
import re
import sys
import time
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import private_environment
from hashzip.errors import HashzipError
from tests.support import program


def dependencies() -> list[Requirement]:
    """Return what hashzip itself asks for."""
    text = (program.CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    return [Requirement(line) for line in tomllib.loads(text)["project"]["dependencies"]]


def locked() -> dict[str, Requirement]:
    """Return the requirements of the lock, by name; each has a version and hashes."""
    text = private_environment.LOCK.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    assert all(re.search(r"==\S+ .*--hash=sha256:[0-9a-f]{64}", line) for line in lines)
    pinned = [Requirement(line.split(" --hash")[0]) for line in lines]
    return {canonicalize_name(requirement.name): requirement for requirement in pinned}


def test_lock() -> None:
    """The lock has each dependency, and what that asks for in turn, in a version that fits."""
    lock, waiting, seen = locked(), dependencies(), set()

    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if name in seen or (wanted.marker and not wanted.marker.evaluate({"extra": ""})):
            continue
        seen.add(name)
        (pin,) = lock[name].specifier
        assert pin.version in wanted.specifier, name
        waiting += map(Requirement, importlib.metadata.requires(name) or [])

    assert {"deflate", "pygments", "uv"} <= seen


def test_packages() -> None:
    """The packages that make an environment are those that the dependencies install."""
    names = {canonicalize_name(requirement.name) for requirement in dependencies()}

    installed = importlib.metadata.packages_distributions()
    modules = {
        module
        for module, distributions in installed.items()
        if names & {canonicalize_name(name) for name in distributions}
    }
    assert set(private_environment.PACKAGES) == modules
    assert modules


def test_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Another lock or another Python has another environment."""
    key = private_environment._key()  # noqa: SLF001 - the name of the folder, which no call returns
    lock = tmp_path / "requirements.txt"
    lock.write_bytes(private_environment.LOCK.read_bytes())

    with monkeypatch.context() as patch:
        patch.setattr(private_environment, "LOCK", lock)
        assert private_environment._key() == key  # noqa: SLF001
        lock.write_bytes(lock.read_bytes() + b"\n")
        keys = {private_environment._key()}  # noqa: SLF001
    for name, value in (("version", "3.99"), ("base_prefix", "/opt"), ("platform", "win32")):
        with monkeypatch.context() as patch:
            patch.setattr(sys, name, value)
            keys.add(private_environment._key())  # noqa: SLF001

    assert len(keys - {key}) == 4


def test_remove_old(tmp_path: Path) -> None:
    """What was not used for 90 days is removed, and a draft that is a day old; locks stay."""
    days = {"used": 89, "unused": 91, ".draft-new": 0.9, ".draft-old": 1.1}
    for name, age in days.items():
        (tmp_path / name / "bin").mkdir(parents=True)
        os.utime(tmp_path / name, (time.time() - age * 86_400,) * 2)
    (tmp_path / "x.lock").touch()
    os.utime(tmp_path / "x.lock", (0, 0))

    private_environment._remove_old(tmp_path)  # noqa: SLF001 - the clock cannot be turned

    assert {path.name for path in tmp_path.iterdir()} == {"used", ".draft-new", "x.lock"}


def test_no_ensurepip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where Debian has taken pip out of Python, and uv is missing, the error names both."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)

    with pytest.raises(HashzipError, match="it lacks ensurepip, and uv is not") as caught:
        private_environment._make_with_pip(tmp_path / "draft")  # noqa: SLF001 - needs such a Python
    assert "apt install python3-venv" in caught.value.hint
