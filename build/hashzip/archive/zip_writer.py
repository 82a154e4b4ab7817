"""Packs entries into a zip whose bytes depend on them alone.

Compressed by libdeflate, whose output is the same on each system and processor. zlib's is not:
Pythons ship zlib, zlib-ng and others. What an earlier zip has compressed already is copied from
there.
"""

import base64
import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import deflate

from hashzip.archive import zip_format
from hashzip.archive.zip_format import DEFLATED, STORED, Packed
from hashzip.archive.zip_reuse import Earlier, Known
from hashzip.artifacts.manifest import Artifact
from hashzip.errors import HashzipError, escape, read_error
from hashzip.inputs import read
from hashzip.inputs.files import FileEntry, SourceFile

if TYPE_CHECKING:
    from pathlib import Path

LIBRARY = f"libdeflate by deflate {deflate.__version__}"

_LEVEL = 7  # the knee: smaller than zlib's best at a fraction of its time
# In large files, which are machine code and data, the last level gains least: of numpy, pandas and
# botocore, level 6 for these takes an eighth off the time of all, and adds 0.2 % to the size.
_LARGE = 1 << 20  # bytes
_LEVEL_OF_LARGE = 6

# Small files are compressed several to a task, since a task costs more than such a file.
_TASK_SIZE = 1 << 20  # bytes
_TASK_FILES = 64
# Bounds what waits in memory to be written. Less, and while one thread is at a large file, which is
# next to be written, the others may not go on.
_AHEAD = 32 << 20  # bytes of sources

_Level = Callable[[int], int]
_Piece = range | tuple[FileEntry, Packed]  # members of an earlier zip, or one that is new


class Entry(NamedTuple):
    """A file to pack.

    Attributes:
        file: Where it is, and where it goes.
        size: In bytes, as far as known: it only balances the work.
        expected: What it must be, or None where it may be anything.
    """

    file: SourceFile
    size: int
    expected: FileEntry | None = None


class ChangedError(HashzipError):
    """A file is not what it was when it was examined.

    Attributes:
        location: Of the file.
    """

    def __init__(self, location: bytes) -> None:
        super().__init__(
            f"{escape(location)} changed while the package was built",
            "wait until nothing writes to the sources, and build again",
        )
        self.location = location


def level_for(size: int) -> int:
    """Answers the level of libdeflate, of 1 to 12, for a file of a size in bytes."""
    return _LEVEL if size < _LARGE else _LEVEL_OF_LARGE


def fastest(_size: int) -> int:
    """Answers the level for what is not kept."""
    return 1


def write(
    entries: Sequence[Entry],
    out: "str | Path",
    *,
    jobs: int,
    level: _Level = level_for,
    earlier: Earlier | None = None,
    progress: Callable[[int], None] = lambda _size: None,
) -> Artifact:
    """Writes a zip.

    Args:
        entries: In the order that they shall have.
        out: The file to write. Whoever calls removes it after an error.
        jobs: How many threads compress. The bytes do not depend on it.
        level: How hard they try, by the size of a file in bytes. The bytes do depend on it: any
            other is for what is not kept.
        earlier: A zip to copy from what it has. The bytes do not depend on it either.
        progress: Called with the size of each file, in bytes, when it is written.

    Returns:
        What was written; `file` is the name of `out`.

    Raises:
        ChangedError: A file is not what its entry says.
        HashzipError: A file cannot be read, or is over 4 GiB.
        OSError: `out` cannot be written.
    """
    known = Known(earlier, LIBRARY)
    with ThreadPoolExecutor(jobs) as pool:
        pieces = _compressed(_runs(entries, known.records), known, pool, level)
        artifact = _write(pieces, known, out, progress)
    if earlier and known.records and not earlier.is_whole():
        return write(entries, out, jobs=jobs, level=level, progress=progress)
    return artifact


def _write(
    pieces: Iterable[_Piece], known: Known, out: "str | Path", progress: Callable[[int], None]
) -> Artifact:
    with open(out, "wb") as stream, zip_format.Writer(stream) as writer:
        for piece in pieces:
            if isinstance(piece, range):
                records = known.records[piece.start : piece.stop]
                writer.copy(records, known.directory, piece)
                progress(sum(record.size for record in records))
            else:
                writer.add(*piece)
                progress(piece[0].size)
        digest = writer.finish()
    return Artifact(
        file=os.path.basename(out),
        size=writer.offset,
        unpacked_size=sum(record.size for record in writer.records),
        sha256=digest.hex(),
        code_sha256=base64.b64encode(digest).decode(),
        entries=writer.records,
    )


def _runs(entries: Iterable[Entry], records: Sequence[FileEntry]) -> Iterator[Entry | range]:
    """Finds runs of entries that are side by side among records too, both in the zip's order.

    Yields:
        Which records a run has, or an entry that is none of them.
    """
    run = range(0)
    for entry in entries:
        expected, at = entry.expected, run.stop
        if expected:
            while at < len(records) and records[at].path < expected.path:
                at += 1
            if at < len(records) and records[at] == expected:
                if run and at > run.stop:
                    yield run
                run = range(run.start if at == run.stop else at, at + 1)
                continue
        if run:
            yield run
        run = range(at, at)
        yield entry
    if run:
        yield run


def _compressed(
    pieces: Iterable[Entry | range], known: Known, pool: ThreadPoolExecutor, level: _Level
) -> Iterator[_Piece]:
    """Compresses in threads, and answers in order, with a bounded number waiting."""
    waiting: deque[tuple[Future[list[_Piece]], int]] = deque()
    ahead = 0
    try:
        for task, size in _tasks(pieces):
            waiting.append((pool.submit(_compress_all, task, known, level), size))
            ahead += size
            while ahead > _AHEAD:
                future, taken = waiting.popleft()
                yield from future.result()
                ahead -= taken
        for future, _ in waiting:
            yield from future.result()
    finally:
        for future, _ in waiting:
            future.cancel()


def _tasks(pieces: Iterable[Entry | range]) -> Iterator[tuple[list[Entry | range], int]]:
    task: list[Entry | range] = []
    size = 0
    for piece in pieces:
        task.append(piece)
        size += 0 if isinstance(piece, range) else piece.size
        if size >= _TASK_SIZE or len(task) >= _TASK_FILES:
            yield task, size
            task, size = [], 0
    if task:
        yield task, size


def _compress_all(pieces: list[Entry | range], known: Known, level: _Level) -> list[_Piece]:
    return [piece if isinstance(piece, range) else _member(piece, known, level) for piece in pieces]


def _member(entry: Entry, known: Known, level: _Level) -> tuple[FileEntry, Packed]:
    """Answers a member; where its content is known, without reading its file."""
    file, _, expected = entry
    packed = known.packed(expected.sha256) if expected else None
    if expected and packed:
        return expected, packed
    try:
        with open(file.location, "rb", buffering=0) as opened:
            content = opened.read()
    except OSError as error:
        raise read_error(file.location, error) from error
    mode = read.mode_of(read.runs(content), file.executable)
    record = FileEntry(file.path, mode, len(content), hashlib.sha256(content).hexdigest())
    if expected not in (None, record):
        raise ChangedError(file.location)
    return record, known.packed(record.sha256) or _pack(content, level(len(content)))


def _pack(content: bytes, level: int) -> Packed:
    """Compresses, but for what that does not make smaller."""
    crc = deflate.crc32(content)
    packed = deflate.deflate_compress(content, level)
    if len(packed) < len(content):
        return Packed(crc, DEFLATED, packed)
    return Packed(crc, STORED, content)
