"""The table of functions with packages: sizes, builds and imports, in several ways."""

from __future__ import annotations

import platform
import sys
import zipfile
from typing import TYPE_CHECKING

from scripts import pages
from scripts.benchmark import measure, ways
from scripts.benchmark.measure import BARE, Program
from scripts.benchmark.programs import MissingError
from scripts.errors import ScriptError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from scripts.benchmark.ways import Function, Way

HEADER = ("function", "built by", "unpacked", "zip", "first build", "after an edit", "import")
IMPORTS = 20  # runs of each import

# As in Lambda, the function's folder is first on the path and the runtime's packages are last.
# Lambda does not end the process, so its end is left out.
_IMPORT = """
import os, sys
sys.path.insert(0, sys.argv[2])
sys.path += sys.argv[3:]
__import__(sys.argv[1])
os._exit(0)
"""
_LAMBDA = {"LAMBDA_TASK_ROOT": "/var/task", "AWS_LAMBDA_FUNCTION_NAME": "app"}


def table(folder: Path, runs: int) -> pages.Table:
    """Measure all functions, built in all ways, in an empty folder.

    Raises:
        ScriptError: Packages for Lambda cannot be imported here, or a program failed.
    """
    if sys.platform != "linux" or sys.version_info.minor != ways.MINOR:
        raise ScriptError(
            f"Python {platform.python_version()} on {sys.platform} cannot import these packages",
            f"run the benchmark on Linux with Python 3.{ways.MINOR}",
        )
    rows: list[Sequence[str]] = []
    for number, function in enumerate(ways.functions()):
        rows += measured(function, folder / str(number), runs, IMPORTS)
    return pages.Table(HEADER, rows, text_columns=2, name="packages")


def measured(
    function: Function,
    folder: Path,
    runs: int,
    imports: int,
    among: Mapping[str, Callable[[Function, Path], Way]] = ways.WAYS,
) -> list[Sequence[str]]:
    """Build a function in several ways, in turn, and import each result.

    Args:
        function: The function.
        folder: The folder for the projects.
        runs: The number of builds.
        imports: The number of imports.
        among: The ways, by their titles; the first packs everything.

    Returns:
        The rows of the table.
    """
    rows: list[Sequence[str]] = []
    built: dict[str, Way] = {}
    asked: dict[str, Program] = {}
    for number, (title, make) in enumerate(among.items()):
        try:
            built[title] = make(function, folder / str(number))
        except MissingError as error:
            rows.append((function.title, title, str(error), *[""] * 4))
    for title, way in built.items():
        asked |= {f"first {title}": way.first, f"rebuild {title}": way.rebuild}
        asked |= {"again": way.again} if way.again else {}
    times = {name: each.seconds for name, each in measure.in_turn(asked, runs).items()}
    times |= _imports(function, built, folder / "unpacked", imports)
    for title, way in built.items():
        cells = (pages.seconds(times[f"{step} {title}"]) for step in ("first", "rebuild", "import"))
        rows.append((function.title, title, *_sizes(way.package()), *cells))
    if "again" in times:
        cell = pages.seconds(times["again"])
        rows.append((function.title, "`zip -9 -FS` of the same folder", "", "", "", cell, ""))
    return rows


def _sizes(package: Path) -> tuple[str, str]:
    with zipfile.ZipFile(package) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    return pages.megabytes(unpacked), pages.megabytes(package.stat().st_size)


def _imports(
    function: Function, built: Mapping[str, Way], folder: Path, runs: int
) -> dict[str, float]:
    """Unpack the zips as Lambda does, and measure the imports of their handlers.

    Each import is a new process. The time of one that imports nothing is subtracted.
    """
    folder.mkdir()
    programs = {"": _import("sys", folder)}
    runtime = folder / "0"  # the first way packs everything
    for number, (title, way) in enumerate(built.items()):
        with zipfile.ZipFile(way.package()) as archive:
            archive.extractall(folder / str(number))
        programs[f"import {title}"] = _import(function.module, folder / str(number), runtime)
    figures = measure.in_turn(programs, runs)
    bare = figures.pop("").seconds
    return {name: each.seconds - bare for name, each in figures.items()}


def _import(module: str, *folders: Path) -> Program:
    # `-B`: Lambda cannot write bytecode.
    command = (*BARE, "-B", "-c", _IMPORT, module, *map(str, folders))
    return Program(command, folders[0], environment=_LAMBDA)
