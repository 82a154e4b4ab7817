"""Finds the files that go into a package, and reads what they are. Second stage.

Standard library only: Terraform runs this on every plan. Paths are bytes here, decoded as UTF-8,
so that no locale changes a name.
"""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hashzip.errors import HashzipError, escape, read_error
from hashzip.inputs import gitignore, paths
from hashzip.inputs.files import BY_PATH, SourceFile
from hashzip.inputs.gitignore import Matcher

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

_SEPARATOR = os.fsencode(os.sep)
_NOT_PLAIN = frozenset((b"", b".", b".."))

_BROKEN_LINK = {
    errno.ENOENT: "leads to nothing",
    errno.ENOTDIR: "leads to nothing",
    errno.ELOOP: "loops",
}


class Listing(NamedTuple):
    """The files of a source folder.

    Attributes:
        folder: Where it is on this machine.
        files: Where they are: below the folder, in no order.
    """

    folder: bytes
    files: list[bytes]


def scan(
    root: str,
    folders: Sequence[str],
    *,
    include: Sequence[str] = ("**",),
    exclude: Sequence[str] = (),
    executable: Sequence[str] = (),
    skip: str = "",
) -> list[SourceFile]:
    """Finds all files of some folders laid over each other, as `walk` and `name` do together."""
    listings = [
        walk(root, folder, include=include, exclude=exclude, skip=skip) for folder in folders
    ]
    require_files(root, listings)
    return name(listings, executable)


def walk(
    root: str,
    folder: str,
    *,
    include: Sequence[str] = ("**",),
    exclude: Sequence[str] = (),
    skip: str = "",
) -> Listing:
    """Lists the files of a folder.

    Args:
        root: The folder that no link may lead out of, absolute and free of links.
        folder: Relative to the root.
        include: Patterns of what is taken.
        exclude: Patterns of what of that is left out.
        skip: A folder, relative to the root, that is never walked.

    Raises:
        HashzipError: The folder is missing; a link dangles, loops or leads out of the root; there
            is a socket, pipe or device; a folder cannot be read.
    """
    included, excluded = gitignore.matcher(include), gitignore.matcher(exclude)
    return _Walk(os.fsencode(root), included, excluded, skip).folder(folder)


def require_files(root: str, listings: Sequence[Listing]) -> None:
    """Refuses folders that have no file among them.

    Raises:
        HashzipError: There is none.
    """
    if not any(listing.files for listing in listings):
        folders = ", ".join(
            escape(os.path.relpath(folder, os.fsencode(root))) for folder, _ in listings
        )
        raise HashzipError(
            f"there is no file to pack in {folders} (in {root})",
            "put the function's files there, or look at its include and exclude patterns",
        )


def name(listings: Sequence[Listing], executable: Sequence[str] = ()) -> list[SourceFile]:
    """Names the files as they are in the package.

    Args:
        listings: Folders laid over each other.
        executable: Patterns of what gets mode 0755 whatever its content.

    Returns:
        The files, sorted by the bytes of their paths.

    Raises:
        HashzipError: Two files with one path, or with paths equal but for case or Unicode form; a
            name that is not UTF-8 or has a control character.
    """
    runs = gitignore.matcher_below(executable)
    found = []
    for folder, files in listings:
        start = len(folder) + len(_SEPARATOR)
        for location in files:
            path = paths.decode(location[start:], folder)
            found.append(SourceFile(path, location, runs(path)))
    found.sort(key=BY_PATH)
    paths.check_no_clashes(found)
    return found


class _Folder(NamedTuple):
    """A folder that is still to be walked.

    Attributes:
        location: On this machine.
        above: The real paths of this folder and those above it, to see a link that loops.
        taken: Whether an `include` pattern matched a folder above, which takes all below it.
    """

    location: bytes
    above: tuple[bytes, ...]
    taken: bool


