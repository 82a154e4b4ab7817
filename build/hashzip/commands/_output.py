"""The project that the arguments name, sizes, and the question before a change."""

import argparse
import json
import os
import sys
from typing import TextIO

from hashzip import planning, terminal
from hashzip.errors import HashzipError
from hashzip.printable import escaped_json, printable
from hashzip.project import config
from hashzip.project.config import Project
from hashzip.project.targets import Function, Package

DIGITS = 12  # of a fingerprint, for people

_DIFFERENCES = (
    ("+++ ", terminal.BOLD),
    ("--- ", terminal.BOLD),
    ("+", terminal.ADDED),
    ("-", terminal.REMOVED),
    ("~", terminal.CHANGED),
    ("@@", terminal.PLACE),
)
_NAMED = 3  # functions that are named after their package


def project(options: argparse.Namespace) -> Project:
    """Load the project that the arguments name, or the one of the nearest parent folder.

    Raises:
        HashzipError: There is none, or its `hashzip.toml` is invalid.
    """
    return planning.load_project(options.project or config.find_root(os.curdir))


def label(project: Project, name: str) -> str:
    """Return the name of what is built, with the functions that run it if it is a package.

    Args:
        project: The project.
        name: The name of a function, package or layer.
    """
    functions = packaged(project, name)
    if len(functions) > _NAMED:
        return f"{name} ({len(functions)} functions)"
    return f"{name} ({', '.join(functions)})" if functions else name


def packaged(project: Project, name: str) -> list[str]:
    """Return the names of the functions that run a package; none for a function or layer."""
    target = project.target(name)
    if isinstance(target, Function):
        return []
    return [function.name for function in project.functions(target)]


def functions_json(project: Project, name: str) -> dict[str, list[str]]:
    """Return the key `functions` of the JSON object of a package; none for a function or layer."""
    is_package = isinstance(project.target(name), Package)
    return {"functions": packaged(project, name)} if is_package else {}


def confirm(question: str, *, default: bool = False) -> bool:
    """Ask a yes-or-no question on the terminal; anything but `y` or `yes` is a no.

    Args:
        question: The question.
        default: What an empty line means.

    Raises:
        HashzipError: There is no terminal to ask on.
    """
    if not sys.stdin.isatty():
        raise HashzipError(
            f'cannot ask "{question}": standard input is not a terminal',
            "add --yes, or run it in a terminal",
        )
    choices = "[Y/n]" if default else "[y/N]"
    answer = input(f"{printable(question)} {choices} ").strip().lower()
    return answer in ("y", "yes") or (default and not answer)


def line(text: str, *, is_short: bool = True, stream: TextIO | None = None) -> None:
    """Print a line at once. It may quote names and values as they are.

    Args:
        text: The line.
        is_short: As for `printable`.
        stream: Where it goes; by default, standard output.
    """
    print(printable(text, is_short=is_short), file=stream, flush=True)


def difference(text: str, *, is_short: bool = True) -> None:
    """Print a line of a comparison, with the colour that git gives it by its first character.

    Args:
        text: The line.
        is_short: As for `printable`.
    """
    style = next((style for start, style in _DIFFERENCES if text.startswith(start)), "")
    safe = printable(text, is_short=is_short)
    print(terminal.paint(safe, style, sys.stdout) if style else safe, flush=True)


def text(lines: str) -> None:
    """Print the whole text of a file, line by line."""
    for each in lines.split("\n"):
        line(each, is_short=False)


def document(value: object) -> None:
    """Print a value as JSON."""
    print(escaped_json(json.dumps(value, indent=2)))


def megabytes(size: int) -> str:
    """Format a size in bytes as MB, or as kB if that would be 0.0 MB."""
    return terminal.megabytes(size)
