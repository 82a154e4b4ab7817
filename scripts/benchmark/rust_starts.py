"""How long functions take from the start of their process to their first answer."""

from __future__ import annotations

import statistics
import zipfile
from collections import defaultdict
from typing import TYPE_CHECKING

from scripts.benchmark import measure, tools, ways
from scripts.benchmark.rust_crates import program
from scripts.benchmark.start import Start, seconds_to_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

RIC = ("awslambdaric", "4.2.2")  # AWS's own runtime for Python


def measured(
    zips: Sequence[Path], folder: Path, runs: int, python: Callable[[Path], Start]
) -> tuple[list[float], float | None, str]:
    """Unpack zips as Lambda does, and start what is in them, in turn; and one in Python.

    Args:
        zips: Each with a program.
        folder: Where they are unpacked; it is there.
        runs: How often each is started.
        python: Makes the one in Python, in a folder.

    Returns:
        The median seconds of each program to its first answer; those of the one in Python, or None
        and why there are none.

    Raises:
        ScriptError: One did not answer.
    """
    asked = []
    for number, package in enumerate(zips):
        place = folder / f"unpacked-{number}"
        bootstrap = place / "bootstrap"
        place.mkdir()
        bootstrap.write_bytes(program(package))
        bootstrap.chmod(0o755)
        asked.append(Start((str(bootstrap),), place))
    why = ""
    try:
        asked.append(python(folder / "python"))
    except tools.MissingError as error:
        why = str(error)
    seconds: dict[int, list[float]] = defaultdict(list)
    for turn in range(runs + 1):
        for number, start in enumerate(asked):
            took = seconds_to_answer(start)
            if turn:  # the first warms the page cache
                seconds[number].append(took)
    medians = [statistics.median(each) for each in seconds.values()]
    return medians[: len(zips)], None if why else medians[-1], why


def hello_in_python(folder: Path) -> Start:
    """Build hello in Python, and return how AWS's runtime starts it.

    Args:
        folder: Where it goes; it is made.

    Raises:
        MissingError: That runtime cannot be had.
    """
    programs = tools.installed(*RIC)
    (case,) = (each for each in ways.cases() if each.name == "hello")
    way = ways.plain(case, folder)
    assert way.first  # noqa: S101 - hashzip has all
    assert way.package  # noqa: S101
    measure.once(way.first)
    place = folder / "unpacked"
    with zipfile.ZipFile(way.package()) as archive:
        archive.extractall(place)
    python = str(programs / "python")
    # AWS has compiled it beforehand.
    compile_all = (python, "-m", "compileall", "-q", str(programs.parent / "lib"))
    measure.once(measure.Program(compile_all, folder))
    # In Lambda there is no place to write bytecode to.
    environment = {"PYTHONPATH": str(place), "PYTHONDONTWRITEBYTECODE": "1"}
    return Start((python, "-m", "awslambdaric", "hello.lambda_handler"), place, environment)
