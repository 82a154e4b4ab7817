"""Files written in one step, and names that nothing else has. Standard library only.

`tempfile` makes such names too, but takes 3 ms to load, with compressors that are not needed here:
a twelfth of a plan after an edit.
"""

import os
from contextlib import suppress

PRIVATE = 0o600  # a file that only this user may read

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
# Whatever another user has put there: no link is followed, and no pipe is waited for.
_THERE = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)

_PREFIX = ".draft-"
_NAME_SIZE = len(_PREFIX) + 16
_ABANDONED = 86_400  # seconds, where a file system has no locks


def write(
    file: str | os.PathLike[str],
    *parts: bytes | bytearray,
    mode: int = 0o666,
    draft_folder: str | None = None,
) -> None:
    """Write a file in one step: its readers see the old content or the new, never a part.

    Args:
        file: Its path. What is there is replaced.
        parts: The content, one after the other.
        mode: The file's permissions, before the umask.
        draft_folder: Where the content is written first, on the same file system; by default, in
            the folder of the file.

    Raises:
        OSError: It cannot be written. Then the file is as it was.
    """
    descriptor, draft = create(draft_folder or os.path.dirname(file), mode)
    try:
        with open(descriptor, "wb") as stream:
            stream.writelines(parts)
            if os.name != "nt":
                stream.flush()
                os.replace(draft, file)  # still locked
        if os.name == "nt":  # which moves no file that is open
            os.replace(draft, file)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(draft)
        raise


def write_text(
    file: str | os.PathLike[str], text: str, *, mode: int = 0o666, draft_folder: str | None = None
) -> None:
    """Write a text file in one step, as UTF-8, with unchanged line endings; see `write`.

    Raises:
        OSError: It cannot be written. Then the file is as it was.
    """
    write(file, text.encode(), mode=mode, draft_folder=draft_folder)


def create(folder: str, mode: int = PRIVATE) -> tuple[int, str]:
    """Create an empty file under a name that nothing else has.

    The file is locked as long as it is open. Files in the folder that killed processes have left,
    which nobody has locked, are removed.

    Args:
        folder: Where to create it.
        mode: The file's permissions, before the umask.

    Returns:
        Its descriptor, which the caller closes, and its path.

    Raises:
        OSError: It cannot be created.
    """
    while True:
        path = os.path.join(folder, f"{_PREFIX}{_unique_name()}")
        descriptor = os.open(path, _NEW, mode)
        is_locked = _lock(descriptor)
        status = os.fstat(descriptor)
        if is_locked is not False and (status.st_nlink or os.name == "nt"):
            _remove_abandoned(folder, os.path.basename(path), status.st_mtime)
            return descriptor, path
        os.close(descriptor)  # another process was faster, and took it for one that is left


def _remove_abandoned(folder: str, own: str, now: float) -> None:
    """Remove the drafts in a folder that no process writes any more.

    Args:
        folder: The folder.
        own: The name of the draft that this process writes.
        now: The time, by the clock of the file system.
    """
    try:
        names = os.listdir(folder or os.curdir)
    except OSError:  # not even this user may see what is there
        return
    for name in names:
        if not name.startswith(_PREFIX) or len(name) != _NAME_SIZE or name == own:
            continue
        path = os.path.join(folder, name)
        with suppress(OSError):  # another process removes it, or it is another user's
            descriptor = os.open(path, _THERE)
            try:
                is_free = _lock(descriptor)
                if is_free is None:
                    is_free = os.fstat(descriptor).st_mtime < now - _ABANDONED
                if is_free and os.name != "nt":
                    os.unlink(path)
            finally:
                os.close(descriptor)
            if is_free and os.name == "nt":
                os.unlink(path)  # which fails while it is open


def _lock(descriptor: int) -> bool | None:
    """Lock a file until it is closed, and return whether it is; None if it cannot be locked."""
    if os.name == "nt":
        return None
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # of a file system without locks
        return None
    return True


def make_folder(parent: str, suffix: str) -> str:
    """Make a folder under a name that nothing else has, and that only this user may enter.

    Args:
        parent: Where to make it.
        suffix: What its name ends with.

    Returns:
        Its path.

    Raises:
        OSError: It cannot be made.
    """
    path = os.path.join(parent, _unique_name() + suffix)
    os.mkdir(path, 0o700)
    return path


def _unique_name() -> str:
    return os.urandom(8).hex()
