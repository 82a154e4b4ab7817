"""Files written in one step, and names that nothing else has. Standard library only.

`tempfile` makes such names too, but takes 3 ms to load, with compressors that are not needed here:
a twelfth of a plan after an edit.
"""

import os

PRIVATE = 0o600  # a file that only this user may read

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


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
        os.replace(draft, file)
    except BaseException:
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

    Args:
        folder: Where to create it.
        mode: The file's permissions, before the umask.

    Returns:
        Its descriptor, which the caller closes, and its path.

    Raises:
        OSError: It cannot be created.
    """
    path = os.path.join(folder, f".draft-{_unique_name()}")
    return os.open(path, _NEW, mode), path


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
