"""The table of functions with packages: sizes, builds and imports, in several ways."""

from __future__ import annotations

import shutil
import zipfile
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from scripts import pages
from scripts.benchmark import measure, ways
from scripts.benchmark.measure import BARE, Program
from scripts.benchmark.programs import MissingError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from scripts.benchmark.ways import Function, Way

HEADER = ("function", "built by", "unpacked", "zip", "first build", "after an edit", "import")

# As in Lambda, the function's folder is first on the path and the runtime's packages are last.
# Lambda does not end the process, so its end is left out.
_IMPORT = """
import os, sys
sys.path.insert(0, sys.argv[2])
sys.path += sys.argv[3:]
__import__(sys.argv[1])
os._exit(0)
"""


def table(folder: Path, runs: int) -> pages.Table:
    """Measure all functions, built in all ways, in an empty folder."""
    rows: list[Sequence[str]] = []
    for number, function in enumerate(ways.functions()):
        rows += measured(function, folder / str(number), runs)
    return pages.Table(HEADER, rows, text_columns=2, name="packages")


def measured(
    function: Function,
    folder: Path,
    runs: int,
    among: Mapping[str, Callable[[Function, Path], Way]] = ways.WAYS,
) -> list[Sequence[str]]:
    """Build a function in several ways, import the results, and return the rows of the table.

    The first way packs everything, and so stands for AWS's runtime.
    """
    rows: list[Sequence[str]] = []
    built: dict[str, Way] = {}
    programs = {"nothing": _import(folder, "sys", folder)}
    for number, (title, make) in enumerate(among.items()):
        try:
            built[title] = way = make(function, folder / str(number))
        except MissingError as error:
            rows.append((function.title, title, str(error), *[""] * 4))
            continue
        unpacked, runtime = folder / f"unpacked-{number}", folder / "unpacked-0"
        imported = _import(folder, function.module, unpacked, runtime)
        unpack = partial(_unpack, way.package, unpacked)
        programs |= {f"first {title}": way.first, f"rebuild {title}": way.rebuild}
        programs |= {f"import {title}": replace(imported, before=unpack)}
        programs |= {"again": way.again} if way.again else {}
    times = {name: figures.seconds for name, figures in measure.in_turn(programs, runs).items()}
    for title, way in built.items():
        with zipfile.ZipFile(way.package()) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        steps = [times[f"{step} {title}"] for step in ("first", "rebuild", "import")]
        steps[-1] -= times["nothing"]
        sizes = map(pages.megabytes, (size, way.package().stat().st_size))
        rows.append((function.title, title, *sizes, *map(pages.seconds, steps)))
    if "again" in times:
        cell = pages.seconds(times["again"])
        rows.append((function.title, "`zip -9 -FS` of the same folder", "", "", "", cell, ""))
    return rows


def _unpack(package: Callable[[], Path], folder: Path) -> None:
    """Unpack a zip anew, as Lambda does."""
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(package()) as archive:
        archive.extractall(folder)


def _import(current: Path, module: str, *path: Path) -> Program:
    # `-B`: Lambda cannot write bytecode.
    command = (*BARE, "-B", "-c", _IMPORT, module, *map(str, path))
    environment = {"LAMBDA_TASK_ROOT": "/var/task", "AWS_LAMBDA_FUNCTION_NAME": "app"}
    return Program(command, current, environment=environment)
