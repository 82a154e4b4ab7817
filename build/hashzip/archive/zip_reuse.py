"""Compressed files of an earlier zip, which need not be compressed again. Build time.

The zip is checked as a whole, by its digest, which a thread computes while files are being copied.
If the digest is wrong, the new zip is written again without the earlier one.
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
from hashzip.inputs.files import LINK, FileEntry


class Zip(NamedTuple):
    """The bytes of an earlier zip, which may be damaged.

    Attributes:
        data: The bytes.
        sha256: Their digest as 64 hex digits, when the thread has it.
    """

    data: memoryview
    sha256: Future[str]


class Earlier(NamedTuple):
    """An earlier zip, and what its manifest says of it.

    Attributes:
        zip: The zip as it is now.
        artifact: The zip as it was written.
        library: The library that compressed it.
    """

    zip: Zip
    artifact: Artifact
    library: str

    def is_intact(self) -> bool:
        """Wait for the digest, and return whether the zip is as it was written."""
        return self.zip.sha256.result() == self.artifact.sha256


class Known:
    """The members of an earlier zip, by position and by content, before its digest is checked.

    Args:
        earlier: The zip, if there is one.
        library: The library that compresses now. A zip from another library is not used.

    Attributes:
        records: The members; empty if the zip cannot be used.
        directory: Their offsets, if there are any.
    """

    records: Sequence[FileEntry] = ()
    directory: Directory

    def __init__(self, earlier: Earlier | None, library: str) -> None:
        if earlier is None or earlier.library != library:
            return
        try:
            self.directory = zip_format.directory(earlier.zip.data, earlier.artifact.entries)
        except (ValueError, struct.error):
            return
        self.records = earlier.artifact.entries

    def packed(self, sha256: str) -> Packed | None:
        """Return the compressed data of a content, if a member that is a file has it."""
        at = self._by_content.get(sha256)
        return None if at is None else self.directory.packed(at)

    @cached_property
    def _by_content(self) -> dict[str, int]:
        # Not that of links, which is never compressed, while a file of the same content may be.
        return {r.sha256: at for at, r in enumerate(self.records) if r.mode != LINK}


def read(stream: BinaryIO) -> Zip:
    """Read a zip, and begin to hash it in a thread."""
    try:
        data = memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError):  # the stream is not a file, or the file is empty
        data = memoryview(stream.read())
    hasher = ThreadPoolExecutor(1)
    digest = hasher.submit(lambda: hashlib.sha256(data).hexdigest())
    hasher.shutdown(wait=False)
    return Zip(data, digest)
