"""Reads files into `FileEntry`s: size, mode and digest. Standard library only.

In one thread: hashing many small files from several Python threads is slower than from one.
"""

import os
from collections.abc import Iterable
from typing import NamedTuple

from hashzip.errors import read_error
from hashzip.inputs.files import DATA, PROGRAM, FileEntry, SourceFile
from hashzip.inputs.secrets import holds_private_key

_FIRST_READ = 1 << 16  # bytes; most sources are smaller, and are read whole by this
_READ = 1 << 20
_OPEN = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class Content(NamedTuple):
    """What a file holds.

    Attributes:
        size: In bytes.
        runs: Whether it is a script or a program, by its first bytes.
        is_private_key: Whether it holds one, by its first bytes.
        sha256: As 32 bytes.
    """

    size: int
    runs: bool
    is_private_key: bool
    sha256: bytes


def read(files: Iterable[SourceFile]) -> list[FileEntry]:
    """Reads the files, in their order.

    Raises:
        HashzipError: A file cannot be read.
    """
    return [
        FileEntry(file.path, mode_of(found.runs, file.executable), found.size, found.sha256.hex())
        for file in files
        for found, _ in [content(file.location)]
    ]


def mode_of(runs: bool, executable: bool) -> int:  # noqa: FBT001 - called for each file
    """Answers the mode of a file that runs by its content, or that the user calls executable."""
    return PROGRAM if runs or executable else DATA


def runs(start: bytes) -> bool:
    """Decides by a file's first bytes whether it can be executed, and never by the file system.

    A checkout loses modes: by umask, on Windows, in some archives. So a script (`#!`) and an ELF
    file can be executed, and whatever the user named; nothing else.
    """
    return start.startswith((b"#!", b"\x7fELF"))


def content(location: bytes) -> tuple[Content, os.stat_result]:
    """Reads a file.

    Returns:
        What it holds, and its status from before it was read.

    Raises:
        HashzipError: It cannot be read.
    """
    import hashlib

    try:
        descriptor = os.open(location, _OPEN)
        try:
            status = os.fstat(descriptor)
            start = chunk = os.read(descriptor, _FIRST_READ)
            digest = hashlib.sha256(chunk)
            size = len(chunk)
            # A file that is as long as its status says needs no read more to find its end.
            while chunk and size != status.st_size:
                chunk = os.read(descriptor, _READ)
                digest.update(chunk)
                size += len(chunk)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise read_error(location, error) from error
    return Content(size, runs(start), holds_private_key(start), digest.digest()), status
