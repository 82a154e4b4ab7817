"""Reads files into `Input`s: size, mode and digest. Standard library only.

In one thread: hashing many small files from several Python threads is slower than from one.
"""

import hashlib
import os
from collections.abc import Iterable

from hashzip.fingerprint import Input
from hashzip.names import SourceFile
from hashzip.sources import unreadable

_FIRST_READ = 1 << 16  # bytes; most sources are smaller, and are read whole by this
_READ = 1 << 20
_OPEN = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def read(files: Iterable[SourceFile]) -> list[Input]:
    """Reads the files, in their order.

    Raises:
        HashzipError: A file cannot be read.
    """
    return [_read(file) for file in files]


def mode(start: bytes, *, executable: bool) -> int:
    """Decides a file's mode from its first bytes, and never from the file system.

    A checkout loses modes: by umask, on Windows, in some archives. So a script (`#!`) and an ELF
    file can be executed, and whatever the user named; nothing else.
    """
    runs = executable or start.startswith((b"#!", b"\x7fELF"))
    return 0o755 if runs else 0o644


def _read(file: SourceFile) -> Input:
    try:
        descriptor = os.open(file.location, _OPEN)
        try:
            start = chunk = os.read(descriptor, _FIRST_READ)
            digest = hashlib.sha256(chunk)
            size = len(chunk)
            while len(chunk) >= _FIRST_READ:
                chunk = os.read(descriptor, _READ)
                digest.update(chunk)
                size += len(chunk)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise unreadable(file.location, error) from error
    return Input(file.path, mode(start, executable=file.executable), size, digest.hexdigest())
