"""Writes entries as a zip whose bytes depend on them alone.

The format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (sections in brackets).
The policy, each with its reason:

- entries in the order that they are given, which is sorted; files only, since unpacking makes
  folders, and Lambda needs no others;
- one fixed time, the earliest that the format has: a file's own time changes with each checkout;
- made by Unix, so that the mode counts, on Windows too;
- no extra fields, comments or data descriptors, which hold times, owners and what tools like;
- compressed by libdeflate, whose output is the same on each system and processor. zlib's is not:
  Pythons ship zlib, zlib-ng and others. Level 7 is the knee: smaller than zlib's best, at a
  fraction of its time.
"""

import base64
import hashlib
import os
import struct
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, NamedTuple

import deflate

from hashzip.errors import HashzipError, printable
from hashzip.fingerprint import Input
from hashzip.inputs import Content, as_input, runs
from hashzip.manifest import Artifact
from hashzip.names import SourceFile
from hashzip.sources import unreadable

LEVEL = 7
LIBRARY = f"libdeflate by deflate {deflate.__version__}"

_DATE_1980_01_01 = 1 << 5 | 1  # [4.4.6] MS-DOS: years since 1980, month, day
_TIME_MIDNIGHT = 0
_MADE_BY_UNIX = 3 << 8  # [4.4.2]
_VERSION = 20  # [4.4.3] deflate
_VERSION_ZIP64 = 45
_STORED, _DEFLATED = 0, 8  # [4.4.5]
_UTF8 = 0x800  # [4.4.4] set where needed only, as Python's zipfile does
_REGULAR_FILE = 0o100000
_LIMIT_16, _LIMIT_32 = 0xFFFF, 0xFFFFFFFF

_LOCAL = struct.Struct("<4s5H3L2H")  # [4.3.7]
_CENTRAL = struct.Struct("<4s6H3L5H2L")  # [4.3.12]
_END = struct.Struct("<4s4H2LH")  # [4.3.16]
_END_ZIP64 = struct.Struct("<4sQ2H2L4Q")  # [4.3.14]
_LOCATOR_ZIP64 = struct.Struct("<4sLQL")  # [4.3.15]

# Small files are compressed several to a task, since a task costs more than such a file.
_TASK_SIZE = 1 << 20  # bytes
_TASK_FILES = 64
_TASKS_AHEAD = 3  # a thread; bounds what waits in memory to be written


class Entry(NamedTuple):
    """A file to pack.

    Attributes:
        file: Where it is, and where it goes.
        size: In bytes, as far as known: it only balances the work.
        sha256: What its content must be, as 64 hex digits, or "" where any will do.
    """

    file: SourceFile
    size: int
    sha256: str


class _Member(NamedTuple):
    record: Input
    crc: int
    method: int
    data: bytes | bytearray


def write(
    entries: Sequence[Entry],
    out: Path,
    *,
    jobs: int,
    progress: Callable[[int], None] = lambda _size: None,
) -> Artifact:
    """Writes a zip.

    Args:
        entries: In the order that they shall have.
        out: The file to write. Whoever calls removes it after an error.
        jobs: How many threads compress. The bytes do not depend on it.
        progress: Called with the size of each file, in bytes, when it is written.

    Returns:
        What was written; `file` is the name of `out`.

    Raises:
        HashzipError: A file cannot be read, is not what its entry says, or is over 4 GiB.
        OSError: `out` cannot be written.
    """
    with out.open("wb") as stream:
        writer = _Writer(stream)
        for member in _compressed(entries, jobs):
            writer.add(member)
            progress(member.record.size)
        writer.finish()
        stream.flush()
        os.fsync(stream.fileno())
    digest = writer.digest
    return Artifact(
        file=out.name,
        size=writer.offset,
        unpacked_size=sum(record.size for record in writer.records),
        sha256=digest.hexdigest(),
        code_sha256=base64.b64encode(digest.digest()).decode(),
        entries=writer.records,
    )


class _Writer:
    """Writes members one behind the other, and the directory behind them all."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.digest = hashlib.sha256()
        self.offset = 0
        self.records: list[Input] = []
        self.directory: list[bytes] = []

    def add(self, member: _Member) -> None:
        record, crc, method, data = member
        name = record.path.encode()
        flags = 0 if name.isascii() else _UTF8
        if max(record.size, self.offset) >= _LIMIT_32:
            raise _too_large(record.path)
        common = (
            *(_VERSION, flags, method, _TIME_MIDNIGHT, _DATE_1980_01_01),
            *(crc, len(data), record.size, len(name), 0),
        )
        attributes = (_REGULAR_FILE | record.mode) << 16
        self.directory.append(
            _CENTRAL.pack(
                b"PK\x01\x02", _MADE_BY_UNIX | _VERSION, *common, 0, 0, 0, attributes, self.offset
            )
            + name
        )
        self._write(_LOCAL.pack(b"PK\x03\x04", *common) + name)
        self._write(data)
        self.records.append(record)

    def finish(self) -> None:
        start = self.offset
        if start >= _LIMIT_32:
            raise _too_large(self.records[-1].path)
        count = len(self.directory)
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

    def _write(self, data: bytes | bytearray) -> None:
        self.stream.write(data)
        self.digest.update(data)
        self.offset += len(data)


def _too_large(path: str) -> HashzipError:
    return HashzipError(
        f"{path} takes the package over 4 GiB", "Lambda takes 250 MB: leave files out"
    )


def _compressed(entries: Sequence[Entry], jobs: int) -> Iterator[_Member]:
    """Compresses in threads, and answers the members in order, with a bounded number waiting."""
    waiting: deque[Future[list[_Member]]] = deque()
    with ThreadPoolExecutor(jobs) as pool:
        try:
            for task in _tasks(entries):
                waiting.append(pool.submit(_compress_all, task))
                if len(waiting) > jobs * _TASKS_AHEAD:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def _tasks(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    task: list[Entry] = []
    size = 0
    for entry in entries:
        task.append(entry)
        size += entry.size
        if size >= _TASK_SIZE or len(task) >= _TASK_FILES:
            yield task
            task, size = [], 0
    if task:
        yield task


def _compress_all(entries: list[Entry]) -> list[_Member]:
    return [_compress(entry) for entry in entries]


def _compress(entry: Entry) -> _Member:
    file = entry.file
    try:
        content = Path(os.fsdecode(file.location)).read_bytes()
    except OSError as error:
        raise unreadable(file.location, error) from error
    found = Content(len(content), runs(content), hashlib.sha256(content).digest())
    record = as_input(file, found)
    if entry.sha256 not in ("", record.sha256):
        raise HashzipError(
            f"{printable(file.location)} changed while the package was built",
            "wait until nothing writes to the sources, and build again",
        )
    packed = deflate.deflate_compress(content, LEVEL)
    crc = deflate.crc32(content)
    if len(packed) < len(content):
        return _Member(record, crc, _DEFLATED, packed)
    return _Member(record, crc, _STORED, content)
