"""What commands have in common: finding the project, and printing."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hashzip.errors import HashzipError
from hashzip.project import config
from hashzip.project.config import Project
from hashzip.project.targets import Function

if TYPE_CHECKING:
    from hashzip.aws.client import Place

DIGITS = 12  # of a fingerprint, for people


def project(options: argparse.Namespace) -> Project:
    """Loads the project that the arguments name, or the nearest one upwards.

    Raises:
        HashzipError: There is none, or its `hashzip.toml` is wrong.
    """
    return config.load(options.project or config.find_root(os.curdir))


def function_name(project: Project, options: argparse.Namespace) -> str:
    """Answers the name in AWS of the function that the arguments name.

    Raises:
        HashzipError: There is none of that name in `hashzip.toml`, or it is a layer.
    """
    if not isinstance(project.target(options.function), Function):
        raise HashzipError(f"{options.function} is a layer, and runs nowhere", "name a function")
    name: str | None = options.function_name
    return options.function if name is None else name


def names_a_place(options: argparse.Namespace) -> bool:
    """Whether the arguments say where a function runs."""
    return bool(
        options.function_name
        or options.local
        or options.remote
        or options.profile
        or options.region
    )


def place(project: Project, options: argparse.Namespace) -> "Place":
    """Chooses where functions run, and tells people on a terminal.

    Raises:
        HashzipError: It must be the local AWS, and there is none.
    """
    from hashzip.aws import client  # noqa: PLC0415 - most commands need no AWS

    chosen = client.choose(
        project.root,
        local=options.local,
        remote=options.remote,
        profile=options.profile,
        region=options.region,
    )
    if sys.stderr.isatty():
        print(f"in {chosen}", file=sys.stderr)
    return chosen


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
