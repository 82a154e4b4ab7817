"""The cache folder of the user, which all projects share. Standard library only.

It is found without platformdirs, which a Python with nothing installed does not have.
"""

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from hashzip.errors import HashzipError

FOLDER_VARIABLE = "HASHZIP_CACHE_DIR"
# All that decide where the folder is.
VARIABLES = (FOLDER_VARIABLE, "XDG_CACHE_HOME", "HOME", "LOCALAPPDATA", "USERPROFILE")

# Where other programs have their caches, if no variable says so: below the home folder.
_DEFAULTS = {
    "UV_CACHE_DIR": ".cache/uv",
    "CARGO_HOME": ".cargo",
    "ZIG_GLOBAL_CACHE_DIR": ".cache/zig",
    "CARGO_ZIGBUILD_CACHE_DIR": ".cache/cargo-zigbuild",
}

_HINT = f"set {FOLDER_VARIABLE} to a folder that you can write to"
_PRIVATE = 0o700
_OTHERS = 0o077
_OTHERS_WRITE = 0o022
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


def folder() -> str:
    """Return the absolute path of hashzip's cache folder, which may not exist.

    `HASHZIP_CACHE_DIR` names it. By default it is where the system keeps a user's caches:
    https://specifications.freedesktop.org/basedir-spec/latest/

    Raises:
        HashzipError: The user has no home folder.
    """
    custom = os.environ.get(FOLDER_VARIABLE)
    return os.path.abspath(custom) if custom else _default()


def folders() -> list[str]:
    """Return the cache folder, and the default one if that is another; none without a home."""
    custom = os.environ.get(FOLDER_VARIABLE)
    paths = [os.path.abspath(custom)] if custom else []
    with suppress(HashzipError):
        paths.append(_default())
    return paths


def _default() -> str:
    """Return where the system keeps a user's caches."""
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA") or os.path.join(_home(), "AppData", "Local")
        return os.path.join(local, "hashzip", "hashzip", "Cache")
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        parts = ("Library", "Caches") if sys.platform == "darwin" else (".cache",)
        base = os.path.join(_home(), *parts)
    return os.path.join(base, "hashzip")


def check(folder: str | os.PathLike[str]) -> None:
    """Check that nobody else can write to a cache folder, from which programs are run.

    Args:
        folder: The cache folder, or a folder in it. It need not exist.

    Raises:
        HashzipError: The cache folder belongs to another user, or others can write to it.
    """
    top = _top(os.path.abspath(folder))
    try:
        status = os.stat(top)
    except OSError:
        return  # it cannot be used, which others say
    if sys.platform == "win32":
        return  # it keeps no such modes; a user's own folder is private
    if status.st_uid != os.geteuid():
        raise HashzipError(
            f"the cache {top} belongs to another user (with the id {status.st_uid})",
            f"set {FOLDER_VARIABLE} to a folder of your own",
        )
    if status.st_mode & _OTHERS_WRITE:
        raise HashzipError(
            f"other users can write to the cache {top}",
            f'remove it, or, if you trust what is in it, run: chmod 700 "{top}"; '
            f"or set {FOLDER_VARIABLE} to another folder",
        )
    if status.st_mode & _OTHERS:
        with suppress(OSError):  # such as in a read-only cache
            os.chmod(top, status.st_mode & _PRIVATE)


@contextmanager
def writing(folder: str | os.PathLike[str], *, is_shared: bool = False) -> Iterator[None]:
    """Make a folder of the cache, which only this user may enter, and explain errors of writing.

    Args:
        folder: The folder.
        is_shared: Whether others may write to it if it is there, because all that is read from it
            is checked by a key that they share.

    Raises:
        HashzipError: In the block, or before it, something cannot be written; the cache folder
            belongs to another user, or others can write to it.
    """
    try:
        _make(os.path.abspath(folder))
        if not is_shared:
            check(folder)
        yield
    except OSError as error:
        full = "free some disk space, or " if error.errno in _FULL else ""
        raise HashzipError(
            f"cannot write to the cache {os.fspath(folder)}: {error.strerror or error}",
            full + _HINT,
        ) from error


def _top(folder: str) -> str:
    """Return the cache folder that a folder is in, or the folder itself if it is in none."""
    for top in folders():
        if folder == top or folder.startswith(top + os.sep):
            return top
    return folder


def _make(folder: str) -> None:
    """Make a folder and those above it, as far as they are missing, whatever the umask is."""
    missing = []
    while not os.path.isdir(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    for path in reversed(missing):
        with suppress(FileExistsError):  # another process has made it; or an error follows
            os.mkdir(path, _PRIVATE)
            os.chmod(path, _PRIVATE)
    if missing and not os.path.isdir(missing[0]):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), missing[0])


def substitutes(*variables: str, folder: Callable[[], str] = folder) -> dict[str, str]:
    """Return where other programs shall have their caches if the home folder cannot have them.

    That is in hashzip's own cache folder, so that one variable is enough. Without it, uv and
    cargo-zigbuild would write theirs into the project.

    Args:
        variables: The variables that name these caches. Those that the user has set are left out.
        folder: Returns the folder that they shall be in.

    Raises:
        HashzipError: hashzip's own cache folder cannot be written to either.
    """
    unset = [variable for variable in variables if not os.environ.get(variable)]
    unusable = [variable for variable in unset if not _is_usable(_DEFAULTS[variable])]
    if not unusable or sys.platform == "win32":
        return {}
    parent = folder()
    with writing(parent):
        names = {each: os.path.basename(_DEFAULTS[each]).lstrip(".") for each in unusable}
    return {variable: os.path.join(parent, name) for variable, name in names.items()}


def _is_usable(path: str) -> bool:
    """Return whether a path below the home folder exists or can be made."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(cache) and path.startswith(".cache/"):
        path = os.path.join(cache, path.removeprefix(".cache/"))
    else:
        path = os.path.join(os.path.expanduser("~"), path)
    if not os.path.isabs(path):
        return False
    if os.path.exists(path):
        return True
    while not os.path.exists(path):
        path = os.path.dirname(path)
    return os.access(path, os.W_OK)


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
