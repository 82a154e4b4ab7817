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
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from hashzip import inputs, processes, stats
from hashzip.inputs import Content

FOLDER = ".hashzip"

# The file: header, answer (JSON), paths (a zero byte between two), and a status and a content for
# each path; then a checksum of all that.
_MAGIC = b"hashzip index 2\n"
_HEADER = struct.Struct("=16s3Q")  # magic; sizes of answer and paths in bytes, count of files
_STATUS = stats.RECORD
_CONTENT = struct.Struct("=??32s")
_CHECKSUM = struct.Struct("=L")

_RECORD = struct.Struct(f"={_STATUS.size}s{_CONTENT.size}s")
_MANY = 1_000  # files; from here on it pays to share them among processes
_AT_A_TIME = 10_000  # files; what processes answer takes memory


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


class Group:
    """Files that belong together: looked at once and read once, however many functions have them.

    Args:
        locations: At least one.
    """

    def __init__(self, locations: Sequence[bytes]) -> None:
        self.locations = locations
        self.paths = b"\0".join(locations)
        # What was found out about them, once they were asked for.
        self.is_known = False
        self.known_statuses = bytearray(_STATUS.size * len(locations))
        self.known_contents = bytearray(_CONTENT.size * len(locations))

    @cached_property
    def statuses(self) -> bytes:
        """What the file system says of them now."""
        return stats.look(self.locations)


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
        groups: All files. They are looked at now, and read when one is asked for.

    Raises:
        HashzipError: A file is gone.
    """

    def __init__(self, file: str, groups: Sequence[Group]) -> None:
        self._file = file
        self._groups = groups
        self._old = _load(file)
        self._paths = b"\0".join(group.paths for group in groups)
        self._now = b"".join(group.statuses for group in groups) if self._old else b""

    def answer(self, key: str) -> Answer | None:
        """Recalls the answer, if it was for this key, these very files, and none has changed."""
        old = self._old
        if old and old.answer.key == key and (old.paths, old.statuses) == (self._paths, self._now):
            return old.answer
        return None

    def content(self, location: bytes) -> Content:
        """Answers what a file holds: from memory, or by reading it.

        Raises:
            HashzipError: One of the files cannot be read.
        """
        at = self._positions[location]
        number = bisect_right(self._starts, at) - 1
        group = self._groups[number]
        if not group.is_known:
            self._read(group)
        at -= self._starts[number]
        size, *_ = _STATUS.unpack_from(group.known_statuses, at * _STATUS.size)
        return Content(size, *_CONTENT.unpack_from(group.known_contents, at * _CONTENT.size))

    def keep(self, answer: Answer) -> None:
        """Keeps what all files hold, and the answer that came of it.

        Where that is not possible, nothing is kept, and nobody is told: it is only a cache.
        """
        if not self._clock:
            return
        for group in self._groups:
            if not group.is_known:  # all its files are in another group too
                self._read(group)
        words = json.dumps(answer).encode()
        count = sum(len(group.locations) for group in self._groups)
        header = _HEADER.pack(_MAGIC, len(words), len(self._paths), count)
        parts: list[bytes | bytearray] = [
            header,
            words,
            self._paths,
            *(group.known_statuses for group in self._groups),
            *(group.known_contents for group in self._groups),
        ]
        checksum = 0
        for part in parts:
            checksum = zlib.crc32(part, checksum)
        with suppress(OSError):
            _replace(self._file, *parts, _CHECKSUM.pack(checksum))

    def _read(self, group: Group) -> None:
        """Finds out what the files of a group hold: from memory, or by reading them."""
        _ = self._clock  # before anything is read
        statuses = group.statuses if self._old else b""
        unknown = array("Q")  # a list of 100,000 numbers is four times as large
        for at, location in enumerate(group.locations):
            status = statuses[_place(_STATUS, at)]
            packed = self._recall(location, status)
            if packed is None:
                unknown.append(at)
            else:
                group.known_statuses[_place(_STATUS, at)] = status
                group.known_contents[_place(_CONTENT, at)] = packed
        for start in range(0, len(unknown), _AT_A_TIME):
            some = unknown[start : start + _AT_A_TIME]
            for share, part in self._shared([group.locations[at] for at in some]):
                for at, (status, packed) in zip(
                    some[share], _RECORD.iter_unpack(part), strict=True
                ):
                    group.known_statuses[_place(_STATUS, at)] = status
                    group.known_contents[_place(_CONTENT, at)] = packed
        group.is_known = True

    def _shared(self, locations: Sequence[bytes]) -> Iterable[tuple[slice, bytes]]:
        """Reads files, very many in several processes."""
        if len(locations) < _MANY:
            return [(slice(None), self._contents(locations))]
        return processes.shares(self._contents, locations)

    def _contents(self, locations: Sequence[bytes]) -> bytes:
        """Reads files: a record of status and content each."""
        begun = self._clock
        found = bytearray()
        for location in locations:
            content, read = inputs.content(location)
            trusted = begun and stats.is_older(read, begun)
            found += stats.pack(read) if trusted else _STATUS.pack(content.size, 0, 0, 0, 0)
            found += _CONTENT.pack(*content[1:])
        return bytes(found)

    def _recall(self, location: bytes, status: bytes) -> bytes | None:
        at = self._old_positions.get(location)
        if at is None or not self._old or self._old.statuses[_place(_STATUS, at)] != status:
            return None
        return self._old.contents[_place(_CONTENT, at)]

    @cached_property
    def _starts(self) -> list[int]:
        """The position of each group's first file."""
        return [0, *accumulate(len(group.locations) for group in self._groups)][:-1]

    @cached_property
    def _positions(self) -> dict[bytes, int]:
        locations = (location for group in self._groups for location in group.locations)
        return {location: at for at, location in enumerate(locations)}

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
        except OSError:
            return None
        return stats.clock(folder)


def _place(record: struct.Struct, at: int) -> slice:
    return slice(at * record.size, (at + 1) * record.size)


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
