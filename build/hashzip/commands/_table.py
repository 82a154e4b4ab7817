"""Tables: aligned on a terminal, and lines with tabs between the fields elsewhere."""

import sys
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple, TextIO

from hashzip import terminal
from hashzip.printable import printable

_GAP = "  "
_LEAST = 24  # columns of what may be shortened, before a column is left out
_WIDE = ("F", "W")  # https://www.unicode.org/reports/tr11/: two columns
_COMBINING = ("Mn", "Me", "Cf")  # no column


class Column(NamedTuple):
    """A column of a table.

    Attributes:
        title: Its header.
        may_shorten: Whether its texts may be shortened, of which one column is enough.
        may_hide: Whether it may be left out on a narrow terminal.
        is_number: Whether it is aligned to the right.
        styles: The style of a text, by the word that it begins with.
    """

    title: str
    may_shorten: bool = False
    may_hide: bool = False
    is_number: bool = False
    styles: Sequence[tuple[str, str]] = ()


def show(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """Print a table on standard output.

    Names and values in it are made safe to print, as in errors. On a terminal, its lines are not
    broken: texts that may be shortened are, and all others stay as they are. Elsewhere, the rows
    have no header, and all fields are whole.
    """
    rows = [[printable(text) for text in row] for row in rows]
    if not terminal.is_terminal(sys.stdout):
        for row in rows:
            print("\t".join(row))
        return
    for line in lines(columns, rows, terminal.columns(sys.stdout), sys.stdout):
        print(line)


def lines(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int, stream: TextIO
) -> list[str]:
    """Return the lines of a table for a terminal.

    Args:
        columns: The columns.
        rows: The texts of each row, one a column.
        width: The columns of the terminal.
        stream: Where the lines go.
    """
    widths = [
        max(text_width(text) for text in (column.title, *(row[at] for row in rows)))
        for at, column in enumerate(columns)
    ]
    shown = list(range(len(columns)))
    _fit(columns, widths, shown, width)
    header = [columns[at].title for at in shown]
    texts = [header, *([row[at] for at in shown] for row in rows)]
    result = []
    for number, row in enumerate(texts):
        cells = []
        for at, text in zip(shown, row, strict=True):
            column = columns[at]
            short = shorten(text, widths[at], stream) if column.may_shorten else text
            padding = " " * (widths[at] - text_width(short))
            style = terminal.BOLD if number == 0 else _style(column, text)
            painted = terminal.paint(short, style, stream) if style else short
            cells.append(padding + painted if column.is_number else painted + padding)
        result.append(_GAP.join(cells).rstrip())
    return result


def _fit(columns: Sequence[Column], widths: list[int], shown: list[int], width: int) -> None:
    """Shorten the column that may be, and hide others if it would be too short otherwise."""
    flexible = next((at for at, column in enumerate(columns) if column.may_shorten), None)
    if flexible is None:
        return
    wanted = widths[flexible]
    for hidden in (None, *(at for at, column in enumerate(columns) if column.may_hide)):
        if hidden is not None:
            shown.remove(hidden)
        others = sum(widths[at] + len(_GAP) for at in shown if at != flexible)
        rest = width - others
        if rest >= min(wanted, _LEAST):
            break
    widths[flexible] = min(wanted, max(rest, len(columns[flexible].title)))


def _style(column: Column, text: str) -> str:
    return next((style for word, style in column.styles if text.startswith(word)), "")


def text_width(text: str) -> int:
    """Return the columns that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(map(_character_width, text))


def _character_width(character: str) -> int:
    if unicodedata.category(character) in _COMBINING:
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1


def shorten(text: str, width: int, stream: TextIO) -> str:
    """Return a text that takes at most some columns; its end is left out if it would take more."""
    if text_width(text) <= width:
        return text
    mark = "…" if terminal.can_show("…", stream) else "..."
    room = width - len(mark)
    kept = ""
    for character in text:
        room -= _character_width(character)
        if room < 0:
            break
        kept += character
    return kept.rstrip() + mark
