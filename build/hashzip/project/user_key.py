"""The key of this user, which tells the files that hashzip wrote itself from any others.

Standard library only. What hashzip keeps in a project, and believes later, may have come with the
project: a repository can contain `dist/` and `.hashzip/`, and a CI system may restore them from
another branch. Such files are believed only if they have the code that this key gives.

The key is a file in the user's cache folder, made when it is first needed. Or the environment
variable `HASHZIP_KEY` is the key, on all machines where it has the same value.
"""

import os
import stat
from _blake2 import blake2b  # where hashlib has it from, which would load OpenSSL
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache

from hashzip.errors import HashzipError
from hashzip.project import user_cache

VARIABLE = "HASHZIP_KEY"
FILE = "key"
CHECKOUT = (".git", "hashzip.toml")  # what is at the top of a checkout, or of a project
CODE_SIZE = 32  # bytes
SHARE_HINT = f"set {VARIABLE} to share it between machines"

_SIZE = 32  # bytes
_SHORTEST = 32  # characters of the variable
_OPEN = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # for a pipe, which is no key
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


class Key:
    """A key: gives codes that nobody can make without it.

    Args:
        secret: Its bytes, at most 64.
        lasts: Whether later processes have it, too.
        is_shared: Whether other machines have it, too.
    """

    # Not a tuple, which would show its secret in an error.
    __slots__ = ("_secret", "is_shared", "lasts")

    def __init__(self, secret: bytes, *, lasts: bool, is_shared: bool = False) -> None:
        self._secret = secret
        self.lasts = lasts
        self.is_shared = is_shared

    def code(
        self, purpose: bytes, *fields: bytes, content: Iterable[bytes | bytearray | memoryview] = ()
    ) -> bytes:
        """Return the code of some bytes.

        It is a keyed BLAKE2b: https://www.rfc-editor.org/rfc/rfc7693. Of all that Python has, that
        is fast without OpenSSL, which would take milliseconds to load. To compare codes takes no
        special function: files give an attacker no second try.

        Args:
            purpose: What they are, in at most 16 bytes: a code for one purpose is none for another.
            fields: What they belong to. Each counts with its length.
            content: The bytes, in parts, which count as if they were in one.
        """
        digest = blake2b(digest_size=CODE_SIZE, key=self._secret, person=purpose)
        for field in fields:
            digest.update(len(field).to_bytes(8) + field)
        for part in content:
            digest.update(part)
        return digest.digest()


class Variable:
    """The value of the environment variable, once it was taken from the environment."""

    value = ""


def load(root: str) -> Key:
    """Return the key of this user, making it if there is none.

    Where no key can be kept, it is one that only this process has.

    Args:
        root: The folder of the project. A key in it, or in the checkout that it is in, does not
            count, since it may have come with it.

    Raises:
        HashzipError: The variable is set, and too short.
    """
    value = take_variable()
    if value:
        if len(value) < _SHORTEST:
            raise HashzipError(
                f"{VARIABLE} has {len(value)} characters, and needs {_SHORTEST}",
                "make one with: openssl rand -hex 32",
            )
        return of_text(value)
    return _of_settings(os.path.abspath(root), *map(os.environ.get, user_cache.VARIABLES))


@lru_cache(1)
def of_text(value: str) -> Key:
    """Return the key that a value of the variable gives."""
    text = value.encode(errors="surrogateescape")
    secret = blake2b(text, digest_size=_SIZE, person=b"hashzip key").digest()
    return Key(secret, lasts=True, is_shared=True)


def give_back() -> None:
    """Put the variable back into the environment, for a hashzip that replaces this process."""
    value = take_variable()
    if value:
        os.environ[VARIABLE] = value


def forget() -> None:
    """Read the key anew when it is needed again."""
    _of_settings.cache_clear()
    _of_files.cache_clear()
    _of_process.cache_clear()


def is_in_checkout(folder: str, root: str) -> bool:
    """Return whether a folder may have come with a project: it is in it, or in its checkout.

    Args:
        folder: The folder, which may not exist.
        root: The project's folder.
    """
    folder, root = os.path.realpath(folder), os.path.realpath(root)
    try:
        above = os.path.commonpath([folder, root])
    except ValueError:  # on two drives of Windows
        return False
    if above == root:
        return True
    while not _is_checkout(above, root):
        parent = os.path.dirname(above)
        if parent == above:
            return False
        above = parent
    return True


def _is_checkout(folder: str, root: str) -> bool:
    """Return whether a folder above a project is the checkout, or the project, that it is in."""
    if not any(os.path.lexists(os.path.join(folder, name)) for name in CHECKOUT):
        return False
    home = os.path.realpath(os.path.expanduser("~"))
    if not os.path.join(home, "").startswith(os.path.join(folder, "")):
        return True
    # The home folder itself is in git, as some keep their settings; the project has its own.
    while root != folder:
        if os.path.lexists(os.path.join(root, ".git")):
            return False
        root = os.path.dirname(root)
    return True


def take_variable() -> str:
    """Take the variable from the environment, so that no program that is started gets it.

    Returns:
        Its value; "" if it is not set.
    """
    value = os.environ.pop(VARIABLE, "").strip()
    if value:
        Variable.value = value
    return Variable.value


@lru_cache
def _of_settings(root: str, *_variables: str | None) -> Key:
    """Return the key for the values of the variables that say where the cache folder is."""
    return _of_files(root, *user_cache.folders())


@lru_cache
def _of_files(root: str, *folders: str) -> Key:
    """Return the key in the first of some folders that did not come with a project."""
    for folder in folders:
        if not is_in_checkout(folder, root):
            secret = _read(folder) or _make(folder)
            if secret:
                return Key(secret, lasts=True)
    return _of_process()


@lru_cache
def _of_process() -> Key:
    return Key(os.urandom(_SIZE), lasts=False)


def _read(folder: str) -> bytes | None:
    """Read the key in a folder; None if there is none that only this user can read or write."""
    try:
        descriptor = os.open(os.path.join(folder, FILE), _OPEN)
    except OSError:
        return None
    try:
        status = os.fstat(descriptor)
        if not (stat.S_ISREG(status.st_mode) and _is_private(status)):
            return None
        secret = os.read(descriptor, _SIZE + 1)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return secret if len(secret) == _SIZE else None


def _make(folder: str) -> bytes | None:
    """Make a key in a folder, in place of one that does not count; None where that cannot be.

    Of several processes that make one at the same time, all have that of the first.
    """
    from hashzip.system import atomic, locking  # noqa: PLC0415 - once for each user

    with (
        suppress(OSError, HashzipError),
        user_cache.writing(folder),
        locking.hold(os.path.join(folder, f"{FILE}.lock")),
    ):
        if _read(folder) is None and _may_replace(os.path.join(folder, FILE)):
            atomic.write(os.path.join(folder, FILE), os.urandom(_SIZE), mode=atomic.PRIVATE)
    return _read(folder)  # None on a file system without permissions


def _may_replace(path: str) -> bool:
    """Return whether what is at a path is this user's, or nothing: others keep their keys."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return True
    return os.name == "nt" or status.st_uid == os.geteuid()


def is_private_folder(folder: str) -> bool:
    """Return whether a path is a folder, no link, which nobody but this user can enter."""
    status = os.lstat(folder)
    return stat.S_ISDIR(status.st_mode) and _is_private(status)


def _is_private(status: os.stat_result) -> bool:
    """Return whether a file or folder is this user's, and nobody else has a right to it."""
    if os.name == "nt":  # its permissions are not in the status; the user's folder is private
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & 0o077
