"""An index as it is kept: a file, written in one step, and trusted as a whole or not at all.

Standard library only.
"""

import json
import struct
import zlib
from collections.abc import Iterable
from itertools import accumulate
from typing import NamedTuple

from hashzip.inputs import stats
from hashzip.system import atomic

# The file: header, answer (JSON), paths (a zero byte behind each), and a status and a content for
# each path; then a checksum of all that.
_MAGIC = b"hashzip index 3\n"
_HEADER = struct.Struct("=16s3Q")  # magic; sizes of answer and paths in bytes, count of files
STATUS = stats.RECORD
CONTENT = struct.Struct("=??32s")  # the fields of a `Content` but for its size
_CHECKSUM = struct.Struct("=L")


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


class Memory(NamedTuple):
    """What an index was.

    Attributes:
        answer: What came of the files.
        data: All of it; the others say where in it something starts.
    """

    answer: Answer
    data: bytes
    paths_at: int
    statuses_at: int
    contents_at: int
    end: int

    def is_of(self, files: Iterable[tuple[bytes, bytes]]) -> bool:
        """Tells whether it is of these very files, and none has changed.

        Args:
            files: Paths, a zero byte behind each, and the statuses of these; in several parts.
        """
        path, status = self.paths_at, self.statuses_at
        for paths, statuses in files:
            # Compared where it lies: to copy it would take longer.
            if not (self.data.startswith(paths, path) and self.data.startswith(statuses, status)):
                return False
            path += len(paths)
            status += len(statuses)
        return (path, status) == (self.statuses_at, self.contents_at)

    @property
    def locations(self) -> list[bytes]:
        """Where the files were."""
        return self.data[self.paths_at : self.statuses_at].split(b"\0")[:-1]

    @property
    def statuses(self) -> bytes:
        """A `STATUS` each; all zero but for the size where it is not to be trusted."""
        return self.data[self.statuses_at : self.contents_at]

    @property
    def contents(self) -> bytes:
        """A `CONTENT` each."""
        return self.data[self.contents_at : self.end]


def load(file: str) -> Memory | None:
    """Reads an index; None where there is none that can be trusted."""
    try:
        with open(file, "rb", buffering=0) as opened:
            data = opened.read()
        magic, words, paths, count = _HEADER.unpack_from(data)
        sizes = (words, paths, count * STATUS.size, count * CONTENT.size)
        start, *starts = accumulate(sizes, initial=_HEADER.size)
        checksum = zlib.crc32(memoryview(data)[: starts[-1]])
        if magic != _MAGIC or data[starts[-1] :] != _CHECKSUM.pack(checksum):
            return None
    except (OSError, struct.error):
        return None
    return Memory(Answer(*json.loads(data[start : starts[0]])), data, *starts)


def save(
    file: str,
    answer: Answer,
    paths: bytes,
    statuses: bytes | bytearray,
    contents: bytes | bytearray,
) -> None:
    """Writes an index.

    Raises:
        OSError: It cannot be written.
    """
    words = json.dumps(answer).encode()
    count = len(statuses) // STATUS.size
    header = _HEADER.pack(_MAGIC, len(words), len(paths), count)
    parts = (header, words, paths, statuses, contents)
    checksum = 0
    for part in parts:
        checksum = zlib.crc32(part, checksum)
    atomic.write(file, *parts, _CHECKSUM.pack(checksum), mode=atomic.PRIVATE)
