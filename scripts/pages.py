"""Tables in Markdown, and the parts of a page that a script generates."""

from __future__ import annotations

import os
import platform
import shlex
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from scripts.errors import ScriptError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_BEGIN, _END = "<!-- begin: {} (generated) -->\n", "<!-- end: {} -->\n"


@dataclass(frozen=True)
class Table:
    """A table for a page and for the terminal.

    Attributes:
        header: The titles of the columns.
        rows: The cells, in Markdown.
        text_columns: How many columns are text and left-aligned; the others are figures.
        name: The name of its place in a page.
        missed: The names of rows that missed a goal.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    text_columns: int = 1
    name: str = ""
    missed: Sequence[str] = ()

    def __str__(self) -> str:
        figures = len(self.header) - self.text_columns
        rule = ["---"] * self.text_columns + ["---:"] * figures
        lines = (self.header, rule, *self.rows)
        return "".join(
            f"|{'|'.join(f' {cell} ' if cell else ' ' for cell in line)}|\n" for line in lines
        )


def fill(file: Path, name: str, text: str) -> str:
    """Return a page with a new text in its generated part of that name.

    Raises:
        ScriptError: The page does not have the two comments around that part.
    """
    page = file.read_text(encoding="utf-8")
    begin, end = _BEGIN.format(name), _END.format(name)
    if page.count(begin) != 1 or page.count(end) != 1:
        hint = f"add these two lines where it belongs:\n{begin}{end}".rstrip()
        raise ScriptError(f"{file} has no place for its generated part {name}", hint)
    return f"{page.partition(begin)[0]}{begin}\n{text.strip()}\n\n{end}{page.partition(end)[2]}"


def publish(table: Table, file: Path, session: str, arguments: Sequence[str]) -> None:
    """Write a table into its place in a page, with the date, the nox session and the machine."""
    command = f"nox -s {session}" + (f" -- {shlex.join(arguments)}" if arguments else "")
    machine = f"{os.cpu_count()} processors, {platform.system()} {platform.machine()}"
    today, version = f"{datetime.now(UTC):%Y-%m-%d}", platform.python_version()
    text = f"{today}, `{command}`, {machine}, Python {version}:\n\n{table}"
    file.write_text(fill(file, table.name, text), encoding="utf-8", newline="\n")


def megabytes(size: float) -> str:
    """Return a size in bytes as text, in millions of bytes."""
    return f"{size / 1e6:,.2f} MB"


def seconds(value: float) -> str:
    """Return a time as text: in milliseconds below one second."""
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.1f} ms"
