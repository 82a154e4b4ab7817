"""Pack entries into a zip whose bytes depend on nothing else. Build time.

Files are compressed with libdeflate, whose output is the same on every system and processor. That
of zlib is not: some Pythons come with zlib-ng or another replacement. Files that an earlier zip
contains already are copied from it, compressed as they are.
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
from hashzip.inputs.files import LINK, FileEntry, SourceFile
from hashzip.project import files

if TYPE_CHECKING:
    from pathlib import Path

LIBRARY = f"libdeflate by deflate {deflate.__version__}"

_LEVEL = 7  # smaller than zlib's best in a fraction of the time; higher levels gain little
# Large files are machine code and data, which gain least from the last level: for numpy, pandas and
# botocore, level 6 saves an eighth of the whole time, and adds 0.2 % to the size.
_LARGE = 1 << 20  # bytes
_LEVEL_OF_LARGE = 6

# Small files share a task, since a task costs more than compressing such a file.
_TASK_SIZE = 1 << 20  # bytes
_TASK_FILES = 64
# How much may wait in memory to be written. With less, threads would wait for one that compresses a
# large file, if that file is the next to be written.
_AHEAD = 32 << 20  # bytes of sources

_Level = Callable[[int], int]
_Piece = range | tuple[FileEntry, Packed]  # some members of an earlier zip, or a new member


class Entry(NamedTuple):
    """A file or link to pack.

    Attributes:
        file: Its location, and its path in the zip. The location of a link is not used.
        size: Its size in bytes, as far as it is known. It only balances the work.
        expected: What the file must be; None if it may be anything.
        link: The path that the link leads to, from the folder that it is in; None for a file.
    """

    file: SourceFile
    size: int
    expected: FileEntry | None = None
    link: str | None = None


class ChangedError(HashzipError):
    """A file is not what it was when the plan was made.

    Attributes:
        location: The file's location.
    """

    def __init__(self, location: bytes) -> None:
        super().__init__(
            f"{escape(location)} changed while the package was built",
            "wait until nothing writes to the sources, and build again",
        )
        self.location = location


def level_for(size: int) -> int:
    """Return libdeflate's level, 1 to 12, for a file of a size in bytes."""
    return _LEVEL if size < _LARGE else _LEVEL_OF_LARGE


def fastest(_size: int) -> int:
    """Return the fastest level, for zips that are not kept."""
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
    """Write a zip.

    Args:
        entries: The files, in the order in which they go into the zip.
        out: The path of the zip. After an error, the caller removes it.
        jobs: The number of threads that compress. The bytes do not depend on it.
        level: The level of compression by the size of a file in bytes. The bytes depend on it: any
            but the default is for zips that are not kept.
        earlier: An earlier zip, to copy compressed files from. The bytes do not depend on it.
        progress: Called with the size of each file, in bytes, when it is written.

    Returns:
        The artifact; its `file` is the name of `out`.

    Raises:
        ChangedError: A file is not what its entry says.
        HashzipError: A file cannot be read, or the zip is over 4 GiB.
        OSError: The zip cannot be written.
    """
    known = Known(earlier, LIBRARY)
    with ThreadPoolExecutor(jobs) as pool:
        pieces = _compressed(_runs(entries, known.records), known, pool, level)
        artifact = _write(pieces, known, out, progress)
    if earlier and known.records and not earlier.is_intact():
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
    """Find runs of entries that are consecutive among the records too. Both are in the zip's order.

    Yields:
        The positions of a run's records, or an entry that has no record.
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
    """Compress in threads, and yield the pieces in order; a bounded number of bytes waits."""
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
    """Return a member. If its content is known, its file is not read."""
    file, _, expected, link = entry
    if link is not None:
        content = link.encode()
        record = expected or link_record(file.path, link)
        # Never compressed, as in the zips of other tools: not every tool that unpacks expects it.
        return record, Packed(deflate.crc32(content), STORED, content)
    packed = known.packed(expected.sha256) if expected else None
    if expected and packed:
        return expected, packed
    try:
        with open(files.open_regular(file.location), "rb", buffering=0) as opened:
            # One that has grown since may not even fit into memory.
            if expected and os.fstat(opened.fileno()).st_size != expected.size:
                raise ChangedError(file.location)
            content = opened.read()
    except OSError as error:
        raise read_error(file.location, error) from error
    mode = read.mode_of(read.runs(content), file.executable)
    record = FileEntry(file.path, mode, len(content), hashlib.sha256(content).hexdigest())
    if expected not in (None, record):
        raise ChangedError(file.location)
    return record, known.packed(record.sha256) or _pack(content, level(len(content)))


def link_record(path: str, link: str) -> FileEntry:
    """Return a link as manifests have it.

    Args:
        path: Its path in the zip.
        link: The path that it leads to, from the folder that it is in.
    """
    content = link.encode()
    return FileEntry(path, LINK, len(content), hashlib.sha256(content).hexdigest())


def _pack(content: bytes, level: int) -> Packed:
    """Compress a content, unless that does not make it smaller."""
    crc = deflate.crc32(content)
    packed = deflate.deflate_compress(content, level)
    if len(packed) < len(content):
        return Packed(crc, DEFLATED, packed)
    return Packed(crc, STORED, content)
