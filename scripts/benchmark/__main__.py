"""Measure hashzip: `python -m scripts.benchmark [--only NAME…] [--check]`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.benchmark import growth, report, rows
from scripts.benchmark.bench import Bench
from scripts.benchmark.rows import ROWS, Row
from scripts.errors import ScriptError, exit_code

if TYPE_CHECKING:
    from collections.abc import Sequence

_GROWTH = "growth"


def main(arguments: Sequence[str] | None = None, table: Sequence[Row] = ROWS) -> None:
    """Measure what is asked for, and print it.

    Args:
        arguments: Without the program's name; by default, those of the process.
        table: The rows that there are.

    Raises:
        ScriptError: A program failed; or, with `--check`, a target was missed.
    """
    options = _options(arguments, [row.name for row in table])
    chosen = [row for row in table if not options.only or row.name in options.only]
    with tempfile.TemporaryDirectory(prefix="hashzip-benchmark-") as folder:
        if options.quick:
            _note("on smaller trees than the rows say, so that figures and ratios mean nothing")
        bench = Bench(Path(folder).resolve(), runs=options.runs, quick=options.quick)
        outcomes = []
        for row in chosen:
            _note(f"measuring {row.name}")
            outcomes.append(rows.measure(row, bench))
        measured = None
        if options.draw or _GROWTH in options.only:
            _note(f"measuring {_GROWTH}")
            measured = growth.measure(bench)
    if outcomes:
        report.print_rows(outcomes)
    if measured:
        report.print_growth(measured)
    if measured and options.draw:
        growth.draw(measured, options.draw)
    if options.json:
        text = json.dumps(report.as_json(outcomes, measured, options.runs), indent=2)
        options.json.write_text(text + "\n", encoding="utf-8")
    missed = [outcome.row.name for outcome in outcomes if outcome.holds is False]
    if missed and options.check:
        raise ScriptError(
            f"{len(missed)} of {len(outcomes)} targets missed: {', '.join(missed)}",
            f"run it again on a machine at rest: --runs 11 --only {' '.join(missed)}",
        )


def _options(arguments: Sequence[str] | None, names: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts.benchmark",
        description="Measure hashzip against programs that do the same work, as ratios in one run.",
    )
    parser.add_argument(
        "--only",
        nargs="+",
        default=[],
        choices=[*names, _GROWTH],
        metavar="NAME",
        help=f"some of: {', '.join([*names, _GROWTH])}",
    )
    parser.add_argument("--runs", type=_positive, default=5, metavar="N", help="default: 5")
    parser.add_argument(
        "--quick", action="store_true", help="smaller trees: a smoke test, no measurement"
    )
    parser.add_argument("--check", action="store_true", help="exit with 1 if a target is missed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write it all as JSON, too")
    parser.add_argument(
        "--draw", type=Path, metavar="FILE", help="measure growth, and draw it as an SVG"
    )
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(exit_code(main))
