"""Measure hashzip: `python -m scripts.benchmark [--only NAME…] [--check]`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.benchmark import growth, loop, packages, page, report, rows, rust, rust_page, ways
from scripts.benchmark.bench import Bench
from scripts.benchmark.rows import ROWS, Row
from scripts.errors import ScriptError, exit_code

if TYPE_CHECKING:
    from collections.abc import Sequence

_GROWTH = "growth"
_PACKAGES = "packages"
_RUST = "rust"


def main(arguments: Sequence[str] | None = None, table: Sequence[Row] = ROWS) -> None:
    """Measure what is asked for, and print it.

    Args:
        arguments: Without the program's name; by default, those of the process.
        table: The rows that there are.

    Raises:
        ScriptError: A program failed; or, with `--check`, a target was missed.
    """
    options = _options(arguments, [row.name for row in table])
    if options.loop:
        with tempfile.TemporaryDirectory(prefix="hashzip-benchmark-") as folder:
            found = loop.measured(Path(folder).resolve(), options.runs)
        print(loop.text(found), end="")
        if options.json:
            text = json.dumps({"loop": [outcome.as_json() for outcome in found]}, indent=2)
            options.json.write_text(text + "\n", encoding="utf-8")
        return
    outcomes: list[rows.Outcome] = []
    measured: growth.Growth | None = None
    packed: list[packages.Outcome] = []
    with tempfile.TemporaryDirectory(prefix="hashzip-benchmark-") as folder:
        if options.quick:
            _note("on smaller trees than the rows say, so that figures and ratios mean nothing")
        bench = Bench(Path(folder).resolve(), runs=options.runs, quick=options.quick)
        for row in table:
            if not options.only or row.name in options.only:
                _note(f"measuring {row.name}")
                outcomes.append(rows.measure(row, bench))
        if options.draw or _GROWTH in options.only:
            _note(f"measuring {_GROWTH}")
            measured = growth.measure(bench)
        if options.packages or _PACKAGES in options.only:
            packed = _packages(bench)
        compiled = _rust(bench, options.rust) if options.rust or _RUST in options.only else None
    _show(outcomes, measured, packed, compiled, options)
    missed = [outcome.row.name for outcome in outcomes if outcome.holds is False]
    if missed and options.check:
        raise ScriptError(
            f"{len(missed)} of {len(outcomes)} targets missed: {', '.join(missed)}",
            f"run it again on a machine at rest: --runs 11 --only {' '.join(missed)}",
        )


def _packages(bench: Bench) -> list[packages.Outcome]:
    ways.refuse_foreign_machine()
    found = []
    for case in ways.cases():
        _note(f"measuring {_PACKAGES}: {case.title}")
        found += packages.measured(case, bench.folder / _PACKAGES / case.name, runs=bench.runs)
    return found


def _rust(bench: Bench, page_file: Path | None) -> rust.Found:
    if page_file:
        # Before it takes minutes to measure what has no place.
        rust_page.insert(page_file.read_text(encoding="utf-8"), "")
    ways.refuse_foreign_machine()
    _note(f"measuring {_RUST}")
    return rust.measured(bench.folder / _RUST, runs=bench.runs)


def _show(
    outcomes: Sequence[rows.Outcome],
    measured: growth.Growth | None,
    packed: Sequence[packages.Outcome],
    compiled: rust.Found | None,
    options: argparse.Namespace,
) -> None:
    """Print what was measured, and write the files that are asked for."""
    if outcomes:
        report.print_rows(outcomes)
    if measured:
        report.print_growth(measured)
    if measured and options.draw:
        growth.draw(measured, options.draw)
    if packed:
        text = page.text(packed, options.runs)
        print(text)
        if options.packages:
            options.packages.write_text(text, encoding="utf-8")
    if compiled:
        text = rust_page.text(compiled)
        print(text)
        if options.rust:
            written = rust_page.insert(options.rust.read_text(encoding="utf-8"), text)
            options.rust.write_text(written, encoding="utf-8")
    if options.json:
        found = [each.as_json() for each in packed]
        everything = report.as_json(outcomes, measured, options.runs, found)
        in_rust = compiled.as_json() if compiled else None
        text = json.dumps({**everything, "rust": in_rust}, indent=2)
        options.json.write_text(text + "\n", encoding="utf-8")


def _options(arguments: Sequence[str] | None, names: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts.benchmark",
        description="Measure hashzip against programs that do the same work, as ratios in one run.",
    )
    parser.add_argument(
        "--only",
        nargs="+",
        default=[],
        choices=[*names, _GROWTH, _PACKAGES, _RUST],
        metavar="NAME",
        help=f"some of: {', '.join([*names, _GROWTH, _PACKAGES, _RUST])}",
    )
    parser.add_argument(
        "--loop",
        action="store_true",
        help="measure hashzip watch, from save to answer, and what others have for it; only that",
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
    parser.add_argument(
        "--packages",
        type=Path,
        metavar="FILE",
        help="measure functions with packages, and write it as a page",
    )
    parser.add_argument(
        "--rust",
        type=Path,
        metavar="FILE",
        help="measure the function in Rust, and write it into a page, between its two comments",
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
