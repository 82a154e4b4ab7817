"""Finds the files that go into a package, and reads what they are. Second stage.

Standard library only: Terraform runs this on every plan. Paths are bytes here, decoded as UTF-8,
so that no locale changes a name.
"""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hashzip import names, patterns
from hashzip.errors import HashzipError, printable
from hashzip.names import SourceFile
from hashzip.patterns import Matcher

# Left out of every package, at any depth: what tools leave behind, and no program needs.
LEFT_OUT = frozenset(
    (
        b".git",
        b".hg",
        b".svn",
        b"__pycache__",
        b".DS_Store",
        b"Thumbs.db",
        b".venv",
        b".terraform",
        b".pytest_cache",
        b".mypy_cache",
        b".ruff_cache",
        b".hashzip",
    )
)
_LEFT_OUT_ENDING = b".pyc"
_LEFT_OUT_BELOW = (b"node_modules", b".cache")

_BROKEN_LINK = {
    errno.ENOENT: "leads to nothing",
    errno.ENOTDIR: "leads to nothing",
    errno.ELOOP: "loops",
}


def scan(
    root: str,
    folders: Sequence[str],
    *,
    include: Sequence[str] = ("**",),
    exclude: Sequence[str] = (),
    executable: Sequence[str] = (),
    skip: str = "",
) -> list[SourceFile]:
    """Finds all files of some folders laid over each other.

    Args:
        root: The folder that no link may lead out of, absolute and free of links.
        folders: Relative to the root.
        include: Patterns of what is taken.
        exclude: Patterns of what of that is left out.
        executable: Patterns of what gets mode 0755 whatever its content.
        skip: A folder, relative to the root, that is never walked.

    Returns:
        The files, sorted by the bytes of their paths.

    Raises:
        HashzipError: No file; two files with one path, or with paths equal but for case or Unicode
            form; a link that dangles, loops or leads out of the root; a socket, pipe or device; a
            name that is not UTF-8 or has a control character; a folder that cannot be read.
    """
    walk = _Walk(
        os.fsencode(root),
        patterns.matcher(include),
        patterns.matcher(exclude),
        patterns.matcher(executable),
        skip,
    )
    found = [file for folder in folders for file in walk.folder(folder)]
    if not found:
        raise HashzipError(
            f"there is no file to pack in {', '.join(folders)} (in {root})",
            "put the function's files there, or look at its include and exclude patterns",
        )
    found.sort(key=lambda file: file.path.encode())
    names.refuse_clashes(found)
    return found


class _Folder(NamedTuple):
    """A folder that is still to be walked.

    Attributes:
        location: On this machine.
        prefix: In the package, with a slash at its end, or "".
        above: The real paths of this folder and those above it, to see a link that loops.
        taken: Whether an `include` pattern matched a folder above, which takes all below it.
        executable: The same for `executable`.
    """

    location: bytes
    prefix: str
    above: tuple[bytes, ...]
    taken: bool
    executable: bool


