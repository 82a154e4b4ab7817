"""Which folders are members of a workspace: its patterns, and what it excludes, by cargo's rules.

Each folder of the project is looked at once for each part of a pattern, whatever links lead where,
so the time is linear. https://docs.rs/glob
"""

import os
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from hashzip.inputs.gitignore import WILDCARDS
from hashzip.project.layout import ARTIFACTS, CACHE

_ANY_FOLDERS = "**"
_UP = ".."


def exclusion(workspace: str, settings: Mapping[str, Any]) -> Callable[[str], bool]:
    """Return what says whether a workspace's `exclude` covers a folder, by cargo's rule.

    `members` wins over `exclude` where it has the folder's path, and not only a pattern.
    """

    def paths(key: str) -> set[str]:
        listed = settings.get(key, [])
        return {posixpath.normpath(posixpath.join(workspace, path)) for path in listed}

    excluded = paths("exclude")
    members = paths("members") if excluded else set()

    def is_excluded(folder: str) -> bool:
        places = (folder, *parents(folder))
        return not excluded.isdisjoint(places) and members.isdisjoint(places)

    return is_excluded


def parents(folder: str) -> Iterator[str]:
    """Yield the folders above a folder, without the project's own."""
    while "/" in folder:
        folder = folder.rpartition("/")[0]
        yield folder


class Folders:
    """The folders of a project, each listed once. Paths are relative to the project.

    Args:
        root: The project's folder, absolute and without links.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._listed: dict[str, dict[str, str]] = {}

    def matching(self, folder: str, pattern: str) -> list[str]:
        """Return the folders that a pattern matches; none of them is outside the project.

        Args:
            folder: The folder that the pattern is relative to.
            pattern: A path with `*`, `?`, `[…]` and `**`, `/`-separated.
        """
        if pattern.startswith("/") or "\0" in pattern:
            return []
        import fnmatch

        # By path as it is written, with the path that it has without links.
        places = {folder: folder}
        previous = ""
        for part in posixpath.normpath(pattern).split("/"):
            if part == _ANY_FOLDERS:
                # Another one behind it matches nothing more.
                places = places if previous == part else self._below(places.values())
            elif WILDCARDS.intersection(part):
                places = self._children(places.values(), re.compile(fnmatch.translate(part)))
            else:
                places = dict(self._named(places.values(), part))
            previous = part
        return sorted(places)

    def _named(self, folders: Iterable[str], name: str) -> Iterator[tuple[str, str]]:
        for folder in folders:
            path = posixpath.normpath(posixpath.join(folder, name))
            if path != _UP and not path.startswith("../"):
                real = path if name == _UP else self._list(folder).get(name)
                if real is not None:
                    yield path, real

    def _children(self, folders: Iterable[str], name: "re.Pattern[str]") -> dict[str, str]:
        return {
            posixpath.normpath(posixpath.join(folder, child)): real
            for folder in folders
            for child, real in self._list(folder).items()
            if name.match(child)
        }

    def _below(self, folders: Iterable[str]) -> dict[str, str]:
        """Return folders and all that is below them, each once."""
        waiting = list(dict.fromkeys(folders))
        seen = set(waiting)
        for folder in waiting:
            new = [real for real in self._list(folder).values() if real not in seen]
            seen.update(new)
            waiting += new
        return {folder: folder for folder in waiting}

    def _list(self, folder: str) -> dict[str, str]:
        """Return the folders in a folder: names, and paths without links."""
        if folder not in self._listed:
            self._listed[folder] = dict(self._scan(folder))
        return self._listed[folder]

    def _scan(self, folder: str) -> Iterator[tuple[str, str]]:
        own = (ARTIFACTS, CACHE) if folder == "." else ()
        try:
            with os.scandir(os.path.join(self._root, folder)) as entries:
                for entry in entries:
                    if entry.name in own or not entry.name.isprintable() or not entry.is_dir():
                        continue
                    path = posixpath.normpath(posixpath.join(folder, entry.name))
                    real = self._real(path) if entry.is_symlink() else path
                    if real is not None:
                        yield entry.name, real
        except OSError:
            return  # cargo skips what it cannot read

    def _real(self, link: str) -> str | None:
        """Return the path that a link leads to; None if it leads out of the project."""
        real = os.path.realpath(os.path.join(self._root, link))
        relative = os.path.relpath(real, self._root).replace(os.sep, "/")
        return None if relative == _UP or relative.startswith("../") else relative
