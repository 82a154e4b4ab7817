"""The folder in which a package is built before it goes into the local store. Build time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from hashzip.errors import HashzipError
from hashzip.system import atomic, locking

_LOCK = ".lock"
_SUFFIX = ".partial"


@contextmanager
def staging_folder(parent: str) -> Iterator[str]:
    """Make an empty folder to build in, and remove it at the end.

    One build at a time has such a folder; others wait for it. What a killed build left behind is
    removed first.

    Args:
        parent: The folder in which to make it. It is made where it is missing.

    Yields:
        The folder's path.

    Raises:
        HashzipError: The folder, or what is built in it, cannot be written.
    """
    try:
        os.makedirs(parent, exist_ok=True)
        with locking.hold(os.path.join(parent, _LOCK)):
            for name in os.listdir(parent):
                if name.endswith(_SUFFIX):
                    _remove(os.path.join(parent, name))
            folder = atomic.make_folder(parent, _SUFFIX)
            try:
                yield folder
            finally:
                _remove(folder)
    except OSError as error:
        if error.filename and _is_elsewhere(os.fsdecode(error.filename), parent):
            raise  # such as a file that a builder reads
        raise HashzipError(
            f"cannot write to {parent}: {error.strerror or error}",
            "check its permissions, or free some disk space; nothing was changed",
        ) from error


def _is_elsewhere(path: str, parent: str) -> bool:
    """Return whether a path is neither in a folder, nor one of the folders above it."""
    return not (path.startswith(parent) or parent.startswith(path))


def _remove(folder: str) -> None:
    try:
        os.rmdir(folder)  # most builds leave nothing there
    except OSError:
        import tempfile  # noqa: PLC0415 - slow, and rarely needed

        # It removes even what a program of the user's has left read-only.
        with tempfile.TemporaryDirectory(suffix=_SUFFIX, dir=os.path.dirname(folder)) as grave:
            os.rename(folder, os.path.join(grave, "left"))
