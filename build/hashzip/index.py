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
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import accumulate, chain, compress
from typing import NamedTuple

from hashzip import inputs, processes, stats
from hashzip.inputs import Content

FOLDER = ".hashzip"

# The file: header, answer (JSON), paths (a zero byte behind each), and a status and a content for
# each path; then a checksum of all that.
_MAGIC = b"hashzip index 3\n"
_HEADER = struct.Struct("=16s3Q")  # magic; sizes of answer and paths in bytes, count of files
_STATUS = stats.RECORD
_SIZE = struct.Struct("=Q")  # the first field of a status
_CONTENT = struct.Struct("=??32s")  # the fields of a `Content` but for its size
_IS_PRIVATE_KEY = 1  # byte of that
_CHECKSUM = struct.Struct("=L")

_NO_CONTENT = bytes(_CONTENT.size)
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
        self.paths = b"\0".join([*locations, b""])
        # Of each, its status from before it was read, and what it holds; once they were asked for.
        self.known: tuple[bytes, bytes] | None = None

    @cached_property
    def statuses(self) -> bytes:
        """What the file system says of them now."""
        return stats.look(self.locations)


class _Memory(NamedTuple):
    """An index as it was kept.

    Attributes:
        answer: What came of the files.
        data: All of it; the others say where its parts start.
    """

    answer: Answer
    data: bytes
    paths: int
    statuses: int
    contents: int
    end: int

    def is_of(self, groups: Iterable[Group]) -> bool:
        """Tells whether it is of these very files, and none has changed."""
        path, status = self.paths, self.statuses
        for group in groups:
            if not self.data.startswith(group.paths, path):
                return False
            if not self.data.startswith(group.statuses, status):
                return False
            path += len(group.paths)
            status += len(group.statuses)
        return (path, status) == (self.statuses, self.contents)


class Index:
    """The files of one function, as they are now and as they were.

    Args:
        file: Where it is kept.
        groups: All files. They are looked at and read when it is asked for them.
    """

    def __init__(self, file: str, groups: Sequence[Group]) -> None:
        self._file = file
        self._groups = groups
        self._old = _load(file)

    def answer(self, key: str) -> Answer | None:
        """Recalls the answer, if it was for this key, these very files, and none has changed.

        Raises:
            HashzipError: A file is gone.
        """
        old = self._old
        return old.answer if old and old.answer.key == key and old.is_of(self._groups) else None

    def content(self, location: bytes) -> Content:
        """Answers what a file holds: from memory, or by reading it.

        Raises:
            HashzipError: One of the files cannot be read.
        """
        statuses, contents = self._known
        at = self._positions[location]
        (size,) = _SIZE.unpack_from(statuses, at * _STATUS.size)
        return Content(size, *_CONTENT.unpack_from(contents, at * _CONTENT.size))

    @cached_property
    def private_keys(self) -> frozenset[bytes]:
        """The files that hold a private key.

        Raises:
            HashzipError: One of the files cannot be read.
        """
        _, contents = self._known
        locations = chain.from_iterable(group.locations for group in self._groups)
        return frozenset(compress(locations, contents[_IS_PRIVATE_KEY :: _CONTENT.size]))

    def keep(self, answer: Answer) -> None:
        """Keeps what all files hold, and the answer that came of it.

        Where that is not possible, nothing is kept, and nobody is told: it is only a cache.
        """
        if not self._clock:
            return
        words = json.dumps(answer).encode()
        count = sum(len(group.locations) for group in self._groups)
        paths = b"".join(group.paths for group in self._groups)
        header = _HEADER.pack(_MAGIC, len(words), len(paths), count)
        parts = (header, words, paths, *self._known)
        checksum = 0
        for part in parts:
            checksum = zlib.crc32(part, checksum)
        with suppress(OSError):
            _replace(self._file, *parts, _CHECKSUM.pack(checksum))

    @cached_property
    def _known(self) -> tuple[bytes, bytes]:
        """The statuses of all files, and what they hold."""
        known = [group.known or self._read(group) for group in self._groups]
        return b"".join(statuses for statuses, _ in known), b"".join(packed for _, packed in known)

    def _read(self, group: Group) -> tuple[bytes, bytes]:
        """Finds out what the files of a group hold: from memory, or by reading them."""
        _ = self._clock  # before anything is read
        statuses, contents, unknown = self._recall(group)
        for start in range(0, len(unknown), _AT_A_TIME):
            some = unknown[start : start + _AT_A_TIME]
            for share, part in self._shared([group.locations[at] for at in some]):
                for at, (status, packed) in zip(
                    some[share], _RECORD.iter_unpack(part), strict=True
                ):
                    statuses[at * _STATUS.size : (at + 1) * _STATUS.size] = status
                    contents[at * _CONTENT.size : (at + 1) * _CONTENT.size] = packed
        group.known = bytes(statuses), bytes(contents)
        return group.known

    def _recall(self, group: Group) -> tuple[bytearray, bytearray, "array[int]"]:
        """Recalls what the files of a group hold.

        Returns:
            Their statuses, what they hold, and the positions of those that must be read.
        """
        unknown = array("Q")  # a list of 100,000 numbers is four times as large
        if not self._old:
            count = len(group.locations)
            unknown.extend(range(count))
            return bytearray(_STATUS.size * count), bytearray(_CONTENT.size * count), unknown
        old_statuses = self._old.data[self._old.statuses : self._old.contents]
        old_contents = self._old.data[self._old.contents : self._old.end]
        statuses, contents = bytearray(group.statuses), bytearray()
        for at, location in enumerate(group.locations):
            was = self._old_positions.get(location, -1)
            old = old_statuses[was * _STATUS.size : (was + 1) * _STATUS.size]
            if was >= 0 and statuses.startswith(old, at * _STATUS.size):
                contents += old_contents[was * _CONTENT.size : (was + 1) * _CONTENT.size]
            else:
                unknown.append(at)
                contents += _NO_CONTENT
        return statuses, contents, unknown

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

    @cached_property
    def _positions(self) -> dict[bytes, int]:
        locations = chain.from_iterable(group.locations for group in self._groups)
        return {location: at for at, location in enumerate(locations)}

    @cached_property
    def _old_positions(self) -> dict[bytes, int]:
        paths = self._old.data[self._old.paths : self._old.statuses] if self._old else b""
        return {path: at for at, path in enumerate(paths.split(b"\0")[:-1])}

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


def _load(file: str) -> _Memory | None:
    """Reads an index; None where there is none that can be trusted."""
    try:
        with open(file, "rb", buffering=0) as opened:
            data = opened.read()
        magic, words, paths, count = _HEADER.unpack_from(data)
        sizes = (words, paths, count * _STATUS.size, count * _CONTENT.size)
        starts = list(accumulate(sizes, initial=_HEADER.size))
        end = starts[-1]
        checksum = zlib.crc32(memoryview(data)[:end])
        if magic != _MAGIC or data[end:] != _CHECKSUM.pack(checksum):
            return None
    except (OSError, struct.error):
        return None
    answer = Answer(*json.loads(data[starts[0] : starts[1]]))
    return _Memory(answer, data, *starts[1:])


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
