"""Locks between processes: the system frees one when the process that holds it ends.

With `flock` where there is one, not with the library filelock: loading that takes a tenth of a
rebuild.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


class HeldError(Exception):
    """Another process or thread holds the lock."""


@contextmanager
def hold(file: str | os.PathLike[str], *, wait: bool = True) -> Iterator[None]:
    """Hold a lock, against other processes and threads.

    Args:
        file: The file that is locked. It is made if it is missing, and stays.
        wait: Whether to wait until the lock is free.

    Raises:
        HeldError: Another holds it, and this does not wait.
        OSError: The file cannot be made or locked.
    """
    if sys.platform == "win32":
        from filelock import FileLock, Timeout

        lock = FileLock(file)
        try:
            lock.acquire(timeout=-1 if wait else 0)
        except Timeout as error:
            raise HeldError from error
        try:
            yield
        finally:
            lock.release()
    else:
        import fcntl

        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError as error:
                raise HeldError from error
            yield
        finally:
            os.close(descriptor)
