"""What differs between two zips of the same inputs, and how. Build time; only reads."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from hashzip.builders import elf
from hashzip.check.causes import Clues

# A module's bytecode begins with the version of Python, flags, and what its source was.
# https://peps.python.org/pep-0552/
_BYTECODE = struct.Struct("<4s I 8s")
_BY_HASH = 1
_SOURCE_PATH = re.compile(rb"(?:/|[A-Za-z]:\\)[^\0-\x1f]*?\.py(?![\w.])")

_ARCHIVE = b"PK\x03\x04"  # https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.7
_BUILD_ID = re.compile(r"\.note\.(gnu\.build-id|go\.buildid)")
_ORDER = "an order, as of files in a folder"
_NAMED = 5  # sections; then how many more there are

_CHUNK = 1 << 16  # bytes
_SHOWN = 60  # characters of a line
_BEFORE = 20  # of those, in front of the difference


class Difference(NamedTuple):
    """A file that is not in both zips alike.

    Attributes:
        path: In the package.
        sizes: In the first and in the second, in bytes; None where it is not there.
        modes: The same, as the zip has them.
        offset: Of the first byte that differs; None where none does.
        where: What is there, or "".
        looks_like: What seems to have come from outside: a path, a time.
    """

    path: str
    sizes: tuple[int | None, int | None]
    modes: tuple[int | None, int | None]
    offset: int | None
    where: str
    looks_like: Sequence[str]


class _How(NamedTuple):
    """How two contents differ."""

    where: str
    looks_like: Sequence[str]


def compare(first: Path, second: Path, clues: Clues) -> list[Difference]:
    """Compares two zips, entry by entry.

    Args:
        first: A zip that hashzip wrote.
        second: Another.
        clues: What was different when they were built.

    Returns:
        A difference an entry, by path. Nothing where the zips are the same, to the byte.
    """
    with zipfile.ZipFile(first) as one, zipfile.ZipFile(second) as two:
        found = list(_entries(one, two, clues))
    if not found:
        whole = first.read_bytes(), second.read_bytes()
        offset = first_difference(*whole)
        if offset is not None:
            sizes = len(whole[0]), len(whole[1])
            what = "the entries are the same, and are not compressed alike"
            return [Difference(first.name, sizes, (None, None), offset, what, [])]
    return found


def _entries(one: zipfile.ZipFile, two: zipfile.ZipFile, clues: Clues) -> Iterator[Difference]:
    old, new = ({entry.filename: entry for entry in zipped.infolist()} for zipped in (one, two))
    for path in sorted({*old, *new}):
        a, b = old.get(path), new.get(path)
        sizes = (a.file_size if a else None, b.file_size if b else None)
        modes = (_mode(a) if a else None, _mode(b) if b else None)
        if a is None or b is None:
            yield Difference(path, sizes, modes, None, "", [])
            continue
        was, now = one.read(a), two.read(b)
        offset = first_difference(was, now)
        if offset is not None:
            how = explain(path, was, now, clues)
            yield Difference(path, sizes, modes, offset, *how)
        elif modes[0] != modes[1]:
            yield Difference(path, sizes, modes, None, "", [])


def _mode(entry: zipfile.ZipInfo) -> int:
    return entry.external_attr >> 16 & 0o777


def first_difference(first: bytes, second: bytes) -> int | None:
    """Answers the offset of the first byte that differs; None where there is none."""
    for start in range(0, max(len(first), len(second)), _CHUNK):
        one, two = first[start : start + _CHUNK], second[start : start + _CHUNK]
        if one != two:
            both = zip(one, two, strict=False)
            shorter = min(len(one), len(two))
            return start + next((at for at, (a, b) in enumerate(both) if a != b), shorter)
    return None


def explain(path: str, first: bytes, second: bytes, clues: Clues) -> _How:
    """Says how two contents differ, which do differ.

    Args:
        path: Of the file, whose ending says what it is.
        first: What one zip has.
        second: What the other has.
        clues: What was different.
    """
    if first.startswith(elf.MAGIC) and second.startswith(elf.MAGIC):
        return _program(first, second, clues)
    if path.endswith(".pyc") and min(len(first), len(second)) >= _BYTECODE.size:
        return _bytecode(first, second)
    if first.startswith(_ARCHIVE) and second.startswith(_ARCHIVE):
        inside = _archive(first, second, clues)
        if inside:
            return inside
    if b"\0" not in first and b"\0" not in second:
        try:
            texts = first.decode(), second.decode()
        except UnicodeDecodeError:
            pass
        else:
            return _text(*texts, clues)
    return _How("", _looks_like(first, second, clues))


def _looks_like(first: bytes, second: bytes, clues: Clues) -> list[str]:
    offset = first_difference(first, second) or 0
    seen = (*clues.in_content(first, second), *clues.in_bytes(first, second, offset))
    return list(dict.fromkeys(seen))


def _text(first: str, second: str, clues: Clues) -> _How:
    """Finds the first line that differs."""
    one, two = first.splitlines(keepends=True), second.splitlines(keepends=True)
    both = zip(one, two, strict=False)
    at = next((n for n, (a, b) in enumerate(both) if a != b), min(len(one), len(two)))
    a, b = ("".join(lines[at : at + 1]) for lines in (one, two))
    seen = list(dict.fromkeys((*clues.in_text(a, b), *clues.in_content(first, second))))
    is_order = sorted(one) == sorted(two) or sorted(a.split()) == sorted(b.split())
    if not seen and is_order:
        seen = [_ORDER]
    column = next((n for n, (c, d) in enumerate(zip(a, b, strict=False)) if c != d), 0)
    return _How(f"line {at + 1}: {_shown(a, column)} and {_shown(b, column)}", seen)


def _shown(line: str, column: int) -> str:
    """Writes a part of a line, so that it is safe on a terminal."""
    if not line:
        return "no such line"
    start = max(column - _BEFORE, 0)
    part = ascii(line[start : start + _SHOWN].rstrip("\n"))
    return f"{'…' if start else ''}{part}{'…' if len(line) > start + _SHOWN else ''}"


def _program(first: bytes, second: bytes, clues: Clues) -> _How:
    """Finds the sections that differ."""
    old, new = elf.sections(first), elf.sections(second)
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    if not names:
        return _How("in the headers, or between sections", _looks_like(first, second, clues))
    seen = {
        name: _in_section(name, old.get(name, b""), new.get(name, b""), clues) for name in names
    }
    names = sorted(names, key=lambda name: not seen[name])  # the cause, and then what it has moved
    shown = [*names[:_NAMED], *([f"{len(names) - _NAMED} more"] if len(names) > _NAMED else [])]
    where = f"{'section' if len(names) == 1 else 'sections'} {', '.join(shown)}"
    return _How(where, list(dict.fromkeys(what for name in names for what in seen[name])))


def _in_section(name: str, first: bytes, second: bytes, clues: Clues) -> list[str]:
    if _BUILD_ID.fullmatch(name):
        return ["the build-id"]
    return _looks_like(first, second, clues) if first != second else []


def _bytecode(first: bytes, second: bytes) -> _How:
    """Says which part of a module's bytecode differs."""
    (magic, flags, source), (other_magic, other_flags, other_source) = (
        _BYTECODE.unpack_from(content) for content in (first, second)
    )
    if magic != other_magic:
        return _How("header: the version of Python", [])
    if flags != other_flags:
        return _How(f"header: flags, {flags} and {other_flags}", [])
    if source != other_source:
        if flags & _BY_HASH:
            return _How("header: the hash of its source", [])
        return _How("header: the time and size of its source", ["a time"])
    one, two = (_SOURCE_PATH.findall(content) for content in (first, second))
    differing = [(a, b) for a, b in zip(one, two, strict=False) if a != b]
    if differing:
        a, b = (ascii(path.decode(errors="backslashreplace")) for path in differing[0])
        return _How(f"co_filename: {a} and {b}", ["a path"])
    return _How("code", [])


def _archive(first: bytes, second: bytes, clues: Clues) -> _How | None:
    """Finds what differs in a zip in the zip, such as a `.jar`; None where it is no whole one."""
    try:
        with (
            zipfile.ZipFile(io.BytesIO(first)) as one,
            zipfile.ZipFile(io.BytesIO(second)) as two,
        ):
            inner = next(_entries(one, two, clues), None)
            if inner:
                what = (
                    f"{inner.path} in it, {inner.where}" if inner.where else f"{inner.path} in it"
                )
                return _How(what, inner.looks_like)
            times = [[entry.date_time for entry in zipped.infolist()] for zipped in (one, two)]
            orders = one.namelist(), two.namelist()
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError):
        return None
    if orders[0] != orders[1]:
        return _How("the order of its entries", [_ORDER])
    if times[0] != times[1]:
        return _How("the times of its entries", ["a time"])
    return None