class _Walk:
    """A walk over the folders of a function."""

    def __init__(self, root: bytes, included: Matcher, excluded: Matcher, skip: str) -> None:
        self.root = root
        self.included = included
        self.excluded = excluded
        self.takes_all = included is gitignore.always and excluded is gitignore.never
        self.skip = os.path.join(root, skip.encode()) if skip else b""

    def folder(self, folder: str) -> Listing:
        location = os.path.join(self.root, folder.encode()) if folder != "." else self.root
        if not os.path.isdir(location):
            raise HashzipError(
                f"the source folder {escape(location)} does not exist",
                "make it, or correct source in hashzip.toml",
            )
        found = Listing(location, [])
        # No recursion: folders can be nested deeper than Python's stack.
        waiting = [_Folder(location, (self._real(folder, location),), taken=self.takes_all)]
        while waiting:
            self._entries(waiting.pop(), found, waiting)
        return found

    def _entries(self, folder: _Folder, found: Listing, waiting: list[_Folder]) -> None:
        """Adds the files of one folder, and its folders to those that wait."""
        location, _, taken = folder
        try:
            with os.scandir(location) as listing:
                entries = list(listing)
        except OSError as error:
            raise read_error(location, error) from error
        for entry in entries:
            name = entry.name
            if name in LEFT_OUT or name.endswith(_LEFT_OUT_ENDING):
                continue
            path = "" if self.takes_all else self._path(entry, found.folder)
            # Asked before the entry is looked at, so that what is excluded can be no error.
            if path and self.excluded(path, is_folder=False):
                continue
            # In line, since most entries are plain files, and there may be 100,000 on every plan.
            if not entry.is_file(follow_symlinks=False):
                if entry.path == self.skip or _is_cache(name, location):
                    continue
                if self._is_folder(entry):
                    waiting.extend(self._enter(entry, path, folder))
                    continue
            if taken or self.included(path, is_folder=False):
                found.files.append(entry.path)

    def _path(self, entry: os.DirEntry[bytes], folder: bytes) -> str:
        """Answers what patterns are asked about: an entry's path in the package."""
        return paths.decode(entry.path[len(folder) + len(_SEPARATOR) :], folder)

    def _is_folder(self, entry: os.DirEntry[bytes]) -> bool:
        """Answers whether an entry is a folder or a link to one; if not, it is a file."""
        if entry.is_dir(follow_symlinks=False):
            return True
        is_link = entry.is_symlink()
        mode = os.stat(self._resolve(entry.path) if is_link else entry.path).st_mode
        if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
            raise _not_a_file(entry.path, mode)
        return stat.S_ISDIR(mode)

    def _enter(self, entry: os.DirEntry[bytes], path: str, folder: _Folder) -> Iterator[_Folder]:
        """Answers a folder as one that waits, unless a pattern excludes it."""
        if path and self.excluded(path, is_folder=True):
            return
        real = folder.above[-1] + _SEPARATOR + entry.name
        if entry.is_symlink():
            real = self._resolve(entry.path)
            if any(_is_below(above, real) for above in folder.above):
                raise HashzipError(
                    f"the link {escape(entry.path)} leads to a folder that it is in",
                    "remove the link, or name it in exclude",
                )
        if real != self.skip:
            takes = folder.taken or self.included(path, is_folder=True)
            yield _Folder(entry.path, (*folder.above, real), takes)

    def _real(self, folder: str, location: bytes) -> bytes:
        """Answers the real path of a source folder, which seldom has a link in it."""
        real = self.root
        for part in folder.encode().split(b"/"):
            real += _SEPARATOR + part
            if part in _NOT_PLAIN or os.path.islink(real):
                return self._resolve(location)
        return real

    def _resolve(self, link: bytes) -> bytes:
        """Follows a link to the real path of its end, which must lie in the project."""
        try:
            real = os.path.realpath(link, strict=True)
        except OSError as error:
            problem = _BROKEN_LINK.get(error.errno or 0)
            if problem is None:
                raise read_error(link, error) from error
            raise HashzipError(
                f"the link {escape(link)} {problem} ({escape(os.readlink(link))})",
                "mend or remove the link, or name it in exclude",
            ) from error
        if not _is_below(real, self.root):
            raise HashzipError(
                f"the link {escape(link)} leads out of the project, to {escape(real)}",
                "copy what it leads to into the project, or name the link in exclude",
            )
        return real


def _is_cache(name: bytes, folder: bytes) -> bool:
    return name == _LEFT_OUT_BELOW[1] and os.path.basename(folder) == _LEFT_OUT_BELOW[0]


def _is_below(path: bytes, folder: bytes) -> bool:
    return path == folder or path.startswith(folder.rstrip(_SEPARATOR) + _SEPARATOR)


def _not_a_file(location: bytes, mode: int) -> HashzipError:
    kinds = {
        stat.S_IFSOCK: "a socket",
        stat.S_IFIFO: "a pipe",
        stat.S_IFBLK: "a device",
        stat.S_IFCHR: "a device",
    }
    return HashzipError(
        f"{escape(location)} is {kinds.get(stat.S_IFMT(mode), 'neither a file nor a folder')}",
        "remove it, or name it in exclude",
    )
