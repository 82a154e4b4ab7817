"""The one door through which hashzip opens the files of a project. Standard library only.

A plan runs for the branches of strangers, with credentials in its environment. So a file of a
project is read only if it is in the project, is a regular file, and has a size that makes sense.
Who writes to the project while hashzip reads it can do more than that, and is not kept out here.
"""

import errno
import os
import stat
from typing import BinaryIO

from hashzip.errors import HashzipError, escape, read_error

TEXT_LIMIT = 64 << 20  # bytes of a file that programs write; the largest locks have a few MB
SETTINGS_LIMIT = 4 << 20  # bytes of a file that people write; to parse one takes a second

# A pipe or a terminal that takes the place of a file after the check neither waits nor becomes the
# terminal of this process.
OPEN = os.O_RDONLY
for _name in ("O_BINARY", "O_CLOEXEC", "O_NOCTTY", "O_NONBLOCK"):
    OPEN |= getattr(os, _name, 0)

_READ = 1 << 20

_BROKEN_LINK = {
    errno.ENOENT: "leads to nothing",
    errno.ENOTDIR: "leads to nothing",
    errno.ELOOP: "loops",
}
_KINDS = {
    stat.S_IFREG: "a file",
    stat.S_IFDIR: "a folder",
    stat.S_IFSOCK: "a socket",
    stat.S_IFIFO: "a pipe",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
}


def read(root: str, path: str, *, limit: int = TEXT_LIMIT) -> bytes:
    """Read a file of a project.

    Args:
        root: The project's folder, absolute and without links.
        path: The file, relative to the project, or absolute.
        limit: The size that it may have, in bytes.

    Raises:
        HashzipError: A link leads out of the project; it is no regular file, is too large, or grows
            while it is read.
        OSError: It is missing, or the system refuses it.
    """
    return _read(locate(root, path), limit)


def read_text(root: str, path: str, *, limit: int = TEXT_LIMIT) -> str:
    r"""Read a text of a project: UTF-8, with or without a byte order mark, lines ended by `\n`.

    Args:
        root: As for `read`.
        path: As for `read`.
        limit: As for `read`.

    Raises:
        HashzipError: As for `read`.
        OSError: As for `read`.
        UnicodeDecodeError: It is not UTF-8.
    """
    text = read(root, path, limit=limit).decode("utf-8-sig")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def read_outside(path: str | os.PathLike[str], *, limit: int = TEXT_LIMIT) -> bytes:
    """Read a file that is not the project's but the user's, or this machine's.

    Links are followed. Pipes and devices are refused all the same.

    Args:
        path: The file.
        limit: The size that it may have, in bytes.

    Raises:
        HashzipError: It is no regular file, is too large, or grows while it is read.
        OSError: It is missing, or the system refuses it.
    """
    return _read(os.fspath(path), limit)


