"""What an earlier zip has compressed already, and can be copied from there. Build time.

Its own digest vouches for all of it at once. That takes a thread while other work goes on; what was
copied counts for nothing if the zip turns out not to be what it should.
"""

import hashlib
import mmap
import struct
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from typing import BinaryIO, NamedTuple

from hashzip.archive import zip_format
from hashzip.archive.zip_format import Directory, Packed
from hashzip.artifacts.manifest import Artifact
from hashzip.inputs.files import FileEntry


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

    def is_whole(self) -> bool:
        """Answers whether it is what it should be; waits for its digest."""
        return self.zip.sha256.result() == self.artifact.sha256


class Known:
    """What is known of an earlier zip before its digest is there.

    Args:
        earlier: The zip, if there is one.
        library: Nothing is taken from a zip that another one compressed.

    Attributes:
        records: Its members; none where nothing can be taken.
        directory: Where they are, if there are any.
    """

    records: Sequence[FileEntry] = ()
    directory: Directory

    def __init__(self, earlier: Earlier | None, library: str) -> None:
        if earlier is None or earlier.library != library:
            return
        try:
            self.directory = zip_format.directory(earlier.zip.data)
        except (ValueError, struct.error):
            return
        if len(self.directory) == len(earlier.artifact.entries):
            self.records = earlier.artifact.entries

    def packed(self, sha256: str) -> Packed | None:
        """Answers a member with some content, if there is one."""
        at = self._by_content.get(sha256)
        return None if at is None else self.directory.packed(at)

    @cached_property
    def _by_content(self) -> dict[str, int]:
        return {record.sha256: at for at, record in enumerate(self.records)}


def read(stream: BinaryIO) -> Zip:
    """Read a zip that was written before, and hash it in a thread while other work goes on."""
    try:
        data = memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError):  # it is no file, or an empty one
        data = memoryview(stream.read())
    hasher = ThreadPoolExecutor(1)
    digest = hasher.submit(lambda: hashlib.sha256(data).hexdigest())
    hasher.shutdown(wait=False)
    return Zip(data, digest)
