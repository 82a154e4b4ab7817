"""The programs that are measured: hashzip as users run it, and those that it is measured against.

The others do the same reading, or the same packing, and each comes with an operating system, with
git or with Python. What they are is told in the rows; how they are called, here.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.benchmark.measure import PYTHON, Program

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CHECKOUT = Path(__file__).parents[2]

# Where a project that is measured keeps installed packages, so that the user's are left alone.
TREES = "trees"

_BUILD = str(CHECKOUT / "build")

# As people write it who have Python pack a folder.
_ZIPFILE = """
import os, sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED, compresslevel=6) as out:
    for folder, _, names in os.walk("."):
        for name in names:
            out.write(os.path.join(folder, name))
"""
_SCAN = """
import os, sys
folders = sys.argv[1:]
for folder in folders:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            else:
                entry.stat(follow_symlinks=False)
"""
# One thread, in one process for each 1.9 MB of paths, which is about what Linux takes at once.
_SHA256SUM = "find source -type f -print0 | xargs -0 -s 1900000 sha256sum"


def external(
    project: Path, function: str, python: tuple[str, ...] = (PYTHON, "-I", "-S")
) -> Program:
    """Return hashzip at plan time, by a bare interpreter that has nothing installed."""
    query = json.dumps({"project": str(project), "function": function})
    return Program((*python, _BUILD, "external"), CHECKOUT, stdin=query)


def external_cold(project: Path, function: str) -> Program:
    """Return hashzip at plan time, which has never seen this tree before."""
    program = external(project, function)
    return Program(program.command, program.folder, program.stdin, before=forget(project, "cache"))


def build(
    project: Path,
    *functions: str,
    before: Callable[[], None] = lambda: None,
    output: Callable[[], Path] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Program:
    """Return hashzip as it builds, by the interpreter that has its libraries."""
    command = (sys.executable, _BUILD, "build", "--project", str(project), *functions)
    return Program(command, CHECKOUT, environment=environment or {}, before=before, output=output)


def forget(project: Path, *what: str) -> Callable[[], None]:
    """Return what removes what hashzip knows of a project: "cache", "artifacts", "trees"."""
    names = {"cache": ".hashzip", "artifacts": "dist", "trees": TREES}

    def remove() -> None:
        for each in what:
            shutil.rmtree(project / names[each], ignore_errors=True)

    return remove


def interpreter() -> Program:
    """Return a Python that imports what a plan-time program cannot do without, and ends."""
    return Program((PYTHON, "-I", "-c", "import json, hashlib, os"), CHECKOUT)


def git_status(repository: Path) -> Program:
    """Return git, looking for what changed."""
    return Program(("git", "status", "--porcelain"), repository)


def sha256sum(project: Path) -> Program:
    """Return coreutils, hashing each file of the folder `source`."""
    return Program(("sh", "-c", _SHA256SUM), project)


def zipfile(source: Path, out: Path) -> Program:
    """Return Python, packing a folder at zlib's level 6."""
    return Program(
        (PYTHON, "-I", "-S", "-c", _ZIPFILE, str(out)),
        source,
        before=lambda: out.unlink(missing_ok=True),
        output=lambda: out,
    )


def zip9(source: Path, out: Path) -> Program:
    """Return Info-ZIP, packing a folder as small as it can."""
    return Program(
        ("zip", "-9", "-q", "-r", str(out), "."),
        source,
        before=lambda: out.unlink(missing_ok=True),
        output=lambda: out,
    )


def find(folder: Path, *names: str) -> Program:
    """Return GNU find, asking each file below some folders for its size and time."""
    return Program(("find", *names, "-type", "f", "-printf", "%s %T@ %p\\n"), folder)


def scan(folder: Path, *names: str) -> Program:
    """Return Python, asking each file below some folders for the same."""
    return Program((PYTHON, "-I", "-S", "-c", _SCAN, *names), folder)
