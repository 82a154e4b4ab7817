"""The zip container: headers and directory, written, and read back from what was written.

The format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (sections in brackets).
The policy, each with its reason:

- members in the order in which they are given, which is sorted; files and links only, since
  unpacking makes their folders, and Lambda needs no empty ones;
- a link as zips of Unix have it: its type in the mode, where it leads as its content, stored;
- one fixed time, the earliest that the format has: a file's own time changes with each checkout;
- made by Unix, so that the mode counts, even if the zip was made on Windows;
- no extra fields, comments or data descriptors: they hold times, owners, and whatever else a tool
  adds.
"""

import hashlib
import struct
from array import array
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple, Protocol, Self

from hashzip.errors import HashzipError
from hashzip.inputs.files import LINK, FileEntry

STORED, DEFLATED = 0, 8  # [4.4.5]

_BLOCK = 1 << 20  # bytes

_DATE_1980_01_01 = 1 << 5 | 1  # [4.4.6] MS-DOS: years since 1980, month, day
_TIME_MIDNIGHT = 0
_MADE_BY_UNIX = 3 << 8  # [4.4.2]
_VERSION = 20  # [4.4.3] deflate
_VERSION_ZIP64 = 45
_UTF8 = 0x800  # [4.4.4] set only if needed, as Python's zipfile does
_REGULAR_FILE = 0o100000
_LIMIT_16, _LIMIT_32 = 0xFFFF, 0xFFFFFFFF

_COMMON = struct.Struct("<5H3L2H")  # the fields that [4.3.7] and [4.3.12] have in common
_LOCAL_START = b"PK\x03\x04"
_CENTRAL_START = struct.pack("<4sH", b"PK\x01\x02", _MADE_BY_UNIX | _VERSION)
_CENTRAL_END = struct.Struct("<3H2L")
_CENTRAL = struct.Struct("<4s6H3L5H2L")  # [4.3.12]
_OFFSET = struct.Struct("<L")  # its last field
# Of it: what it has in common with the other header up to the size; the size; lengths of name,
# extra field and comment; offset.
_MEMBER = struct.Struct("<4s2x18sL3H8xL")
_LOCAL_COMMON = struct.Struct("<4s18sL2H")
_LOCAL = struct.Struct("<4s4xH4xLL4xH2x")  # [4.3.7]: method, CRC, size, length of name
_END = struct.Struct("<4s4H2LH")  # [4.3.16]
_END_ZIP64 = struct.Struct("<4sQ2H2L4Q")  # [4.3.14]
_LOCATOR_ZIP64 = struct.Struct("<4sLQL")  # [4.3.15]


class Stream(Protocol):
    """What a zip is written to."""

    def write(self, content: bytes | bytearray | memoryview, /) -> int:
        """Write some bytes."""


class Packed(NamedTuple):
    """A file's content as it is stored in a zip.

    Attributes:
        crc: CRC-32 of the content.
        method: `STORED` or `DEFLATED`.
        data: The content, by that method.
    """

    crc: int
    method: int
    data: bytes | bytearray | memoryview


class Directory:
    """The offsets of the members in a zip that `Writer` wrote.

    Attributes:
        data: The zip.
        members: The offset of each member, and the end of the last one.
        records: The offset of each member's record in the directory, and the end of the last one.
    """

    def __init__(self, data: memoryview, members: "array[int]", records: "array[int]") -> None:
        self.data = data
        self.members = members
        self.records = records

    def __len__(self) -> int:
        """Return the number of members."""
        return len(self.members) - 1

    def packed(self, at: int) -> Packed:
        """Return the content of a member."""
        _, method, crc, packed, length = _LOCAL.unpack_from(self.data, self.members[at])
        start = self.members[at] + _LOCAL.size + length
        return Packed(crc, method, self.data[start : start + packed])


