"""Compare two zips of the same inputs: which files differ, where, and why. Build time."""

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple

from hashzip.builders import elf
from hashzip.check.causes import Causes

# A module's bytecode begins with the version of Python, flags, and what identifies its source.
# https://peps.python.org/pep-0552/
_BYTECODE = struct.Struct("<4s I 8s")
_BY_HASH = 1
# Of the path of a module's source: its start and its end, between which is no control character.
_PATH_START = re.compile(rb"/|[A-Za-z]:\\")
_PATH_END = re.compile(rb"\.py(?![\w.])")
_CONTROL = re.compile(rb"[\0-\x1f]+")

_ARCHIVE = b"PK\x03\x04"  # https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.7
_BUILD_ID = re.compile(r"\.note\.(gnu\.build-id|go\.buildid)")
_ORDER = "an order, as of files in a folder"
_NAMED_SECTIONS = 5  # the others are only counted

_CHUNK = 1 << 16  # bytes
_SHOWN = 60  # characters of a line
_BEFORE = 20  # of those, in front of the difference


class Difference(NamedTuple):
    """A file that differs between the zips, or that one of them lacks.

    Attributes:
        path: Its path in the package.
        sizes: Its size in the first and in the second zip, in bytes; None if it is missing.
        modes: Its mode in the first and in the second zip; None if it is missing.
        offset: The first byte that differs; None if the contents are equal, or one is missing.
        where: What is at that byte, or "".
        looks_like: The probable causes: a path, a time.
    """

    path: str
    sizes: tuple[int | None, int | None]
    modes: tuple[int | None, int | None]
    offset: int | None
    where: str
    looks_like: Sequence[str]


class _Explanation(NamedTuple):
    """Where two contents differ, and the probable causes."""

    where: str
    looks_like: Sequence[str]


def compare(first: BinaryIO, second: BinaryIO, causes: Causes) -> list[Difference]:
    """Compare two zips, entry by entry.

    Args:
        first: A zip that hashzip wrote.
        second: Another.
        causes: What differed between their builds.

    Returns:
        A difference for each entry that differs, by path. Empty if the zips are the same bytes.
    """
    with zipfile.ZipFile(first) as old, zipfile.ZipFile(second) as new:
        differences = list(_compare_entries(old, new, causes))
    return differences or _compare_bytes(first, second)


def _compare_bytes(first: BinaryIO, second: BinaryIO) -> list[Difference]:
    """Compare two zips whose entries are equal."""
    contents = []
    for stream in (first, second):
        stream.seek(0)
        contents.append(stream.read())
    old, new = contents
    offset = first_difference(old, new)
    if offset is None:
        return []
    where = "the entries are the same, but not compressed alike"
    return [Difference("the zip itself", (len(old), len(new)), (None, None), offset, where, [])]


def _compare_entries(
    first: zipfile.ZipFile, second: zipfile.ZipFile, causes: Causes
) -> Iterator[Difference]:
    old, new = ({entry.filename: entry for entry in zf.infolist()} for zf in (first, second))
    for path in sorted({*old, *new}):
        a, b = old.get(path), new.get(path)
        sizes = (a.file_size if a else None, b.file_size if b else None)
        modes = (_mode(a) if a else None, _mode(b) if b else None)
        if a is None or b is None:
            yield Difference(path, sizes, modes, None, "", [])
            continue
        contents = first.read(a), second.read(b)
        offset = first_difference(*contents)
        if offset is not None:
            yield Difference(path, sizes, modes, offset, *explain(path, *contents, causes))
        elif modes[0] != modes[1]:
            yield Difference(path, sizes, modes, None, "", [])


def _mode(entry: zipfile.ZipInfo) -> int:
    mode = entry.external_attr >> 16
    return mode if stat.S_ISLNK(mode) else stat.S_IMODE(mode)


def first_difference(first: bytes, second: bytes) -> int | None:
    """Return the offset of the first byte that differs; None if the contents are equal."""
    for start in range(0, max(len(first), len(second)), _CHUNK):
        a, b = first[start : start + _CHUNK], second[start : start + _CHUNK]
        if a != b:
            return start + _first_unequal(a, b)
    return None


