"""Measure hashzip: `python -m scripts.benchmark`. `--help` lists the other tables."""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from scripts import pages
from scripts.benchmark import growth, loop, packages, rows
from scripts.benchmark.programs import HERE
from scripts.benchmark.scenarios import Place
from scripts.errors import ScriptError, exit_code

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RUNS = 5
TABLES = {
    "growth": "time by the number of files; with --page, its chart too",
    "packages": "functions with packages, beside SAM CLI and uv with zip",
    "loop": "hashzip watch, from a save to the response, beside cargo lambda watch",
    "rust": "hello in Rust, beside cargo lambda build",
}


def main(arguments: Sequence[str] | None = None, docs: Path = HERE.checkout / "docs") -> None:
    """Measure tables, and print each when it is complete.

    Raises:
        ScriptError: A program failed; or, with `--check`, a goal was missed.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    options = _options(arguments)
    missed: list[str] = []
    with ExitStack() as stack:
        folder = tempfile.TemporaryDirectory(prefix="hashzip-benchmark-")
        place = Place(Path(stack.enter_context(folder)).resolve(), stack, quick=options.quick)
        for table in _tables(options, place, docs):
            print(table, flush=True)
            missed += table.missed
            if options.page:
                pages.publish(table, docs / "benchmarks.md", "bench", arguments)
    if missed and options.check:
        raise ScriptError(
            f"missed goals: {', '.join(missed)}",
            f"run again on a machine at rest: --runs 11 --only {' '.join(missed)}",
        )


def _tables(options: argparse.Namespace, place: Place, docs: Path) -> Iterator[pages.Table]:
    runs = options.runs or (rows.COMPARED_RUNS if options.against else RUNS)
    if options.against:
        named = options.only or rows.COMPARED
        yield rows.compared([rows.ROWS[name] for name in named], options.against, place, runs)
        return
    for name in options.tables or ([] if options.only else ["rows"]):
        if name == "growth":
            yield growth.table(place, runs, docs / "growth.svg" if options.page else None)
        elif name == "packages":
            yield packages.table(place.folder / name, runs)
        elif name == "loop":
            yield loop.table(place.folder / name, runs)
        else:
            chosen = [row for row in rows.ROWS.values() if row.table == name]
            yield rows.table(name, chosen, place, runs)
    if options.only:
        yield rows.table("only", [rows.ROWS[name] for name in options.only], place, runs)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="nox -s bench --",
        description="Measure hashzip against programs that do the same work, in turn in one run.",
    )
    add, names = parser.add_argument, list(rows.ROWS)
    add("--only", nargs="+", choices=names, metavar="ROW", help=f"some of: {', '.join(names)}")
    for name, text in TABLES.items():
        add(f"--{name}", dest="tables", action="append_const", const=name, help=text)
    add("--against", metavar="REF", help="compare hashzip with itself at another commit")
    default = f"default: {RUNS}, and {rows.COMPARED_RUNS} with --against"
    add("--runs", type=int, metavar="N", help=default)
    add("--quick", action="store_true", help="smaller trees: a smoke test, not a measurement")
    add("--check", action="store_true", help="exit with 1 if a goal was missed")
    add("--page", action="store_true", help="also write the tables into docs/benchmarks.md")
    options = parser.parse_args(arguments)
    if options.page and (options.only or options.against or options.quick):
        parser.error("--page is for complete tables: not with --only, --against or --quick")
    if options.runs is not None and options.runs < 1:
        parser.error("--runs must be at least 1")
    return options


if __name__ == "__main__":
    sys.exit(exit_code(main))
