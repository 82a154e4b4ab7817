"""Locks between processes: the system frees one when the process that holds it ends.

The library filelock would do the same, but loading it takes a tenth of a rebuild, and a Python with
nothing installed does not have it.
"""

import errno
import os
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

# No lock is a link, but a repository may contain one in its place: it would make a file elsewhere.
_OPEN = os.O_RDWR | os.O_CREAT
for _name in ("O_CLOEXEC", "O_NOCTTY", "O_NOFOLLOW", "O_NONBLOCK"):
    _OPEN |= getattr(os, _name, 0)

_POLL_SECONDS = 0.05  # Windows waits by itself, but gives up after 10 s


class HeldError(Exception):
    """Another process or thread holds the lock."""


@contextmanager
def hold(file: str | os.PathLike[str], *, wait: bool = True) -> Iterator[None]:
    """Hold a lock, against other processes and threads.

    Args:
        file: The file that is locked. It is made if it is missing, and stays.
        wait: Whether to wait until the lock is free.

    Raises:
        HeldError: Another process or thread holds it, and `wait` is false.
        OSError: The file cannot be made or locked.
    """
    descriptor = os.open(file, _OPEN, 0o666)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", os.fspath(file))
        if sys.platform == "win32":
            with _locked_on_windows(descriptor, wait=wait):
                yield
        else:
            import fcntl

            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if not wait:
                    raise HeldError from error
                from hashzip.system import phases

                with phases.phase("waiting for another hashzip"):
                    fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
    finally:
        os.close(descriptor)


if sys.platform == "win32":

    @contextmanager
    def _locked_on_windows(descriptor: int, *, wait: bool) -> Iterator[None]:
        import msvcrt

        while True:
            try:
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
                break
            except PermissionError as error:
                if not wait:
                    raise HeldError from error
                time.sleep(_POLL_SECONDS)
        try:
            yield
        finally:
            # Closing the file is not enough: Windows frees its locks some time later.
            msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
