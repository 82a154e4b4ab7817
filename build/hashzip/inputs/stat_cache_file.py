"""The file of a stat cache: written in one step, and trusted as a whole or not at all."""

import json
import os
import struct
from collections.abc import Iterable
from itertools import accumulate
from typing import NamedTuple

from hashzip.errors import HashzipError
from hashzip.project import files
from hashzip.project.user_key import CODE_SIZE, Key

# The file: header, plan (JSON), paths (a zero byte behind each), a status and a content for each
# path, and the code of all that and of the file's own path.
_MAGIC = b"hashzip index 4\n"
_PURPOSE = b"stat cache"
_LARGEST = 1 << 28  # bytes; for a million files
_HEADER = struct.Struct("=16s3Q")  # magic; sizes of plan and paths in bytes; number of files
# All that an edit changes: size, time of the content, time of anything, inode, device. A time from
# before 1970 is negative.
STATUS = struct.Struct("=Q2q2Q")
CONTENT = struct.Struct("=??32s")  # the fields of a `read.Content` but for its size


class CachedPlan(NamedTuple):
    """What was computed from some files, and is valid as long as they are unchanged.

    Attributes:
        key: Everything beside the files that it depends on.
        fingerprint: Of the package.
        summary: Of the inputs, for Terraform's plan.
    """

    key: str
    fingerprint: str
    summary: dict[str, str]


class CacheFile(NamedTuple):
    """The contents of a stat cache's file.

    Attributes:
        plan: What was computed from the files.
        data: All bytes; the other attributes are positions in them.
        paths_at: Where the paths start.
        statuses_at: Where the statuses start.
        contents_at: Where the contents start.
        end: Where the contents end.
    """

    plan: CachedPlan
    data: bytes
    paths_at: int
    statuses_at: int
    contents_at: int
    end: int

    def matches(self, groups: Iterable[tuple[bytes, bytes]]) -> bool:
        """Return whether these are the very files of the cache, and none has changed.

        Args:
            groups: Parts of paths (a zero byte behind each) and their statuses.
        """
        path, status = self.paths_at, self.statuses_at
        for paths, statuses in groups:
            # Compared in place: copying would take longer.
            if not (self.data.startswith(paths, path) and self.data.startswith(statuses, status)):
                return False
            path += len(paths)
            status += len(statuses)
        return (path, status) == (self.statuses_at, self.contents_at)

    @property
    def locations(self) -> list[bytes]:
        """The paths of the files."""
        return self.data[self.paths_at : self.statuses_at].split(b"\0")[:-1]

    @property
    def statuses(self) -> bytes:
        """A `STATUS` for each file; all zero but for the size if it is not to be trusted."""
        return self.data[self.statuses_at : self.contents_at]

    @property
    def contents(self) -> bytes:
        """A `CONTENT` for each file."""
        return self.data[self.contents_at : self.end]


def load(file: str, key: Key) -> CacheFile | None:
    """Read the file of a stat cache; None if there is none, or it is damaged or not this user's.

    Args:
        file: Its path. At another path the same file does not count.
        key: The key of this user.
    """
    try:
        with open(files.open_regular(file), "rb", buffering=0) as opened:
            if os.fstat(opened.fileno()).st_size > _LARGEST:
                return None
            data = opened.read()  # with a limit, it would make room for all of that
        magic, plan, paths, count = _HEADER.unpack_from(data)
        sizes = (plan, paths, count * STATUS.size, count * CONTENT.size)
        start, *starts = accumulate(sizes, initial=_HEADER.size)
        end = starts[-1]
        if magic != _MAGIC or len(data) != end + CODE_SIZE:
            return None
        if data[end:] != _code(key, file, memoryview(data)[:end]):
            return None
    except (HashzipError, OSError, struct.error):
        return None
    if data.count(b"\0", starts[0], starts[1]) != count:
        return None
    cached = _plan(data[start : starts[0]])
    return cached and CacheFile(cached, data, *starts)


def save(
    file: str,
    plan: CachedPlan,
    paths: bytes,
    statuses: bytes | bytearray,
    contents: bytes | bytearray,
    key: Key,
) -> None:
    """Write the file of a stat cache; the arguments are as in `CacheFile` and `load`.

    Raises:
        OSError: It cannot be written.
    """
    text = json.dumps(plan).encode()
    count = len(statuses) // STATUS.size
    header = _HEADER.pack(_MAGIC, len(text), len(paths), count)
    parts = (header, text, paths, statuses, contents)
    code = _code(key, file, *parts)
    from hashzip.system import atomic

    atomic.write(file, *parts, code, mode=atomic.PRIVATE)


def _plan(text: bytes) -> CachedPlan | None:
    """Parse a plan; None if it is none."""
    try:
        match json.loads(text):
            case [str(key), str(fingerprint), dict(summary)] if {str}.issuperset(
                map(type, summary.values())
            ):
                return CachedPlan(key, fingerprint, summary)
    except (ValueError, RecursionError):
        pass
    return None


def _code(key: Key, file: str, *parts: bytes | bytearray | memoryview) -> bytes:
    """Return the code of a file's content, however it is parted."""
    return key.code(_PURPOSE, os.fsencode(os.path.abspath(file)), content=parts)
