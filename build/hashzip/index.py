"""Remembers what files hold, so that an unchanged one need not be read. Standard library only.

A cache, in `.hashzip/`: safe to delete at any time, ignored where it is damaged, not made where
nothing can be written. What it must never do is miss an edit. So a file counts as unchanged only if
its size, its two times (of content, and of anything, which no program can set back), its inode and
its device are what they were; and only if it was older than the moment, by the file system's own
clock, at which reading began. A younger one could be edited once more within the same tick of that
clock, after it was read; git calls that racily clean:
https://git-scm.com/docs/racy-git
"""

import json
import os
import struct
import tempfile
import zlib
from array import array
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from typing import NamedTuple

from hashzip import inputs
from hashzip.inputs import Content
from hashzip.sources import unreadable

FOLDER = ".hashzip"

# The file: header, answer (JSON), paths (a zero byte between two), and a status and a content for
# each path; then a checksum of all that.
_MAGIC = b"hashzip index 1\n"
_HEADER = struct.Struct("=16s3Q")  # magic; sizes of answer and paths in bytes, count of files
_STATUS = struct.Struct("=5Q")  # size, time of content, time of anything, inode, device
_CONTENT = struct.Struct("=?32s")
_CHECKSUM = struct.Struct("=L")
_UNSIGNED = (1 << 64) - 1
_MANY = 20_000  # files; from here on it pays to look at them in two processes
_UNTRUSTED = bytes(_STATUS.size)  # of no file: none has inode 0


class Answer(NamedTuple):
    """What was found out about files as a whole, and with them can be again.

    Attributes:
        key: All that it depends on beside the files.
        fingerprint: Of the package.
        summary: For Terraform's plan.
    """

    key: str
    fingerprint: str
    summary: dict[str, str]


class _Memory(NamedTuple):
    """An index as it was kept."""

    answer: Answer
    paths: bytes
    statuses: bytes
    contents: bytes


class Index:
    """The files of one function, as they are now and as they were.

    Args:
        file: Where it is kept.
        locations: All files. They are looked at now, and read when they are asked for.

    Raises:
        HashzipError: A file is gone.
    """

    def __init__(self, file: str, locations: Sequence[bytes]) -> None:
        self._file = file
        self._locations = locations
        self._paths = b"\0".join(locations)
        self._old = _load(file)
        self._now = _statuses(locations) if self._old else b""
        self._kept_statuses = bytearray(_STATUS.size * len(locations))
        self._kept_contents = bytearray(_CONTENT.size * len(locations))

    def answer(self, key: str) -> Answer | None:
        """Recalls the answer, if it was for this key, these very files, and none has changed."""
        old = self._old
        if old and old.answer.key == key and (old.paths, old.statuses) == (self._paths, self._now):
            return old.answer
        return None

    def content(self, location: bytes) -> Content:
        """Answers what a file holds: from memory, or by reading it.

        Raises:
            HashzipError: It cannot be read.
        """
        at = self._positions[location]
        status = self._now[_place(_STATUS, at)]
        packed = self._recall(location, status)
        if packed is None:
            begun = self._clock  # before anything is read
            found, read = inputs.content(location)
            packed = _CONTENT.pack(found.runs, found.sha256)
            status = _pack(read) if begun and _is_older(read, begun) else _UNTRUSTED
        else:
            found = Content(_STATUS.unpack(status)[0], *_CONTENT.unpack(packed))
        self._kept_statuses[_place(_STATUS, at)] = status
        self._kept_contents[_place(_CONTENT, at)] = packed
        return found

    def keep(self, answer: Answer) -> None:
        """Keeps the contents, each of which was asked for, and the answer that came of them.

        Where that is not possible, nothing is kept, and nobody is told: it is only a cache.
        """
        if not self._clock:
            return
        words = json.dumps(answer).encode()
        header = _HEADER.pack(_MAGIC, len(words), len(self._paths), len(self._locations))
        parts: list[bytes | bytearray] = [
            header,
            words,
            self._paths,
            self._kept_statuses,
            self._kept_contents,
        ]
        checksum = 0
        for part in parts:
            checksum = zlib.crc32(part, checksum)
        with suppress(OSError):
            _replace(self._file, *parts, _CHECKSUM.pack(checksum))

    def _recall(self, location: bytes, status: bytes) -> bytes | None:
        at = self._old_positions.get(location)
        if at is None or not self._old or self._old.statuses[_place(_STATUS, at)] != status:
            return None
        return self._old.contents[_place(_CONTENT, at)]

    @cached_property
    def _positions(self) -> dict[bytes, int]:
        return {location: at for at, location in enumerate(self._locations)}

    @cached_property
    def _old_positions(self) -> dict[bytes, int]:
        paths = self._old.paths.split(b"\0") if self._old else []
        return {path: at for at, path in enumerate(paths)}

    @cached_property
    def _clock(self) -> os.stat_result | None:
        """The status of a file made at this moment; None where nothing can be kept."""
        if os.name == "nt":
            return None  # it has no time that no program can set back
        folder = os.path.dirname(self._file)
        try:
            if not os.path.isdir(folder):
                os.mkdir(folder)
                _replace(os.path.join(folder, ".gitignore"), b"*\n")
            with tempfile.TemporaryFile(dir=folder) as file:
                return os.fstat(file.fileno())
        except OSError:
            return None