def _first_unequal(first: Sequence[object], second: Sequence[object]) -> int:
    """Return the first position at which two sequences differ, or the end of the shorter one."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(first), len(second)))


def explain(path: str, first: bytes, second: bytes, causes: Causes) -> _Explanation:
    """Return where two contents differ, and the probable causes.

    Args:
        path: The file's path, whose suffix tells its kind.
        first: The content in the first zip.
        second: The content in the second, which differs.
        causes: What differed between the builds.
    """
    if first.startswith(elf.MAGIC) and second.startswith(elf.MAGIC):
        return _explain_program(first, second, causes)
    if path.endswith(".pyc") and min(len(first), len(second)) >= _BYTECODE.size:
        return _explain_bytecode(first, second)
    if first.startswith(_ARCHIVE) and second.startswith(_ARCHIVE):
        explanation = _explain_archive(first, second, causes)
        if explanation:
            return explanation
    if b"\0" not in first and b"\0" not in second:
        try:
            texts = first.decode(), second.decode()
        except UnicodeDecodeError:
            pass
        else:
            return _explain_text(*texts, causes)
    return _Explanation("", _looks_like(first, second, causes))


def _looks_like(first: bytes, second: bytes, causes: Causes) -> list[str]:
    offset = first_difference(first, second) or 0
    names = (*causes.in_content(first, second), *causes.in_bytes(first, second, offset))
    return list(dict.fromkeys(names))


def _explain_text(first: str, second: str, causes: Causes) -> _Explanation:
    """Find the first line that differs."""
    old, new = first.splitlines(keepends=True), second.splitlines(keepends=True)
    at = _first_unequal(old, new)
    a, b = ("".join(lines[at : at + 1]) for lines in (old, new))
    names = list(dict.fromkeys((*causes.in_text(a, b), *causes.in_content(first, second))))
    is_order = sorted(old) == sorted(new) or sorted(a.split()) == sorted(b.split())
    if not names and is_order:
        names = [_ORDER]
    column = _first_unequal(a, b)
    return _Explanation(f"line {at + 1}: {_excerpt(a, column)} and {_excerpt(b, column)}", names)


def _excerpt(line: str, column: int) -> str:
    """Return the part of a line around a column, escaped for a terminal."""
    if not line:
        return "no such line"
    start = max(column - _BEFORE, 0)
    part = ascii(line[start : start + _SHOWN].rstrip("\n"))
    return f"{'…' if start else ''}{part}{'…' if len(line) > start + _SHOWN else ''}"


def _explain_program(first: bytes, second: bytes, causes: Causes) -> _Explanation:
    """Find the sections of a program or shared library that differ."""
    old, new = elf.sections(first), elf.sections(second)
    looks_like = {
        name: _explain_section(name, old.get(name, b""), new.get(name, b""), causes)
        for name in {**old, **new}
        if old.get(name) != new.get(name)
    }
    if not looks_like:
        where = "in the headers, or between sections"
        return _Explanation(where, _looks_like(first, second, causes))
    # Sections with a cause first: the others may only contain addresses that have moved.
    names = sorted(looks_like, key=lambda name: not looks_like[name])
    more = len(names) - _NAMED_SECTIONS
    shown = [*names[:_NAMED_SECTIONS], *([f"{more} more"] if more > 0 else [])]
    where = f"{'section' if len(names) == 1 else 'sections'} {', '.join(shown)}"
    return _Explanation(
        where, list(dict.fromkeys(cause for name in names for cause in looks_like[name]))
    )


def _explain_section(name: str, first: bytes, second: bytes, causes: Causes) -> list[str]:
    if _BUILD_ID.fullmatch(name):
        return ["the build-id"]
    return _looks_like(first, second, causes) if first != second else []


def _explain_bytecode(first: bytes, second: bytes) -> _Explanation:
    """Find the part of a module's bytecode that differs."""
    (magic, flags, source), (other_magic, other_flags, other_source) = (
        _BYTECODE.unpack_from(content) for content in (first, second)
    )
    if magic != other_magic:
        return _Explanation("header: the version of Python", [])
    if flags != other_flags:
        return _Explanation(f"header: flags, {flags} and {other_flags}", [])
    if source != other_source:
        if flags & _BY_HASH:
            return _Explanation("header: the hash of its source", [])
        return _Explanation("header: the time and size of its source", ["a time"])
    paths = zip(_source_paths(first), _source_paths(second), strict=False)
    for pair in paths:
        if pair[0] != pair[1]:
            a, b = (ascii(path.decode(errors="backslashreplace")) for path in pair)
            return _Explanation(f"co_filename: {a} and {b}", ["a path"])
    return _Explanation("code", [])


def _source_paths(content: bytes) -> Iterator[bytes]:
    """Find the paths of modules in bytecode. One expression for all would take quadratic time."""
    for text in _CONTROL.split(content):
        end = 0
        while (start := _PATH_START.search(text, end)) and (
            match := _PATH_END.search(text, start.end())
        ):
            end = match.end()
            yield text[start.start() : end]


def _explain_archive(first: bytes, second: bytes, causes: Causes) -> _Explanation | None:
    """Find the difference in a zip in the zip, such as a `.jar`; None if one is not a valid zip."""
    try:
        with (
            zipfile.ZipFile(io.BytesIO(first)) as old,
            zipfile.ZipFile(io.BytesIO(second)) as new,
        ):
            inner = next(_compare_entries(old, new, causes), None)
            if inner:
                where = f"{inner.path} in it{f', {inner.where}' if inner.where else ''}"
                return _Explanation(where, inner.looks_like)
            times = [[entry.date_time for entry in zf.infolist()] for zf in (old, new)]
            orders = old.namelist(), new.namelist()
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError):
        return None
    if orders[0] != orders[1]:
        return _Explanation("the order of its entries", [_ORDER])
    if times[0] != times[1]:
        return _Explanation("the times of its entries", ["a time"])
    return None
