"""What commands have in common: finding the project, and printing."""

import argparse
import os
import sys
from collections.abc import Sequence

from hashzip import config
from hashzip.config import Project

DIGITS = 12  # of a fingerprint, for people


def project(options: argparse.Namespace) -> Project:
    """Loads the project that the arguments name, or the nearest one upwards.

    Raises:
        HashzipError: There is none, or its `hashzip.toml` is wrong.
    """
    return config.load(options.project or config.find_root(os.curdir))


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints a table for people, and plain lines, a tab between fields, for a pipe."""
    if not sys.stdout.isatty():
        for row in rows:
            print("\t".join(row))
        return
    from rich.console import Console  # noqa: PLC0415 - slow, and only for people
    from rich.table import Table  # noqa: PLC0415

    table = Table(*header, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def megabytes(size: int) -> str:
    """Writes a size in MB, or, where that would be 0.0, in kB."""
    megabytes = f"{size / 1_000_000:.1f} MB"
    return megabytes if not megabytes.startswith("0.0") else f"{size / 1000:.1f} kB"
