"""Writes what was measured of functions with packages as a page, in Markdown."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from uv import find_uv_bin

from scripts.benchmark import packages, sam, verdict
from scripts.benchmark.programs import CHECKOUT
from scripts.benchmark.report import figure
from scripts.benchmark.verdict import COLUMNS
from scripts.benchmark.ways import ARCHITECTURE, AWS_HAS, RUNTIME

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scripts.benchmark.packages import Outcome

_PAGE = Path(__file__).parent / "data/packages.md"


def text(outcomes: Sequence[Outcome], runs: int, starts: int = packages.STARTS) -> str:
    """Return the page.

    Args:
        outcomes: What was measured.
        runs: How often each build ran.
        starts: How often each import ran.
    """
    functions = verdict.by_function(outcomes)
    return _PAGE.read_text(encoding="utf-8").format(
        table="\n".join(_table(functions)),
        shows=_list(line for each in functions for line in verdict.sentences(each)),
        behind=_list(line for each in functions for line in verdict.behind(each)),
        noise=verdict.NOISE - 1,
        machine=f"{os.cpu_count()} processors, {platform.system()} on {platform.machine()}"
        + _file_system(),
        python=platform.python_version(),
        runtime=RUNTIME,
        architecture=ARCHITECTURE,
        tools=", ".join(_tools()),
        aws=", ".join(AWS_HAS),
        runs=runs,
        starts=starts,
    )


def _table(functions: Sequence[Sequence[Outcome]]) -> Iterator[str]:
    yield _row("function", "built by", *(column.title for column in COLUMNS))
    yield _row("---", "---", *("---:" for _ in COLUMNS))
    for outcomes in functions:
        best = [_best(column, outcomes) for column in COLUMNS]
        for number, outcome in enumerate(outcomes):
            title = "" if number else outcome.case.title
            if outcome.way.skipped:
                yield _row(title, outcome.way.title, outcome.way.skipped, *("" for _ in best[1:]))
                continue
            cells = (
                f"**{figure(value, column.unit)}**"
                if value is not None and value == least
                else figure(value, column.unit)
                for column, least in zip(COLUMNS, best, strict=True)
                for value in [column.of(outcome)]
            )
            yield _row(title, outcome.way.title, *cells)


def _best(column: verdict.Column, outcomes: Sequence[Outcome]) -> float | None:
    values = [column.of(outcome) for outcome in outcomes]
    return min((value for value in values if value is not None), default=None)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _list(lines: Iterator[str]) -> str:
    return "\n".join(f"- {line}" for line in lines) or "Nowhere."


def _file_system() -> str:
    """Return what the files lie on, which counts where so many are made; "" where none can tell."""
    command = ["df", "--output=fstype", tempfile.gettempdir()]
    told = subprocess.run(command, capture_output=True, encoding="utf-8", check=False).stdout
    return f", files on {told.split()[1]}" if told else ""


def _tools() -> Iterator[str]:
    yield _version(sys.executable, str(CHECKOUT / "build"), "--version")
    yield " ".join(_version(find_uv_bin(), "--version").split()[:2])
    yield f"aws-sam-cli {sam.VERSION}"
    if shutil.which("zip"):
        yield _version("zip", "-v").splitlines()[1].removeprefix("This is ").partition(" (")[0]


def _version(*command: str) -> str:
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout.strip()
