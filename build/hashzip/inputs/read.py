"""Read files into `FileEntry`s: size, mode and digest.

In one thread: Python hashes many small files slower in several threads than in one.
"""

import hashlib
import os
import stat
from collections.abc import Iterable
from typing import NamedTuple

from hashzip.errors import read_error
from hashzip.inputs.files import DATA, PROGRAM, FileEntry, SourceFile
from hashzip.inputs.secrets import holds_private_key
from hashzip.project import files as door

_FIRST_READ = 1 << 16  # bytes; most sources are smaller, so that one read is enough
_READ = 1 << 20


class Content(NamedTuple):
    """What a file holds.

    Attributes:
        size: In bytes.
        runs: Whether it is a script or a program; see `runs`.
        is_private_key: Whether it holds a private key; see `holds_private_key`.
        sha256: The digest, as 32 bytes.
    """

    size: int
    runs: bool
    is_private_key: bool
    sha256: bytes


def read(files: Iterable[SourceFile]) -> list[FileEntry]:
    """Read files, in their order.

    Raises:
        HashzipError: A file cannot be read.
    """
    return [
        FileEntry(file.path, mode_of(held.runs, file.executable), held.size, held.sha256.hex())
        for file in files
        for held, _ in [content(file.location)]
    ]


def mode_of(runs: bool, executable: bool) -> int:  # noqa: FBT001 - called for each file
    """Return the mode of a file in the package.

    Args:
        runs: Whether its content is a script or a program.
        executable: Whether an `executable` pattern matches it.
    """
    return PROGRAM if runs or executable else DATA


def runs(start: bytes) -> bool:
    """Return whether a file is a script (`#!`) or an ELF file, which run.

    The mode in the file system does not count, because checkouts lose it: through the umask, on
    Windows, in some archives.

    Args:
        start: The file's first bytes, at least 4 of them if it has so many.
    """
    return start.startswith((b"#!", b"\x7fELF"))


def content(location: bytes) -> tuple[Content, os.stat_result]:
    """Read a file.

    Returns:
        What it holds, and its status from before it was read.

    Raises:
        HashzipError: It cannot be read, is no regular file, or grows while it is read.
    """
    try:
        descriptor = os.open(location, door.OPEN)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise door.kind_error(location, status.st_mode)
            start = chunk = os.read(descriptor, _FIRST_READ)
            digest = hashlib.sha256(chunk)
            size = len(chunk)
            # A file that is as long as its status says needs no further read to find its end.
            while chunk and size != status.st_size:
                chunk = os.read(descriptor, _READ)
                digest.update(chunk)
                size += len(chunk)
                if size > status.st_size:
                    raise door.growth_error(location)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise read_error(location, error) from error
    return Content(size, runs(start), holds_private_key(start), digest.digest()), status
