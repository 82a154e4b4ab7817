"""The folder of cargo's build output: nothing that came with the project is linked. Build time.

Cargo takes what it compiled before for what it would compile again, by a few file names and times.
So a repository, or a CI cache that branches share, could have other code linked than it shows.
"""

import os
import shutil
from pathlib import Path

from hashzip.errors import HashzipError, warn
from hashzip.project import files, user_key
from hashzip.project.user_key import Key
from hashzip.system import atomic

MARK, LOCK, NATIVE = ".hashzip.mac", ".hashzip.lock", "native"

_SMALL = 1_000  # bytes; the mark has fewer


def empty_foreign(folder: Path, crate_dir: str) -> None:
    """Remove all that is in a target folder, unless this user made it or it is outside the project.

    Of the build output itself, nothing is checked: it is large, and cargo writes it. With
    `HASHZIP_KEY`, a folder counts wherever it was restored. Without, only where it was made.

    Args:
        folder: The target folder, while its lock is held.
        crate_dir: The crate's folder.

    Raises:
        HashzipError: `HASHZIP_KEY` is too short.
        OSError: Something cannot be removed.
    """
    if not user_key.is_in_checkout(str(folder), crate_dir):
        return
    code = _code(folder, user_key.load(crate_dir))
    try:
        if files.read_outside(folder / MARK, limit=_SMALL) == code:
            return
    except (HashzipError, OSError):
        pass
    # That of the builds for this machine has a mark and a lock of its own.
    old = [path for path in folder.iterdir() if path.name not in (MARK, LOCK, NATIVE)]
    if old:
        warn(
            f"{folder} was not made by this user: compiling everything again "
            f"({user_key.SHARE_HINT})"
        )
    for path in old:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    atomic.write(folder / MARK, code)


def _code(folder: Path, key: Key) -> bytes:
    """Return the content of the mark."""
    place = b""
    if not key.is_shared:
        status = os.stat(folder)
        place = b"%d %d" % (status.st_dev, status.st_ino)
    return key.code(b"cargo target", place).hex().encode() + b"\n"
