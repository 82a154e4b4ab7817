"""The project that the arguments name, sizes, and the question before a change."""

import argparse
import os
import sys

from hashzip import planning, terminal
from hashzip.errors import HashzipError
from hashzip.project import config
from hashzip.project.config import Project

DIGITS = 12  # of a fingerprint, for people


def project(options: argparse.Namespace) -> Project:
    """Load the project that the arguments name, or the one of the nearest parent folder.

    Raises:
        HashzipError: There is none, or its `hashzip.toml` is invalid.
    """
    return planning.load_project(options.project or config.find_root(os.curdir))


def confirm(question: str) -> bool:
    """Ask a yes-or-no question on the terminal; anything but `y` or `yes` is a no.

    Raises:
        HashzipError: There is no terminal to ask on.
    """
    if not sys.stdin.isatty():
        raise HashzipError(
            f'cannot ask "{question}": standard input is not a terminal',
            "add --yes, or run it in a terminal",
        )
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")


def megabytes(size: int) -> str:
    """Format a size in bytes as MB, or as kB if that would be 0.0 MB."""
    return terminal.megabytes(size)
