"""The cache folder of the user, which all projects share. Standard library only.

It is found without platformdirs, which a Python with nothing installed does not have.
"""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from hashzip.errors import HashzipError

FOLDER_VARIABLE = "HASHZIP_CACHE_DIR"

_HINT = (
    f"set {FOLDER_VARIABLE} to a folder that you can write to, and UV_CACHE_DIR to another one for "
    "uv's own cache"
)
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


def folder() -> str:
    """Return the absolute path of hashzip's cache folder, which may not exist.

    `HASHZIP_CACHE_DIR` names it. By default it is where the system keeps a user's caches:
    https://specifications.freedesktop.org/basedir-spec/latest/

    Raises:
        HashzipError: The user has no home folder.
    """
    custom = os.environ.get(FOLDER_VARIABLE)
    if custom:
        return os.path.abspath(custom)
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA") or os.path.join(_home(), "AppData", "Local")
        return os.path.join(local, "hashzip", "hashzip", "Cache")
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        parts = ("Library", "Caches") if sys.platform == "darwin" else (".cache",)
        base = os.path.join(_home(), *parts)
    return os.path.join(base, "hashzip")


@contextmanager
def writing(folder: str | os.PathLike[str]) -> Iterator[None]:
    """Make a folder of the cache, and explain errors of writing to it.

    Args:
        folder: The folder.

    Raises:
        HashzipError: In the block, or before it, something cannot be written.
    """
    try:
        os.makedirs(folder, exist_ok=True)
        yield
    except OSError as error:
        full = "free some disk space, or " if error.errno in _FULL else ""
        raise HashzipError(
            f"cannot write to the cache {os.fspath(folder)}: {error.strerror or error}",
            full + _HINT,
        ) from error


def _home() -> str:
    home = os.path.expanduser("~")
    if os.path.isabs(home):
        return home
    variable = "USERPROFILE" if sys.platform == "win32" else "HOME"
    value = os.environ.get(variable)
    reason = f'{variable} is "{value}"' if value else f"{variable} is not set"
    if not value and hasattr(os, "getuid"):
        reason += f", and the system knows no user {os.getuid()}"
    raise HashzipError(f"there is no home folder to keep a cache in: {reason}", _HINT)