class _Walk:
    """One walk over the folders of a function."""

    def __init__(
        self,
        root: bytes,
        included: Matcher,
        excluded: Matcher,
        executable: Matcher,
        skip: str,
    ) -> None:
        self.root = root
        self.included = included
        self.excluded = excluded
        self.executable = executable
        self.skip = os.path.join(root, skip.encode()) if skip else b""

    def folder(self, folder: str) -> Iterator[SourceFile]:
        location = os.path.join(self.root, folder.encode()) if folder != "." else self.root
        if not os.path.isdir(location):
            raise HashzipError(
                f"the source folder {printable(location)} does not exist",
                "make it, or correct source in hashzip.toml",
            )
        real = self._resolve(location)
        # No recursion: folders can be nested deeper than Python's stack.
        waiting = [_Folder(location, "", (real,), taken=False, executable=False)]
        while waiting:
            yield from self._entries(waiting.pop(), waiting)

    def _entries(self, folder: "_Folder", waiting: list["_Folder"]) -> Iterator[SourceFile]:
        """Answers the files of one folder, and adds its folders to those that wait."""
        location, prefix, above, taken, executable = folder
        try:
            with os.scandir(location) as listing:
                entries = list(listing)
        except OSError as error:
            raise unreadable(location, error) from error
        for entry in entries:
            if _is_left_out(entry.name, location):
                continue
            path = prefix + names.decode(entry.name, location)
            # Asked before the entry is looked at, so that what is excluded can be no error.
            if entry.path == self.skip or self.excluded(path, is_folder=False):
                continue
            is_folder, real = self._kind(entry, above)
            takes = taken or self.included(path, is_folder=is_folder)
            runs = executable or self.executable(path, is_folder=is_folder)
            if not is_folder:
                if takes:
                    yield SourceFile(path, entry.path, runs)
            elif real != self.skip and not self.excluded(path, is_folder=True):
                waiting.append(_Folder(entry.path, path + "/", (*above, real), takes, runs))

    def _kind(self, entry: os.DirEntry[bytes], above: tuple[bytes, ...]) -> tuple[bool, bytes]:
        """Answers whether an entry is a folder, and a folder's real path."""
        if entry.is_file(follow_symlinks=False):
            return False, b""
        if entry.is_dir(follow_symlinks=False):
            return True, os.path.join(above[-1], entry.name)
        if not entry.is_symlink():
            raise _not_a_file(entry.path, entry.stat(follow_symlinks=False).st_mode)
        real = self._resolve(entry.path)
        mode = os.stat(real).st_mode
        if stat.S_ISREG(mode):
            return False, real
        if not stat.S_ISDIR(mode):
            raise _not_a_file(entry.path, mode)
        if any(_is_below(folder, real) for folder in above):
            raise HashzipError(
                f"the link {printable(entry.path)} leads to a folder that it is in",
                "remove the link, or name it in exclude",
            )
        return True, real

    def _resolve(self, link: bytes) -> bytes:
        """Follows a link to the real path of its end, which must lie in the project."""
        try:
            real = os.path.realpath(link, strict=True)
        except OSError as error:
            problem = _BROKEN_LINK.get(error.errno or 0)
            if problem is None:
                raise unreadable(link, error) from error
            raise HashzipError(
                f"the link {printable(link)} {problem} ({printable(os.readlink(link))})",
                "mend or remove the link, or name it in exclude",
            ) from error
        if not _is_below(real, self.root):
            raise HashzipError(
                f"the link {printable(link)} leads out of the project, to {printable(real)}",
                "copy what it leads to into the project, or name the link in exclude",
            )
        return real


def _is_left_out(name: bytes, folder: bytes) -> bool:
    return (
        name in LEFT_OUT
        or name.endswith(_LEFT_OUT_ENDING)
        or (name == _LEFT_OUT_BELOW[1] and os.path.basename(folder) == _LEFT_OUT_BELOW[0])
    )


def _is_below(path: bytes, folder: bytes) -> bool:
    return path == folder or path.startswith(
        folder.rstrip(os.fsencode(os.sep)) + os.fsencode(os.sep)
    )


def _not_a_file(location: bytes, mode: int) -> HashzipError:
    kinds = {
        stat.S_IFSOCK: "a socket",
        stat.S_IFIFO: "a pipe",
        stat.S_IFBLK: "a device",
        stat.S_IFCHR: "a device",
    }
    return HashzipError(
        f"{printable(location)} is {kinds.get(stat.S_IFMT(mode), 'neither a file nor a folder')}",
        "remove it, or name it in exclude",
    )


def unreadable(location: bytes, error: OSError) -> HashzipError:
    """Makes the error of a file or folder that is an input and cannot be read."""
    if isinstance(error, FileNotFoundError):
        return HashzipError(
            f"{printable(location)} vanished while it was read",
            "wait until nothing writes to the sources, and run this again",
        )
    return HashzipError(
        f"cannot read {printable(location)}: {error.strerror}",
        "give yourself the right to read it, or name it in exclude",
    )
