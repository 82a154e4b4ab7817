"""Remembers what files hold, so that an unchanged one need not be read. Standard library only.

A cache, in `.hashzip/`: safe to delete at any time, ignored where it is damaged, not made where
nothing can be written. What it must never do is miss an edit. So a file counts as unchanged only if
its size, its two times (of content, and of anything, which no program can set back), its inode and
its device are what they were; and only if it was older than the moment, by the file system's own
clock, at which reading began. A younger one could be edited once more within the same tick of that
clock, after it was read; git calls that racily clean:
https://git-scm.com/docs/racy-git
"""

import os
import struct
from array import array
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import chain, compress

from hashzip.inputs import read, stat_cache_file, stats
from hashzip.inputs.files import FileEntry, SourceFile
from hashzip.inputs.stat_cache_file import CONTENT, STATUS, Answer
from hashzip.project import layout
from hashzip.system import parallel

_SIZE = struct.Struct("=Q")  # the first field of a status
_IS_PRIVATE_KEY = 1  # byte of a content
_NO_CONTENT = bytes(CONTENT.size)
_RECORD = struct.Struct(f"={STATUS.size}s{CONTENT.size}s")
_MANY = 1_000  # files; from here on it pays to share them among processes
_AT_A_TIME = 10_000  # files; what processes answer takes memory

_Known = tuple[bytearray, bytearray]  # the statuses of files, and what they hold


class Group:
    """Files that belong together: looked at once and read once, however many functions have them.

    Args:
        locations: At least one.
    """

    def __init__(self, locations: Sequence[bytes]) -> None:
        self.locations = locations
        self.paths = b"\0".join([*locations, b""])
        # Once they were asked for; the statuses are from before they were read.
        self.known: _Known | None = None

    @cached_property
    def statuses(self) -> bytes:
        """What the file system says of them now."""
        return stats.look(self.locations)


class Index:
    """The files of one function, as they are now and as they were.

    Args:
        file: Where it is kept.
        groups: All files. They are looked at and read when it is asked for them.
    """

    def __init__(self, file: str, groups: Sequence[Group]) -> None:
        self._file = file
        self._groups = groups
        self._old = stat_cache_file.load(file)

    def answer(self, key: str) -> Answer | None:
        """Recalls the answer, if it was for this key, these very files, and none has changed.

        Raises:
            HashzipError: A file is gone.
        """
        old = self._old
        if old and old.answer.key == key:
            now = ((group.paths, group.statuses) for group in self._groups)
            return old.answer if old.is_of(now) else None
        return None

    def inputs(self, files: Iterable[SourceFile]) -> list[FileEntry]:
        """Answers what files hold: from memory, or by reading them.

        Raises:
            HashzipError: One of all files cannot be read.
        """
        statuses, contents = self._known
        positions = self._positions
        found = []
        for path, location, executable in files:
            at = positions[location]
            (size,) = _SIZE.unpack_from(statuses, at * STATUS.size)
            runs, _, sha256 = CONTENT.unpack_from(contents, at * CONTENT.size)
            mode = read.mode_of(runs, executable)
            found.append(FileEntry(path, mode, size, sha256.hex()))
        return found

    @cached_property
    def private_keys(self) -> frozenset[bytes]:
        """The files that hold a private key.

        Raises:
            HashzipError: One of the files cannot be read.
        """
        _, contents = self._known
        locations = chain.from_iterable(group.locations for group in self._groups)
        return frozenset(compress(locations, contents[_IS_PRIVATE_KEY :: CONTENT.size]))

    def keep(self, answer: Answer) -> None:
        """Keeps what all files hold, and the answer that came of it.

        Where that is not possible, nothing is kept, and nobody is told: it is only a cache.
        """
        if not self._clock:
            return
        paths = b"".join(group.paths for group in self._groups)
        with suppress(OSError):
            stat_cache_file.save(self._file, answer, paths, *self._known)

    @cached_property
    def _known(self) -> _Known:
        """Of all files."""
        known = [group.known or self._read(group) for group in self._groups]
        if len(known) == 1:
            return known[0]  # no copy, which would take memory
        return bytearray().join(one for one, _ in known), bytearray().join(one for _, one in known)

    def _read(self, group: Group) -> _Known:
        """Finds out what the files of a group hold: from memory, or by reading them."""
        _ = self._clock  # before anything is read
        statuses, contents, unknown = self._recall(group)
        for start in range(0, len(unknown), _AT_A_TIME):
            some = unknown[start : start + _AT_A_TIME]
            for share, part in self._shared([group.locations[at] for at in some]):
                for at, (status, packed) in zip(
                    some[share], _RECORD.iter_unpack(part), strict=True
                ):
                    statuses[at * STATUS.size : (at + 1) * STATUS.size] = status
                    contents[at * CONTENT.size : (at + 1) * CONTENT.size] = packed
        group.known = statuses, contents
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
            return bytearray(STATUS.size * count), bytearray(CONTENT.size * count), unknown
        old_statuses, old_contents = self._old.statuses, self._old.contents
        statuses, contents = bytearray(group.statuses), bytearray()
        for at, location in enumerate(group.locations):
            was = self._old_positions.get(location, -1)
            old = old_statuses[was * STATUS.size : (was + 1) * STATUS.size]
            if was >= 0 and statuses.startswith(old, at * STATUS.size):
                contents += old_contents[was * CONTENT.size : (was + 1) * CONTENT.size]
            else:
                unknown.append(at)
                contents += _NO_CONTENT
        return statuses, contents, unknown

    def _shared(self, locations: Sequence[bytes]) -> Iterable[tuple[slice, bytes]]:
        """Reads files, very many in several processes."""
        if len(locations) < _MANY:
            return [(slice(None), self._contents(locations))]
        return parallel.shares(self._contents, locations)

    def _contents(self, locations: Sequence[bytes]) -> bytes:
        """Reads files: a record of status and content each."""
        begun = self._clock
        found = bytearray()
        for location in locations:
            content, status = read.content(location)
            trusted = begun and stats.is_older(status, begun)
            found += stats.pack(status) if trusted else STATUS.pack(content.size, 0, 0, 0, 0)
            found += CONTENT.pack(*content[1:])
        return bytes(found)

    @cached_property
    def _positions(self) -> dict[bytes, int]:
        locations = chain.from_iterable(group.locations for group in self._groups)
        return {location: at for at, location in enumerate(locations)}

    @cached_property
    def _old_positions(self) -> dict[bytes, int]:
        return {path: at for at, path in enumerate(self._old.locations if self._old else ())}

    @cached_property
    def _clock(self) -> os.stat_result | None:
        """The status of a file made at this moment; None where nothing can be kept."""
        if os.name == "nt":
            return None  # it has no time that no program can set back
        folder = os.path.dirname(self._file)
        try:
            layout.make_cache_folder(folder)
        except OSError:
            return None
        return stats.clock(folder)
