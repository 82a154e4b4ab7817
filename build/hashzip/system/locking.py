"""One at a time: a file that the system locks, and frees when the process that holds it ends.

`flock` where there is one, and not the library filelock: to load that takes a tenth of a rebuild.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


class HeldError(Exception):
    """Another holds the lock."""


@contextmanager
def hold(file: str | os.PathLike[str], *, wait: bool = True) -> Iterator[None]:
    """Holds a lock, against other processes and threads.

    Args:
        file: What is locked. It is made where it is missing, and stays.
        wait: Whether to wait until another gives it up.

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
        import fcntl  # noqa: PLC0415 - there is none on Windows

        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError as error:
                raise HeldError from error
            yield
        finally:
            os.close(descriptor)
