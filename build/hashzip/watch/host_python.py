"""Find the Pythons of this machine that run functions as their runtimes would.

A function runs on the version of its runtime where that is installed, and otherwise on the Python
that runs hashzip. Another Python gets what AWS installs beside Lambda's (boto3 and what it needs)
from the packages of this one, which are pure Python.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from hashzip.archive.python_imports import RUNTIME_MODULES
from hashzip.builders.python import python_range, uv
from hashzip.builders.python.distributions import RUNTIME_PACKAGES
from hashzip.errors import HashzipError
from hashzip.system import atomic

if TYPE_CHECKING:
    from collections.abc import Iterable

_ANY_PATCH = 99  # ranges that name patches are for lower ones
OWN = f"python3.{sys.version_info.minor}"


@cache
def find(runtime: str) -> str | None:
    """Return the interpreter that runs a runtime's functions; None if it is not installed.

    Args:
        runtime: Lambda's identifier of a Python runtime.
    """
    if runtime == OWN:
        return sys.executable
    version = runtime.removeprefix("python")
    try:
        return uv.find_python(uv.program(), version, "to run functions", path=_search_path())
    except HashzipError:
        return None


def minor(runtime: str) -> int:
    """Return the minor version of a Python runtime: 13 of `python3.13`; 0 of any other."""
    major, _, number = runtime.partition(".")
    return int(number) if major == "python3" and number.isdecimal() else 0


def runs_as(runtime: str) -> str:
    """Return the runtime whose Python runs a function here: its own, or that of this Python."""
    return runtime if find(runtime) else OWN


def missing(runtimes: Iterable[str]) -> list[str]:
    """Return the runtimes whose Python is not installed, sorted by version."""
    absent = {runtime for runtime in runtimes if find(runtime) is None}
    return sorted(absent, key=minor)


def has_sdk(runtime: str) -> bool:
    """Return whether a runtime's Python can import what this Python has of the AWS SDK."""
    release = (3, minor(runtime), _ANY_PATCH)
    with suppress(metadata.PackageNotFoundError):
        for name in RUNTIME_PACKAGES:
            required = metadata.metadata(name).json.get("requires_python", "")
            if not python_range.contains(str(required), release):
                return False
        return True
    return False


class Pythons:
    """The file in which the local AWS finds the interpreter of each runtime.

    Args:
        folder: A folder for it, and for the packages that Lambda has.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "pythons.json"
        self._packages = folder / "lambda-packages"
        self._document: dict[str, dict[str, str]] = {"interpreters": {}, "packages": {}}

    def add(self, runtime: str) -> None:
        """Let the local AWS run a runtime's functions on its own version, if it is installed."""
        interpreter = find(runtime) if runtime.startswith("python3.") else None
        interpreters, packages = self._document["interpreters"], self._document["packages"]
        if interpreter is None or runtime == OWN or runtime in interpreters:
            return
        interpreters[runtime] = interpreter
        if has_sdk(runtime):
            if not self._packages.is_dir():
                self._link_packages()
            packages[runtime] = str(self._packages)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_text(self.path, json.dumps(self._document))

    def _link_packages(self) -> None:
        """Link what Lambda has, and nothing else that this Python has."""
        self._packages.mkdir(parents=True)
        for name in sorted(RUNTIME_MODULES):
            spec = importlib.util.find_spec(name)
            if spec and spec.origin:
                origin = Path(spec.origin)
                source = origin.parent if origin.name == "__init__.py" else origin
                (self._packages / source.name).symlink_to(source)


def _search_path() -> str:
    """Return a `PATH` with the Pythons that pyenv has, in place of its shims.

    A shim of a version that is not selected fails, and then uv looks no further.
    https://github.com/pyenv/pyenv#understanding-shims
    """
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    kept = [folder for folder in folders if Path(folder) != root / "shims"]
    return os.pathsep.join([*kept, *map(str, sorted(root.glob("versions/*/bin")))])