def read_named(root: str, path: str, *, limit: int = TEXT_LIMIT) -> bytes:
    """Read a file that the user names on the command line.

    It may be anywhere and of any kind, such as the pipe of `<(…)`. One in the project is read as
    `read` does, because its name does not tell what a stranger has put there.

    Args:
        root: The project's folder, absolute and without links.
        path: The file, relative to the current folder, or absolute.
        limit: The size that it may have, in bytes.

    Raises:
        HashzipError: It is too large; in the project, as for `read`.
        OSError: It is missing, or the system refuses it.
    """
    location = os.path.abspath(path)
    if is_below(os.fsencode(location), os.fsencode(root)):
        return read(root, location, limit=limit)
    with open(location, "rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise _size_error(location, limit)
    return content


def open_file(root: str, path: str) -> BinaryIO:
    """Open a file of a project that is too large to be read at once, such as a zip.

    Args:
        root: As for `read`.
        path: As for `read`.

    Raises:
        HashzipError: A link leads out of the project, or it is no regular file.
        OSError: It is missing, or the system refuses it.
    """
    return open(open_regular(locate(root, path)), "rb")


def is_there(root: str, path: str) -> bool:
    """Return whether a project has a file, or something in its place that is refused when read.

    It would be wrong to pass over a pipe: other programs would open it.

    Args:
        root: The project's folder.
        path: The file, relative to the project, or absolute.
    """
    location = os.path.join(root, path)
    return os.path.exists(location) and not os.path.isdir(location)


def locate(root: str, path: str) -> str:
    """Return the path on this machine of a file or folder of a project, which may not exist.

    Args:
        root: The project's folder, absolute and without links.
        path: The file or folder, relative to the project, or absolute.

    Raises:
        HashzipError: The path, or a link in it, leads out of the project; a link leads to nothing.
    """
    if "\0" in path:
        raise HashzipError(
            f"{escape(os.fsencode(path))} cannot be a path", "correct it where it is written"
        )
    location = os.path.join(root, path)
    below = root.rstrip(os.sep) + os.sep
    if location != root and not location.startswith(below):
        raise HashzipError(
            f"{escape(os.fsencode(location))} is outside the project {escape(os.fsencode(root))}",
            "move it into the project, or move hashzip.toml up to a folder that has both",
        )
    part = root
    for name in location[len(below) :].replace(os.sep, "/").split("/"):
        part = os.path.join(part, name)
        if name == os.pardir or os.path.islink(part):
            resolve(os.fsencode(root), os.fsencode(part))
    return location


def resolve(root: bytes, link: bytes, hint: str = "") -> bytes:
    """Return the real path that a link leads to, which must be in a project.

    Args:
        root: The project's folder, absolute and without links.
        link: The path of the link.
        hint: What else the user may do about a link that leads nowhere, or out of the project.

    Raises:
        HashzipError: It leads out of the project or to nothing, or it cannot be followed.
    """
    try:
        real = os.path.realpath(link, strict=True)
    except OSError as error:
        problem = _BROKEN_LINK.get(error.errno or 0)
        if problem is None or not os.path.islink(link):
            raise read_error(link, error) from error
        raise HashzipError(
            f"the link {escape(link)} {problem} ({escape(os.readlink(link))})",
            f"fix or remove the link{hint}",
        ) from error
    if not is_below(real, root):
        raise HashzipError(
            f"the link {escape(link)} leads out of the project, to {escape(real)}",
            f"copy its target into the project{hint}",
        )
    return real


def is_below(path: bytes, folder: bytes) -> bool:
    """Return whether a path is a folder, or is in it. Both are absolute and without links."""
    separator = os.fsencode(os.sep)
    return path == folder or path.startswith(folder.rstrip(separator) + separator)


def open_regular(location: str | bytes) -> int:
    """Open a regular file for reading, and nothing else.

    What is no regular file is not even opened: opening a device can have an effect of its own.

    Args:
        location: Its path on this machine, whose links have been checked.

    Returns:
        The file descriptor.

    Raises:
        HashzipError: It is a folder, a socket, a pipe or a device.
        OSError: It is missing, or the system refuses it.
    """
    _check_regular(location, os.stat(location).st_mode)
    descriptor = os.open(location, OPEN)
    try:
        _check_regular(location, os.fstat(descriptor).st_mode)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def kind_error(
    location: str | bytes, mode: int, hint: str = "put a file in its place, or name another"
) -> HashzipError:
    """Return the error of something that is not a regular file.

    Args:
        location: Its path on this machine.
        mode: Its mode, as in its status.
        hint: What the user can do.
    """
    kind = _KINDS.get(stat.S_IFMT(mode), "neither a file nor a folder")
    return HashzipError(f"{escape(os.fsencode(location))} is {kind}", hint)


def growth_error(location: str | bytes) -> HashzipError:
    """Return the error of a file that has more content than its status says."""
    return HashzipError(
        f"{escape(os.fsencode(location))} grows while it is read",
        "wait until nothing writes to it, and run this again",
    )


def _check_regular(location: str | bytes, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise kind_error(location, mode)


def _size_error(location: str, limit: int, size: str = "more") -> HashzipError:
    return HashzipError(
        f"{escape(os.fsencode(location))} has {size} bytes; it may have {limit:,}",
        "check that it is the right file",
    )


def _read(location: str, limit: int) -> bytes:
    descriptor = open_regular(location)
    try:
        size = os.fstat(descriptor).st_size
        if size > limit:
            raise _size_error(location, limit, f"{size:,}")
        chunks = []
        remaining = size
        # One byte more than there should be shows that it grows, or that its size is not known.
        while chunk := os.read(descriptor, min(remaining + 1, _READ)):
            chunks.append(chunk)
            remaining -= len(chunk)
            if remaining < 0:
                raise growth_error(location)
    finally:
        os.close(descriptor)
    return b"".join(chunks)
