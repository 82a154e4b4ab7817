"""Remember what files hold, so that an unchanged file is not read again.

A cache, in `.hashzip/`: it can be deleted at any time, is ignored if it is damaged or came with the
project, and does not exist where nothing can be written. But it must never miss an edit. So a file
counts as unchanged only if its size, its two times (of the content, and of anything, which no
program can set back), its inode and its device are the same; and only if it was older than the
moment, on the file system's own clock, at which reading began. A younger file could be edited again
within the same tick of that clock, after it was read; git calls that racily clean:
https://git-scm.com/docs/racy-git
"""

import os
import struct
import sys
from array import array
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import chain, compress

from hashzip.errors import read_error
from hashzip.inputs import stat_cache_file
from hashzip.inputs.files import FileEntry, SourceFile
from hashzip.inputs.stat_cache_file import CONTENT, STATUS, CachedPlan
from hashzip.project import layout
from hashzip.project.user_key import Key

_SIZE = struct.Struct("=Q")  # the first field of a status
_IS_PRIVATE_KEY = 1  # the byte of a content
_NO_CONTENT = bytes(CONTENT.size)
_LAST_64_BITS = (1 << 64) - 1
_RECORD = struct.Struct(f"={STATUS.size}s{CONTENT.size}s")
_AT_A_TIME = 10_000  # files; the records that processes send take memory

# From these numbers of files on, several processes do the work, a block of files at a time. Looking
# at a file costs less than reading it.
_MANY_TO_LOOK_AT, _BLOCK_TO_LOOK_AT = 20_000, 1_000
_MANY_TO_READ, _BLOCK_TO_READ = 1_000, 10

_Records = tuple[bytearray, bytearray]  # the statuses of files, and their contents


class FileGroup:
    """Files that belong together: looked at once and read once for all functions that share them.

    Args:
        locations: Their paths, at least one.
        many: From this number of files on, several processes look at them.
    """

    def __init__(self, locations: Sequence[bytes], *, many: int = _MANY_TO_LOOK_AT) -> None:
        self.locations = locations
        self.paths = b"\0".join([*locations, b""])
        # Set when somebody needs the contents. The statuses are from before the files were read.
        self.records: _Records | None = None
        self._many = many

    @cached_property
    def statuses(self) -> bytes:
        """A `STATUS` for each file, as it is now.

        Raises:
            HashzipError: A file is gone.
        """
        if len(self.locations) < self._many:
            return _look(self.locations)
        from hashzip.system import parallel

        return parallel.records(_look, self.locations, size=STATUS.size, block=_BLOCK_TO_LOOK_AT)


