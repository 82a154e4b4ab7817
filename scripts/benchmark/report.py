"""What was measured, for people and for machines."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from scripts.benchmark import growth

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scripts.benchmark.growth import Growth
    from scripts.benchmark.rows import Outcome

_WORDS = {True: "holds", False: "MISSED", None: "-"}
_STYLES = {True: "green", False: "bold red", None: "dim"}


def print_rows(outcomes: Sequence[Outcome]) -> None:
    """Print a table on a terminal, and a line a row, a tab between fields, elsewhere."""
    header = ("", "work", "hashzip", "against", "other", "ratio", "target", "")
    rows = [_cells(outcome) for outcome in outcomes]
    styles = [_STYLES[outcome.holds] for outcome in outcomes]
    _print_table(header, rows, styles)


def print_growth(measured: Growth) -> None:
    """Print a row for each number of files."""
    counts = list(next(iter(measured.values())))
    _print_table(
        ("files", *growth.PROGRAMS.values()),
        [
            (f"{files:,}", *(figure(measured[name][files], "s") for name in growth.PROGRAMS))
            for files in counts
        ],
    )


def figure(value: float | None, unit: str) -> str:
    """Return a figure as it is shown."""
    if value is None:
        return "-"
    if unit == "s" and value < 1:
        return f"{value * 1000:.0f} ms"
    return f"{value:.2f} {unit}"


def as_json(
    outcomes: Sequence[Outcome],
    measured: Growth | None,
    runs: int,
    packages: Sequence[Mapping[str, Any]] = (),
) -> Mapping[str, Any]:
    """Return all of it, and on what machine it was."""
    return {
        "machine": {
            "system": platform.platform(),
            "processors": os.cpu_count(),
            "python": platform.python_version(),
        },
        "runs": runs,
        "rows": [
            {
                "name": outcome.row.name,
                "work": outcome.row.work,
                "against": outcome.row.against,
                "unit": outcome.row.unit,
                "ours": outcome.ours,
                "theirs": outcome.theirs,
                "ratio": outcome.ratio,
                "target": outcome.row.target,
                "holds": outcome.holds,
                "skipped": outcome.skipped,
            }
            for outcome in outcomes
        ],
        "growth": measured,
        "packages": packages,
    }


def _cells(outcome: Outcome) -> tuple[str, ...]:
    row = outcome.row
    if outcome.skipped:
        return row.name, row.work, "-", outcome.skipped, "-", "-", _target(outcome), "skipped"
    return (
        row.name,
        row.work,
        figure(outcome.ours, row.unit),
        row.against or "an amount",
        figure(outcome.theirs, row.unit),
        "-" if outcome.ratio is None else f"{outcome.ratio:.3g}",
        _target(outcome),
        _WORDS[outcome.holds],
    )


def _target(outcome: Outcome) -> str:
    row = outcome.row
    if row.target is None:
        return "-"
    return f"< {row.target:g}" if row.theirs else f"< {row.target:g} {row.unit}"


def _print_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], styles: Sequence[str] = ()
) -> None:
    if not sys.stdout.isatty():
        for row in (header, *rows):
            print("\t".join(row))
        return
    table = Table(*header, box=None, pad_edge=False)
    for number, row in enumerate(rows):
        table.add_row(*row, style=styles[number] if styles else "")
    Console(width=max(shutil.get_terminal_size().columns, 100)).print(table)