class Writer:
    """Write members one after the other, and then the directory.

    A thread hashes all that is written; the `with` statement ends it.

    Attributes:
        offset: The number of bytes written so far.
        records: The members written so far.
    """

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.waiting: list[bytes | bytearray | memoryview] = []
        self.waiting_size = 0
        self.digest = hashlib.sha256()
        self.hasher = ThreadPoolExecutor(1)
        self.hashing: Future[None] | None = None
        self.offset = 0
        self.records: list[FileEntry] = []
        self.directory: list[bytes | bytearray] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.hasher.shutdown()

    def add(self, record: FileEntry, packed: Packed) -> None:
        """Write a member.

        Raises:
            HashzipError: The zip would be over 4 GiB.
            OSError: It cannot be written.
        """
        crc, method, data = packed
        name = record.path.encode()
        flags = 0 if name.isascii() else _UTF8
        if max(record.size, self.offset) >= _LIMIT_32:
            raise _too_large(record.path)
        common = _COMMON.pack(
            *(_VERSION, flags, method, _TIME_MIDNIGHT, _DATE_1980_01_01),
            *(crc, len(data), record.size, len(name), 0),
        )
        mode = record.mode if record.mode == LINK else _REGULAR_FILE | record.mode
        end = _CENTRAL_END.pack(0, 0, 0, mode << 16, self.offset)
        self.directory.append(_CENTRAL_START + common + end + name)
        self._write(_LOCAL_START + common + name, data)
        self.records.append(record)

    def copy(self, records: Sequence[FileEntry], source: Directory, run: range) -> None:
        """Copy consecutive members from another zip, as they are there.

        Args:
            records: The members.
            source: The other zip.
            run: The positions of the members in it; at least one.

        Raises:
            HashzipError: The zip would be over 4 GiB.
            OSError: It cannot be written.
        """
        start, stop = source.members[run.start], source.members[run.stop]
        moved = self.offset - start
        if source.members[run.stop - 1] + moved >= _LIMIT_32:
            raise _too_large(records[-1].path)
        first = source.records[run.start]
        directory = bytearray(source.data[first : source.records[run.stop]])
        for at in run if moved else ():
            field = source.records[at] - first + _CENTRAL.size - _OFFSET.size
            _OFFSET.pack_into(directory, field, source.members[at] + moved)
        self.directory.append(directory)
        for block in range(start, stop, _BLOCK):
            self._write(source.data[block : min(block + _BLOCK, stop)])
        self.records += records

    def finish(self) -> bytes:
        """Write the directory.

        Returns:
            The SHA-256 of the zip.

        Raises:
            HashzipError: The zip is over 4 GiB.
            OSError: It cannot be written.
        """
        start = self.offset
        if start >= _LIMIT_32:
            raise _too_large(self.records[-1].path)
        count = len(self.records)
        self._write(b"".join(self.directory))
        size = self.offset - start
        if count >= _LIMIT_16:
            end = self.offset
            version = (_MADE_BY_UNIX | _VERSION_ZIP64, _VERSION_ZIP64)
            rest = (_END_ZIP64.size - 12, *version, 0, 0, count, count, size, start)
            self._write(_END_ZIP64.pack(b"PK\x06\x06", *rest))
            self._write(_LOCATOR_ZIP64.pack(b"PK\x06\x07", 0, end, 1))
        short = min(count, _LIMIT_16)
        self._write(_END.pack(b"PK\x05\x06", 0, 0, short, short, size, start, 0))
        self._flush()
        self.hasher.shutdown()
        return self.digest.digest()

    def _write(self, *parts: bytes | bytearray | memoryview) -> None:
        """Write in large blocks, each of which is hashed in one call."""
        for part in parts:
            self.offset += len(part)
            if len(part) >= _BLOCK:
                self._flush()
                self._put(part)  # joined to others, a large file would be in memory twice
                continue
            self.waiting.append(part)
            self.waiting_size += len(part)
        if self.waiting_size >= _BLOCK:
            self._flush()

    def _flush(self) -> None:
        self._put(b"".join(self.waiting))
        self.waiting.clear()
        self.waiting_size = 0

    def _put(self, block: bytes | bytearray | memoryview) -> None:
        if self.hashing:
            self.hashing.result()  # so that no blocks pile up
        self.hashing = self.hasher.submit(self.digest.update, block)
        self.stream.write(block)


def _too_large(path: str) -> HashzipError:
    return HashzipError(
        f"with {path}, the package is over 4 GiB",
        "Lambda's limit is 250 MB: leave files out with exclude",
    )


def directory(data: memoryview, entries: Sequence[FileEntry]) -> Directory:
    """Read the offsets of the members in a zip that `Writer` wrote.

    Args:
        data: The zip.
        entries: Its members. Each must have the name and the size of its entry, and in both of its
            headers the same CRC, method and sizes.

    Raises:
        struct.error: It was cut short.
        ValueError: Another program wrote it, or it has other members.
    """
    *_, count, size, start, _ = _END.unpack_from(data, len(data) - _END.size)
    if count == _LIMIT_16:
        at = len(data) - _END.size - _LOCATOR_ZIP64.size
        _, _, end, _ = _LOCATOR_ZIP64.unpack_from(data, at)
        *_, size, start = _END_ZIP64.unpack_from(data, end)
    members, records = array("Q"), array("Q")
    at, last = start, -1
    for entry in entries:
        magic, common, unpacked, length, extra, comment, offset = _MEMBER.unpack_from(data, at)
        name = entry.path.encode()
        end = at + _CENTRAL.size + length
        if magic != b"PK\x01\x02" or extra or comment or not last < offset < start:
            raise ValueError("not written by hashzip")
        if unpacked != entry.size or data[at + _CENTRAL.size : end] != name:
            raise ValueError("another member")
        first = _LOCAL_COMMON.unpack_from(data, offset)
        named = offset + _LOCAL.size
        if (
            first != (_LOCAL_START, common, unpacked, length, 0)
            or data[named : named + length] != name
        ):
            raise ValueError("two headers of a member differ")
        members.append(offset)
        records.append(at)
        at, last = end, offset
    if at != start + size:
        raise ValueError("more members, or fewer")
    members.append(start)
    records.append(at)
    return Directory(data, members, records)
