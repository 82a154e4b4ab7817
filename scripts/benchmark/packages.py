"""The table of functions with packages: sizes, builds and imports, by several methods."""

from __future__ import annotations

import shutil
import zipfile
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from scripts import pages
from scripts.benchmark import measure, methods
from scripts.benchmark.measure import BARE, Program
from scripts.benchmark.programs import MissingError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from scripts.benchmark.methods import Function, Method

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
    """Measure all functions, built by all methods, in an empty folder."""
    rows: list[Sequence[str]] = []
    for number, function in enumerate(methods.functions()):
        rows += measured(function, folder / str(number), runs)
    return pages.Table(HEADER, rows, text_columns=2, name="packages")


def measured(
    function: Function,
    folder: Path,
    runs: int,
    among: Mapping[str, Callable[[Function, Path], Method]] = methods.METHODS,
) -> list[Sequence[str]]:
    """Build a function by several methods, import the results, and return the rows of the table.

    The first method packs everything, and so stands for AWS's runtime.
    """
    rows: list[Sequence[str]] = []
    built: dict[str, Method] = {}
    programs = {"nothing": _import(folder, "sys", folder)}
    for number, (title, make) in enumerate(among.items()):
        try:
            built[title] = method = make(function, folder / str(number))
        except MissingError as error:
            rows.append((function.title, title, str(error), *[""] * 4))
            continue
        unpacked, runtime = folder / f"unpacked-{number}", folder / "unpacked-0"
        imported = _import(folder, function.module, unpacked, runtime)
        unpack = partial(_unpack, method.package, unpacked)
        programs |= {f"first {title}": method.first, f"rebuild {title}": method.rebuild}
        programs |= {f"import {title}": replace(imported, before=unpack)}
        programs |= {"again": method.again} if method.again else {}
    times = {name: figures.seconds for name, figures in measure.in_turn(programs, runs).items()}
    for title, method in built.items():
        with zipfile.ZipFile(method.package()) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        steps = [times[f"{step} {title}"] for step in ("first", "rebuild", "import")]
        steps[-1] -= times["nothing"]
        sizes = map(pages.megabytes, (size, method.package().stat().st_size))
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
