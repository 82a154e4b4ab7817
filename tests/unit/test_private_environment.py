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
from scripts import lock
from tests.support import program


def dependencies(extra: str = "") -> list[Requirement]:
    """Return what hashzip itself asks for, with an extra."""
    text = (program.CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    settings = tomllib.loads(text)["project"]
    more = settings["optional-dependencies"][extra] if extra else []
    return [Requirement(line) for line in [*settings["dependencies"], *more]]


def locked(extra: str) -> dict[str, Requirement]:
    """Return the requirements of a lock, by name; each has a version and hashes."""
    text = lock.files(lock.FOLDER)[extra].read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    assert all(re.search(r"==\S+ .*--hash=sha256:[0-9a-f]{64}", line) for line in lines)
    pinned = [Requirement(line.split(" --hash")[0]) for line in lines]
    return {canonicalize_name(requirement.name): requirement for requirement in pinned}


@pytest.mark.parametrize("extra", lock.EXTRAS)
def test_lock(extra: str) -> None:
    """A lock has each dependency, and what that asks for in turn, in a version that fits."""
    pins, waiting, seen = locked(extra), dependencies(extra), set()

    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        markers = [{"extra": extra} for extra in ("", *wanted.extras)]
        if (name, *sorted(wanted.extras)) in seen:
            continue
        seen.add((name, *sorted(wanted.extras)))
        (pin,) = pins[name].specifier
        assert pin.version in wanted.specifier, name
        waiting += [
            requirement
            for requirement in map(Requirement, importlib.metadata.requires(name) or [])
            if requirement.marker is None or any(map(requirement.marker.evaluate, markers))
        ]

    assert {("deflate",), ("pygments",), ("uv",)} <= seen
    assert (("jmespath",) in seen) is (extra in ("local", "s3"))
    assert set(private_environment.EXTRAS) == set(lock.EXTRAS) - {""}


def test_same_versions() -> None:
    """Two locks have no package in two versions, so that one environment can have both."""
    base, *others = map(locked, lock.EXTRAS)

    for other in others:
        assert base.keys() < other.keys()
        for pins in (base, *others):
            common = pins.keys() & other.keys()
            assert [(name, pins[name].specifier) for name in common] == [
                (name, other[name].specifier) for name in common
            ]


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
    """Another lock, one more lock or another Python has another environment."""
    first, second = tmp_path / "a.txt", tmp_path / "b.txt"
    first.write_text("a", encoding="utf-8")
    second.write_text("b", encoding="utf-8")
    key = private_environment._key([first])  # noqa: SLF001 - the name of a folder
    assert private_environment._key([first]) == key  # noqa: SLF001

    keys = {private_environment._key(locks) for locks in ([second], [first, second], [])}  # noqa: SLF001
    for name, value in (("version", "3.99"), ("base_prefix", "/opt"), ("platform", "win32")):
        with monkeypatch.context() as patch:
            patch.setattr(sys, name, value)
            keys.add(private_environment._key([first]))  # noqa: SLF001
    first.write_text("ab", encoding="utf-8")
    keys.add(private_environment._key([first]))  # noqa: SLF001

    assert len(keys - {key}) == 7


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
        private_environment._make_with_pip(tmp_path / "draft", [])  # noqa: SLF001 - needs such a Python
    assert "apt install python3-venv" in caught.value.hint
