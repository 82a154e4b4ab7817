"""hashzip as users run it, and other people's programs."""

from __future__ import annotations

import itertools
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tomli_w
from uv import find_uv_bin

from scripts import process
from scripts.benchmark.measure import BARE, PYTHON, Program
from scripts.errors import ScriptError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

DATA = Path(__file__).parent / "data"


class MissingError(Exception):
    """A program that a measurement needs is missing; the text says which, and why."""


@dataclass(frozen=True)
class Hashzip:
    """The hashzip of a checkout: a folder with `build/` and `infra/`."""

    checkout: Path

    def external(self, project: Path, function: str, python: Sequence[str] = BARE) -> Program:
        """Return `hashzip external`, as Terraform runs it in a plan."""
        query = json.dumps({"project": str(project), "function": function})
        return Program((*python, str(self.checkout / "build"), "external"), project, query)

    def build(self, project: Path, *functions: str) -> Program:
        """Return `hashzip build`, in the interpreter that has its dependencies."""
        return Program((sys.executable, str(self.checkout / "build"), "build", *functions), project)


HERE = Hashzip(Path(__file__).parents[2])


def declare(project: Path, functions: Mapping[str, Mapping[str, object]]) -> None:
    """Write `hashzip.toml`: a table for each function."""
    text = tomli_w.dumps({"function": functions})
    (project / "hashzip.toml").write_text(text, encoding="utf-8")


def edits(file: Path, text: str) -> Callable[[], int]:
    """Return a function that writes a file, and at each call puts a new number for `NUMBER`.

    It returns that number: 0 at first, then 1, and so on.
    """
    numbers = itertools.count()

    def edit() -> int:
        number = next(numbers)
        file.write_text(text.replace("NUMBER", str(number)), encoding="utf-8")
        return number

    return edit


def latest_zip(project: Path, function: str) -> Path:
    """Return the zip that hashzip built last."""
    artifacts = project / "dist" / function
    return artifacts / f"{(artifacts / 'latest').read_text(encoding='utf-8').strip()}.zip"


def forget(project: Path, *names: str) -> Callable[[], None]:
    """Return a function that removes folders of a project, such as `dist` and `.hashzip`."""

    def remove() -> None:
        for name in names:
            shutil.rmtree(project / name, ignore_errors=True)

    return remove


def require(program: str, path: str | None = None) -> None:
    """Raise `MissingError` if a program is not on the PATH, or on another search path."""
    if not shutil.which(program, path=path):
        raise MissingError(f"no program {program}")


def installed(requirement: str) -> Path:
    """Install a package into uv's cache, with pip beside it.

    Returns:
        The folder of its programs.

    Raises:
        MissingError: It cannot be installed.
    """
    command = [find_uv_bin(), "tool", "run", "--python", PYTHON, "--with", "pip"]
    command += ["--from", requirement, "python", "-c", "import sys; print(sys.prefix)"]
    try:
        folder, _ = process.output(command, "check that the package index can be reached")
    except ScriptError as error:
        raise MissingError(f"no {requirement}: {error.message.splitlines()[-1].strip()}") from error
    return Path(folder.strip()) / "bin"
