"""Packs entries into a zip whose bytes depend on them alone.

Compressed by libdeflate, whose output is the same on each system and processor. zlib's is not:
Pythons ship zlib, zlib-ng and others. What an earlier zip has compressed already is copied from
there.
"""

import base64
import hashlib
import mmap
import struct
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import deflate

from hashzip import container
from hashzip.container import DEFLATED, STORED, Packed
from hashzip.errors import HashzipError, printable, unreadable
from hashzip.fingerprint import Input
from hashzip.inputs import Content, as_input, runs
from hashzip.manifest import Artifact
from hashzip.names import SourceFile

LIBRARY = f"libdeflate by deflate {deflate.__version__}"

_LEVEL = 7  # of 12: the knee, smaller than zlib's best at a fraction of its time
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
_Members = list[tuple[Input, Packed]]


class Entry(NamedTuple):
    """A file to pack.

    Attributes:
        file: Where it is, and where it goes.
        size: In bytes, as far as known: it only balances the work.
        expected: What it must be, or None where it may be anything.
    """

    file: SourceFile
    size: int
    expected: Input | None = None


class Zip(NamedTuple):
    """A file that is a zip, or should be one.

    Attributes:
        data: What it holds; nothing where it is missing.
        sha256: Of that, as 64 hex digits, as soon as a thread has it.
    """

    data: memoryview
    sha256: Future[str]


class Earlier(NamedTuple):
    """A zip that was written before.

    Attributes:
        zip: As it is now; it may be missing or damaged.
        artifact: What it is, if it is whole.
        library: What compressed it.
    """

    zip: Zip
    artifact: Artifact
    library: str


class ChangedError(HashzipError):
    """A file is not what it was when it was examined.

    Attributes:
        location: Of the file.
    """

    def __init__(self, location: bytes) -> None:
        super().__init__(
            f"{printable(location)} changed while the package was built",
            "wait until nothing writes to the sources, and build again",
        )
        self.location = location


def level_for(size: int) -> int:
    """Answers how hard libdeflate tries, of 12, for a file of a size in bytes."""
    return _LEVEL if size < _LARGE else _LEVEL_OF_LARGE


def fastest(_size: int) -> int:
    """Answers the level for what is not kept."""
    return 1


def write(
    entries: Sequence[Entry],
    out: Path,
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
    known = _known(earlier) if earlier else {}
    with ThreadPoolExecutor(jobs) as pool:
        artifact = _write(_compressed(entries, known, pool, level), out, progress)
    if earlier and known and earlier.zip.sha256.result() != earlier.artifact.sha256:
        return write(entries, out, jobs=jobs, level=level, progress=progress)
    return artifact


def read(path: str | Path) -> Zip:
    """Reads a zip that was written before, and has a thread hash it while other work goes on."""
    try:
        with open(path, "rb") as file:
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError):  # an empty file cannot be mapped
        data = memoryview(b"")
    hasher = ThreadPoolExecutor(1)
    digest = hasher.submit(lambda: hashlib.sha256(data).hexdigest())
    hasher.shutdown(wait=False)
    return Zip(data, digest)


def _write(
    members: Iterable[tuple[Input, Packed]], out: Path, progress: Callable[[int], None]
) -> Artifact:
    with out.open("wb") as stream, container.Writer(stream) as writer:
        for record, packed in members:
            writer.add(record, packed)
            progress(record.size)
        digest = writer.finish()
    return Artifact(
        file=out.name,
        size=writer.offset,
        unpacked_size=sum(record.size for record in writer.records),
        sha256=digest.hex(),
        code_sha256=base64.b64encode(digest).decode(),
        entries=writer.records,
    )


def _known(earlier: Earlier) -> Mapping[str, Packed]:
    """Answers what an earlier zip has, by the SHA-256 of the content.

    Its own digest vouches for all of it at once: that comes later, and what was taken counts for
    nothing if it is not what it should be. Nothing is taken from a zip of another library.
    """
    if earlier.library != LIBRARY:
        return {}
    try:
        members = container.members(earlier.zip.data)
        return {
            record.sha256: packed
            for record, packed in zip(earlier.artifact.entries, members, strict=True)
        }
    except (ValueError, struct.error):
        return {}


def _compressed(
    entries: Sequence[Entry], known: Mapping[str, Packed], pool: ThreadPoolExecutor, level: _Level
) -> Iterator[tuple[Input, Packed]]:
    """Compresses in threads, and answers the members in order, with a bounded number waiting."""
    waiting: deque[tuple[Future[_Members], int]] = deque()
    ahead = 0
    try:
        for task in _tasks(entries):
            size = sum(entry.size for entry in task)
            waiting.append((pool.submit(_compress_all, task, known, level), size))
            ahead += size
            while ahead > _AHEAD:
                future, size = waiting.popleft()
                yield from future.result()
                ahead -= size
        for future, _ in waiting:
            yield from future.result()
    finally:
        for future, _ in waiting:
            future.cancel()


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


def _compress_all(entries: list[Entry], known: Mapping[str, Packed], level: _Level) -> _Members:
    return [_copy(entry, known) or _compress(entry, known, level) for entry in entries]


def _copy(entry: Entry, known: Mapping[str, Packed]) -> tuple[Input, Packed] | None:
    """Answers a member without reading its file, where its content is known."""
    packed = known.get(entry.expected.sha256) if entry.expected else None
    return (entry.expected, packed) if entry.expected and packed else None


def _compress(entry: Entry, known: Mapping[str, Packed], level: _Level) -> tuple[Input, Packed]:
    file = entry.file
    try:
        with open(file.location, "rb", buffering=0) as opened:
            content = opened.read()
    except OSError as error:
        raise unreadable(file.location, error) from error
    digest = hashlib.sha256(content).digest()
    found = Content(len(content), runs(content), is_private_key=False, sha256=digest)
    record = as_input(file, found)
    if entry.expected not in (None, record):
        raise ChangedError(file.location)
    return record, known.get(record.sha256) or _pack(content, level(len(content)))


def _pack(content: bytes, level: int) -> Packed:
    """Compresses, but for what that does not make smaller."""
    crc = deflate.crc32(content)
    packed = deflate.deflate_compress(content, level)
    if len(packed) < len(content):
        return Packed(crc, DEFLATED, packed)
    return Packed(crc, STORED, content)