def _is_older(status: os.stat_result, begun: os.stat_result) -> bool:
    """Tells whether a file was last touched before a moment, by one and the same clock."""
    return (
        status.st_dev == begun.st_dev
        and status.st_mtime_ns < begun.st_mtime_ns
        and status.st_ctime_ns < begun.st_mtime_ns
    )


def _place(record: struct.Struct, at: int) -> slice:
    return slice(at * record.size, (at + 1) * record.size)


def _pack(status: os.stat_result) -> bytes:
    return array("Q", _numbers(status)).tobytes()


def _numbers(status: os.stat_result) -> tuple[int, int, int, int, int]:
    """Answers all that an edit changes; a time from before 1970 is negative."""
    return (
        status.st_size,
        status.st_mtime_ns & _UNSIGNED,
        status.st_ctime_ns & _UNSIGNED,
        status.st_ino,
        status.st_dev,
    )


def _statuses(locations: Sequence[bytes]) -> bytes:
    """Looks at all files, in their order, through links.

    With very many, a second process looks at half of them; threads would wait for each other.
    """
    if len(locations) < _MANY or not hasattr(os, "fork"):
        return _look(locations)
    half = len(locations) // 2
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with suppress(BaseException), open(writer, "wb") as sent:
            sent.write(_look(locations[half:]))
        os._exit(0)
    os.close(writer)
    try:
        first = _look(locations[:half])
        with open(reader, "rb", closefd=False) as sent:
            second = sent.read()
    finally:
        os.close(reader)
        os.waitpid(child, 0)
    if len(second) != (len(locations) - half) * _STATUS.size:
        second = _look(locations[half:])  # to see what is wrong there
    return first + second


def _look(locations: Sequence[bytes]) -> bytes:
    found = array("Q")
    location = b""
    try:
        for location in locations:
            found.extend(_numbers(os.stat(location)))
    except OSError as error:
        raise unreadable(location, error) from error
    return found.tobytes()


def _load(file: str) -> _Memory | None:
    """Reads an index; None where there is none that can be trusted."""
    try:
        with open(file, "rb") as opened:
            data = opened.read()
        magic, words, paths, count = _HEADER.unpack_from(data)
        end = _HEADER.size + words + paths + count * (_STATUS.size + _CONTENT.size)
        checksum = zlib.crc32(memoryview(data)[:end])
        if magic != _MAGIC or data[end:] != _CHECKSUM.pack(checksum):
            return None
    except (OSError, struct.error):
        return None
    at = _HEADER.size
    parts = []
    for size in (words, paths, count * _STATUS.size, count * _CONTENT.size):
        parts.append(data[at : at + size])
        at += size
    return _Memory(Answer(*json.loads(parts[0])), *parts[1:])


def _replace(file: str, *parts: bytes | bytearray) -> None:
    """Writes a file in one step."""
    descriptor, draft = tempfile.mkstemp(prefix=".draft-", dir=os.path.dirname(file))
    try:
        with open(descriptor, "wb") as opened:
            opened.writelines(parts)
        os.replace(draft, file)
    except OSError:
        os.unlink(draft)
        raise
