"""Show the line of a TOML file that an error is about, with a mark below it. Only after an error.

`tomllib` says where it stopped, but not where a key stands. So it is asked which beginning of the
file has the key: the shortest that has it ends with the key's statement. Where that cannot be told,
nothing is shown rather than a wrong line.
"""

import re
import tomllib
from collections.abc import Sequence
from typing import Any, NamedTuple

from hashzip.project import excerpt

_STOPPED = re.compile(r"\(at line (\d+), column (\d+)\)")
_KEY_PART = r"""[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*'"""
_KEYS = re.compile(rf"\s*(?:{_KEY_PART})(?:\s*\.\s*(?:{_KEY_PART}))*\s*=\s*")
_VALUE = re.compile(r"""(?:'{3}.*|"{3}.*|"(?:[^"\\]|\\.)*"|'[^']*'|[^#"'])*""")
_MOST_LINES = 200  # of one statement
_MOST_TEXT = 1 << 18  # characters of a file
_MOST_PARSED = 1 << 22  # characters that are parsed for one error: about a second


class _Span(NamedTuple):
    start: int
    end: int


def of_syntax(text: str, error: tomllib.TOMLDecodeError) -> list[str]:
    """Show where a text is not TOML.

    Args:
        text: The content of the file.
        error: What is wrong with it.

    Returns:
        The line and the line with the mark; none where the error names no place.
    """
    place = _STOPPED.search(str(error))
    lines = text.splitlines()
    if place is None or int(place[1]) > len(lines):
        return []
    column = int(place[2]) - 1
    return excerpt.shown(int(place[1]), lines[int(place[1]) - 1], column, column + 1)


def of_key(text: str, table: Sequence[str], key: str, value: object, *, at_key: bool) -> list[str]:
    """Show a key, or its value; where the key is missing, the header of its table.

    Args:
        text: The content of the file.
        table: The names of the table: those of its header.
        key: The key in the table.
        value: The value that the error is about; None if the key is missing.
        at_key: Whether the key itself is marked, and not its value.

    Returns:
        The line and the line with the mark; none where the file has another value by now, or is so
        large that to search it would take seconds.
    """
    if len(text) > _MOST_TEXT:
        return []
    lines = text.split("\n")
    try:
        document = tomllib.loads(text)
        if value is not None and _value(document, [*table, key]) != value:
            return []
        path = [*table, key] if value is not None else [*table]
        first, last = _statement(lines, path)
    except (tomllib.TOMLDecodeError, KeyError, RecursionError):
        return []
    span = _span(lines[first], key, at_key=at_key or value is None)
    return excerpt.shown(first + 1, lines[first].rstrip("\r"), *span) if last > first else []


def _value(document: Any, path: Sequence[str]) -> Any:  # noqa: ANN401 - TOML has all types
    """Return the value at a path.

    Raises:
        KeyError: There is none.
    """
    for name in path:
        if not isinstance(document, dict):
            raise KeyError(name)
        document = document[name]
    return document


def _statement(lines: Sequence[str], path: Sequence[str]) -> tuple[int, int]:
    """Return the numbers of the first line of the statement that makes a path, and of the next.

    Raises:
        KeyError: No statement does, or it would take too long to find.
    """
    absent, present = 0, len(lines)
    line_size = sum(map(len, lines)) // present + 1
    left = _MOST_PARSED
    if not path or not _has(lines, present, path):
        raise KeyError(path)
    while True:
        middle = (absent + present) // 2
        nearest = [*range(middle, absent, -1), *range(middle + 1, present)][:_MOST_LINES]
        for number in nearest:
            left -= number * line_size
            if left < 0:
                raise KeyError(path)
            has_path = _has(lines, number, path)
            if has_path is not None:
                break
        else:
            return absent, present
        absent, present = (absent, number) if has_path else (number, present)


def _has(lines: Sequence[str], number: int, path: Sequence[str]) -> bool | None:
    """Return whether the first lines have a path; None if they end in the middle of a statement."""
    try:
        _value(tomllib.loads("\n".join(lines[:number]) + "\n"), path)
    except tomllib.TOMLDecodeError:
        return None
    except KeyError:
        return False
    return True


def _span(line: str, key: str, *, at_key: bool) -> _Span:
    """Return which part of the first line of a statement is marked."""
    keys = _KEYS.match(line)
    start = len(line) - len(line.lstrip())
    if keys is None:  # a header
        return _Span(start, max(line.rfind("]") + 1, start + 1))
    value = _VALUE.match(line, keys.end())
    end = len(value[0].rstrip()) + keys.end() if value else len(line)
    inline = re.compile(rf"""[{{,]\s*(["']?{re.escape(key)}["']?)\s*=\s*([^,}}]*)""")
    inner = list(inline.finditer(line, keys.end()))
    if len(inner) == 1:
        group = 1 if at_key else 2
        return _Span(inner[0].start(group), inner[0].start(group) + len(inner[0][group].rstrip()))
    if at_key:
        return _Span(start, len(line[: keys.end()].rstrip().removesuffix("=").rstrip()))
    return _Span(keys.end(), max(end, keys.end() + 1))