class StatCache:
    """The files of one function, as they are now and as they were.

    Args:
        file: Where the cache is kept.
        groups: All files. They are looked at and read when that is needed.
        key: The key of this user. A cache that was not written with it does not count.
        many: From this number of files on, several processes read them.
    """

    def __init__(
        self, file: str, groups: Sequence[FileGroup], key: Key, *, many: int = _MANY_TO_READ
    ) -> None:
        self._file = file
        self._groups = groups
        self._key = key
        self._many = many
        self._old = stat_cache_file.load(file, key)

    def cached_plan(self, key: str) -> CachedPlan | None:
        """Return the saved plan, if it has this key and its files are these, all unchanged.

        Raises:
            HashzipError: A file is gone.
        """
        old = self._old
        if old and old.plan.key == key:
            now = ((group.paths, group.statuses) for group in self._groups)
            return old.plan if old.matches(now) else None
        return None

    def entries(self, files: Iterable[SourceFile]) -> list[FileEntry]:
        """Return what files hold: from the cache, or by reading them.

        Raises:
            HashzipError: A file of the cache cannot be read.
        """
        from hashzip.inputs import read

        statuses, contents = self._records
        positions = self._positions
        entries = []
        for path, location, executable in files:
            at = positions[location]
            (size,) = _SIZE.unpack_from(statuses, at * STATUS.size)
            runs, _, sha256 = CONTENT.unpack_from(contents, at * CONTENT.size)
            entries.append(FileEntry(path, read.mode_of(runs, executable), size, sha256.hex()))
        return entries

    @cached_property
    def total_size(self) -> int:
        """The size of all files in bytes, as the file system has it.

        Raises:
            HashzipError: A file is gone.
        """
        return sum(sum(_sizes(group.statuses)) for group in self._groups)

    def sizes(self, files: Iterable[SourceFile]) -> list[int]:
        """Return the sizes of files in bytes, as the file system has them: nothing is read.

        Raises:
            HashzipError: A file of the cache is gone.
        """
        sizes = _sizes(b"".join(group.statuses for group in self._groups))
        return [sizes[self._positions[file.location]] for file in files]

    @cached_property
    def private_keys(self) -> frozenset[bytes]:
        """The paths of the files that hold a private key.

        Raises:
            HashzipError: A file of the cache cannot be read.
        """
        _, contents = self._records
        locations = chain.from_iterable(group.locations for group in self._groups)
        return frozenset(compress(locations, contents[_IS_PRIVATE_KEY :: CONTENT.size]))

    def save(self, plan: CachedPlan) -> None:
        """Keep what all files hold, and the plan that was computed from them.

        Where that is not possible, nothing is kept: it is only a cache.
        """
        if not self._clock:
            return
        paths = b"".join(group.paths for group in self._groups)
        with suppress(OSError):
            stat_cache_file.save(self._file, plan, paths, *self._records, self._key)

    @cached_property
    def _records(self) -> _Records:
        """The records of all files."""
        records = [group.records or self._read(group) for group in self._groups]
        if len(records) == 1:
            return records[0]  # no copy, which would take memory
        return bytearray().join(each for each, _ in records), bytearray().join(
            each for _, each in records
        )

    def _read(self, group: FileGroup) -> _Records:
        """Return the records of a group: from the cache, or by reading its files."""
        _ = self._clock  # before anything is read
        statuses, contents, unknown = self._recall(group)
        for start in range(0, len(unknown), _AT_A_TIME):
            positions = unknown[start : start + _AT_A_TIME]
            records = self._read_files([group.locations[at] for at in positions])
            for at, (status, content) in zip(positions, _RECORD.iter_unpack(records), strict=True):
                statuses[at * STATUS.size : (at + 1) * STATUS.size] = status
                contents[at * CONTENT.size : (at + 1) * CONTENT.size] = content
        group.records = statuses, contents
        return group.records

    def _read_files(self, locations: Sequence[bytes]) -> bytes:
        """Read files: a `STATUS` and a `CONTENT` for each."""
        from hashzip.inputs import read  # before other processes start, which need it too

        clock = self._clock

        def records(locations: Sequence[bytes]) -> bytes:
            packed = bytearray()
            for location in locations:
                content, status = read.content(location)
                trusted = clock and _is_older(status, clock)
                packed += _pack(status) if trusted else STATUS.pack(content.size, 0, 0, 0, 0)
                packed += CONTENT.pack(*content[1:])
            return bytes(packed)

        if len(locations) < self._many:
            return records(locations)
        from hashzip.system import parallel

        return parallel.records(records, locations, size=_RECORD.size, block=_BLOCK_TO_READ)

    def _recall(self, group: FileGroup) -> tuple[bytearray, bytearray, "array[int]"]:
        """Look a group up in the cache.

        Returns:
            The statuses of its files, their contents, and the positions of those to read.
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

    @cached_property
    def _positions(self) -> dict[bytes, int]:
        locations = chain.from_iterable(group.locations for group in self._groups)
        return {location: at for at, location in enumerate(locations)}

    @cached_property
    def _old_positions(self) -> dict[bytes, int]:
        return {path: at for at, path in enumerate(self._old.locations if self._old else ())}

    @cached_property
    def _clock(self) -> os.stat_result | None:
        """The status of a file that was made at this moment; None where nothing can be kept."""
        if os.name == "nt":
            return None  # Windows has no time that no program can set back
        folder = os.path.dirname(self._file)
        try:
            layout.make_cache_folder(folder)
            from hashzip.system import atomic

            descriptor, path = atomic.create(folder)
            try:
                return os.fstat(descriptor)
            finally:
                os.unlink(path)  # before another process may remove it
                os.close(descriptor)
        except OSError:
            return None


def _sizes(statuses: bytes) -> memoryview:
    """Return the first field of each `STATUS`."""
    return memoryview(statuses).cast("Q")[:: STATUS.size // _SIZE.size]


def _look(locations: Sequence[bytes]) -> bytes:
    """Look at files, through links: a `STATUS` for each."""
    statuses = bytearray()
    location = b""
    try:
        for location in locations:
            statuses += _pack(os.stat(location))
    except OSError as error:
        raise read_error(location, error) from error
    return bytes(statuses)


def _pack(status: os.stat_result) -> bytes:
    fields = status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev
    try:
        return STATUS.pack(*fields)
    except struct.error:
        # Some file systems have times before 1678 or after 2262, and macOS has negative devices.
        # The last 64 bits of each number tell one state of a file from another as well.
        return b"".join((field & _LAST_64_BITS).to_bytes(8, sys.byteorder) for field in fields)


def _is_older(status: os.stat_result, clock: os.stat_result) -> bool:
    """Return whether a file was last touched before a moment, on one and the same clock."""
    return (
        status.st_dev == clock.st_dev
        and status.st_mtime_ns < clock.st_mtime_ns
        and status.st_ctime_ns < clock.st_mtime_ns
    )
