"""Measures how functions with packages are built, in several ways, and how quickly they start."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scripts.benchmark import measure, sam, ways
from scripts.benchmark.measure import PYTHON, Program

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from scripts.benchmark.ways import Case, Way

FIGURES = ("unpacked", "zipped", "first", "rebuild", "start")
STARTS = 20  # fresh processes whose import is timed

# `-S` keeps the packages of this machine's Python out. In Lambda the function's folder is the first
# on the path, and what AWS brings is behind it. Lambda never ends a process, so the end is no part.
_IMPORT = """
import os, sys
sys.path.insert(0, sys.argv[2])
sys.path += sys.argv[3:]
__import__(sys.argv[1])
os._exit(0)
"""
_IN_LAMBDA = {"LAMBDA_TASK_ROOT": "/var/task", "AWS_LAMBDA_FUNCTION_NAME": "app"}


@dataclass(frozen=True)
class Outcome:
    """What one way to build one function came to.

    Attributes:
        case: Of which function.
        way: By which way.
        unpacked: Size of all files in bytes.
        zipped: Size of the zip in bytes.
        first: Seconds of a build where nothing was built before.
        rebuild: Seconds of a build after an edit of the source.
        start: Seconds that a fresh process takes to import the handler.
    """

    case: Case
    way: Way
    unpacked: float | None = None
    zipped: float | None = None
    first: float | None = None
    rebuild: float | None = None
    start: float | None = None

    def as_json(self) -> Mapping[str, Any]:
        """Return it, with names in place of the function and the way."""
        figures = {key: getattr(self, key) for key in FIGURES}
        names = {"function": self.case.title, "built_by": self.way.title}
        return names | figures | {"skipped": self.way.skipped}


def all_ways(case: Case, folder: Path) -> list[Way]:
    """Return all ways to build a function.

    Args:
        case: What to build.
        folder: Where the projects go.
    """
    return [
        *ways.hashzip(case, folder),
        sam.way(case, folder / "sam"),
        *ways.uv_and_zip(case, folder / "uv"),
    ]


def measured(
    case: Case,
    folder: Path,
    *,
    runs: int,
    starts: int = STARTS,
    among: Callable[[Case, Path], list[Way]] = all_ways,
) -> list[Outcome]:
    """Build a function in several ways, in turn.

    Args:
        case: What to build.
        folder: Where the projects go; it is made.
        runs: How often each is built.
        starts: How often each is imported.
        among: Makes the ways.

    Raises:
        ScriptError: A program failed.
    """
    found = among(case, folder)
    asked = {(way, what): each for way in found for what, each in way.builds.items()}
    figures = measure.in_turn(list(asked.values()), runs)
    times = {name: each.seconds for name, each in zip(asked, figures, strict=True)}
    packages = {way: way.package() for way in found if way.package}
    imports = _starts(case, packages, folder / "unpacked", starts)
    return [
        Outcome(
            case,
            way,
            **_sizes(packages.get(way)),
            first=times.get((way, "first")),
            rebuild=times.get((way, "rebuild")),
            start=imports.get(way),
        )
        for way in found
    ]


def _sizes(package: Path | None) -> dict[str, float]:
    if package is None:
        return {}
    with zipfile.ZipFile(package) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    return {"unpacked": unpacked, "zipped": package.stat().st_size}


def _starts(case: Case, packages: Mapping[Way, Path], folder: Path, runs: int) -> dict[Way, float]:
    """Unpack zips as Lambda does, and time the import of each in fresh processes, in turn."""
    folders = {}
    for number, (way, package) in enumerate(packages.items()):
        folders[way] = folder / str(number)
        with zipfile.ZipFile(package) as archive:
            archive.extractall(folders[way])
    # AWS's packages are stood in for by those of the first way, which leaves none out.
    everything = [next(iter(folders.values()))]
    asked = {
        way: _import(case.module, each, everything if way.needs_aws else [])
        for way, each in folders.items()
    }
    nothing = _import("sys", folder, [])
    *figures, bare = measure.in_turn([*asked.values(), nothing], runs)
    return {way: each.seconds - bare.seconds for way, each in zip(asked, figures, strict=True)}


def _import(module: str, folder: Path, behind: Sequence[Path]) -> Program:
    words = (module, str(folder), *map(str, behind))
    command = (PYTHON, "-I", "-S", "-B", "-c", _IMPORT, *words)
    return Program(command, folder, environment=_IN_LAMBDA)
