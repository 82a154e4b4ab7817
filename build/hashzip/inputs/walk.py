"""Find the files of a source folder.

Terraform runs this on every plan. Paths are bytes here, and decoded as UTF-8 wherever a name
counts, so that no locale changes one.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from hashzip.errors import HashzipError, escape, read_error
from hashzip.inputs import gitignore, paths
from hashzip.inputs.files import Listing
from hashzip.inputs.gitignore import Matcher, PatternSet
from hashzip.project import files

_SEPARATOR = os.fsencode(os.sep)
_NOT_PLAIN = frozenset((b"", b".", b".."))


def walk(
    root: str,
    folder: str,
    *,
    include: Sequence[str] = ("**",),
    exclude: Sequence[str] = (),
    skip: str = "",
    are_sources: bool = True,
) -> Listing:
    """List the files of a folder.

    Args:
        root: The folder that no link may lead out of, absolute and without links.
        folder: The folder to walk, relative to the root.
        include: Patterns of the files to take.
        exclude: Patterns of the files to leave out of these.
        skip: A folder, relative to the root, that is never walked.
        are_sources: Whether a person keeps these files. Tools and editors leave files of their own
            beside them, which are left out unless a pattern of `include` names them.

    Raises:
        HashzipError: The folder is missing; a link dangles, loops or leads out of the root; there
            is a socket, pipe or device; a folder cannot be read.
    """
    return _Walk(os.fsencode(root), include, exclude, skip, are_sources=are_sources).folder(folder)


def walk_with_links(root: str, folder: str) -> tuple[Listing, list[bytes]]:
    """List the files and the symbolic links of a folder that a program made, and follow no link.

    Args:
        root: The folder that the folder itself may not lead out of, absolute and without links.
        folder: The folder to walk, relative to the root.

    Returns:
        The files, and the paths of the links on this machine, in no order.

    Raises:
        HashzipError: The folder is missing; there is a socket, pipe or device; a folder cannot be
            read.
    """
    links: list[bytes] = []
    walk = _Walk(os.fsencode(root), (gitignore.EVERYTHING,), (), "", are_sources=False, links=links)
    return walk.folder(folder), links


def is_left_out(path: str) -> bool:
    """Return whether `walk_with_links` leaves out a file, by its path below the folder."""
    *folders, name = path.encode().split(b"/")
    return any(
        paths.is_left_out_everywhere(each, is_root=False) for each in (*folders, name)
    ) or any(_is_cache(folder, above) for above, folder in pairwise(folders))


def require_files(root: str, listings: Sequence[Listing]) -> None:
    """Check that there is a file to pack.

    Args:
        root: The project's folder.
        listings: The files of all source folders.

    Raises:
        HashzipError: No folder has a file.
    """
    if not any(listing.files for listing in listings):
        folders = ", ".join(
            escape(os.path.relpath(listing.folder, os.fsencode(root))) for listing in listings
        )
        raise HashzipError(
            f"there is no file to pack in {folders} (in {root})",
            "put the function's files there, or check its include and exclude patterns",
        )


class _Folder(NamedTuple):
    """A folder that is still to be walked.

    Attributes:
        location: On this machine.
        above: The real paths of this folder and those above it, to notice a link that loops.
        taken: Whether an `include` pattern matched a folder above, which takes all below it.
    """

    location: bytes
    above: tuple[bytes, ...]
    taken: bool


class _Walk:
    """A walk over a folder. It adds links to a list, if there is one, or else follows them."""

    def __init__(
        self,
        root: bytes,
        include: Sequence[str],
        exclude: Sequence[str],
        skip: str,
        *,
        are_sources: bool,
        links: list[bytes] | None = None,
    ) -> None:
        self.root = root
        self.include = None if gitignore.EVERYTHING in include else PatternSet(include)
        self.included: Matcher = self.include or gitignore.always
        self.exclude = PatternSet(exclude) if exclude else None
        self.excluded: Matcher = self.exclude or gitignore.never
        self.excluded_paths: list[str] = []
        named = [pattern for pattern in include if gitignore.has_name(pattern)]
        self.named = gitignore.matcher(named) if named else None
        self.takes_all = not (self.include or self.exclude or self.named)
        self.skip = os.path.join(root, skip.encode()) if skip else b""
        # A link to a folder of the project, which is skipped too.
        self.skip_real = os.path.realpath(self.skip) if os.path.islink(self.skip) else self.skip
        self.are_sources = are_sources
        self.links = links
        self.is_left_out = paths.is_left_out if are_sources else paths.is_left_out_everywhere

    def folder(self, folder: str) -> Listing:
        location = os.path.join(self.root, folder.encode()) if folder != "." else self.root
        if not os.path.isdir(location):
            raise HashzipError(
                f"the source folder {escape(location)} does not exist",
                "make it, or correct source in hashzip.toml",
                key="source",
            )
        listing = Listing(location, [])
        # No recursion: folders can be nested deeper than Python's stack.
        waiting = [_Folder(location, (self._real(folder, location),), taken=self.include is None)]
        while waiting:
            self._scan(waiting.pop(), listing, waiting)
        return listing._replace(unused=self._unused(listing))

    def _scan(self, folder: _Folder, listing: Listing, waiting: list[_Folder]) -> None:
        """Add the files of a folder to the listing, and its folders to those that wait."""
        location, above, taken = folder
        entries = _entries(location)
        is_root = self.are_sources and above[-1] == self.root
        try:
            for entry in entries:
                name = entry.name
                path = "" if self.takes_all else self._path(entry, listing.folder)
                if self.is_left_out(name, is_root=is_root) and not (
                    self.named and self.named(path, is_folder=entry.is_dir())
                ):
                    continue
                # Checked before the entry is looked at, so that an excluded one cannot be an error.
                if path and self._is_excluded(path, is_folder=False):
                    continue
                # Inline, because most entries are plain files, and each plan may see 100,000.
                if not entry.is_file(follow_symlinks=False):
                    if entry.path == self.skip or _is_cache(name, location):
                        continue
                    if self.links is not None and entry.is_symlink():
                        self.links.append(entry.path)
                        continue
                    if self._is_folder(entry):
                        waiting.extend(self._enter(entry, path, folder))
                        continue
                if taken or self.included(path, is_folder=False):
                    listing.files.append(entry.path)
        except OSError as error:  # the entry was removed or replaced since it was listed
            raise read_error(entry.path, error) from error

    def _is_excluded(self, path: str, *, is_folder: bool) -> bool:
        is_excluded = self.excluded(path, is_folder=is_folder)
        if is_excluded:
            self.excluded_paths.append(f"{path}/" if is_folder else path)
        return is_excluded

    def _unused(self, listing: Listing) -> frozenset[str]:
        """Return the patterns that have matched nothing."""
        start = len(listing.folder) + len(_SEPARATOR)
        files = (paths.for_patterns(location[start:]) for location in listing.files)
        unused = self.include.unused(files) if self.include else []
        return frozenset(
            unused + (self.exclude.unused(self.excluded_paths) if self.exclude else [])
        )

    def _path(self, entry: os.DirEntry[bytes], folder: bytes) -> str:
        """Return the path that patterns match: an entry's path in the package."""
        return paths.for_patterns(entry.path[len(folder) + len(_SEPARATOR) :])

    def _is_folder(self, entry: os.DirEntry[bytes]) -> bool:
        """Return whether an entry is a folder or a link to one; if not, it is a file."""
        if entry.is_dir(follow_symlinks=False):
            return True
        is_link = entry.is_symlink()
        mode = os.stat(self._resolve(entry.path) if is_link else entry.path).st_mode
        if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
            raise files.kind_error(entry.path, mode, "remove it, or name it in exclude")
        return stat.S_ISDIR(mode)

    def _enter(self, entry: os.DirEntry[bytes], path: str, folder: _Folder) -> Iterator[_Folder]:
        """Yield a folder that is to be walked, unless a pattern excludes it."""
        if path and self._is_excluded(path, is_folder=True):
            return
        real = folder.above[-1] + _SEPARATOR + entry.name
        if entry.is_symlink():
            real = self._resolve(entry.path)
            if any(files.is_below(above, real) for above in folder.above):
                raise HashzipError(
                    f"the link {escape(entry.path)} leads to a folder that it is in",
                    "remove the link, or name it in exclude",
                )
        if real != self.skip_real:
            takes = folder.taken or self.included(path, is_folder=True)
            yield _Folder(entry.path, (*folder.above, real), takes)

    def _real(self, folder: str, location: bytes) -> bytes:
        """Return the real path of a source folder, which seldom has a link in it."""
        real = self.root
        for part in folder.encode().split(b"/"):
            real += _SEPARATOR + part
            if part in _NOT_PLAIN or os.path.islink(real):
                return self._resolve(location)
        return real

    def _resolve(self, link: bytes) -> bytes:
        """Return the real path that a link leads to, which must be in the project."""
        return files.resolve(self.root, link, ", or name it in exclude")


def _entries(folder: bytes) -> list[os.DirEntry[bytes]]:
    try:
        with os.scandir(folder) as scanned:
            return list(scanned)
    except OSError as error:
        raise read_error(folder, error) from error


def _is_cache(name: bytes, folder: bytes) -> bool:
    return name == b".cache" and os.path.basename(folder) == b"node_modules"
