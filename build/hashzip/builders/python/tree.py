"""Installed packages: which files there are, where they lie, and which package each is from."""

import os
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from hashzip.artifacts.manifest import Package
from hashzip.inputs.files import FileEntry, SourceFile

NO_PACKAGE = -1


class TreeFile(NamedTuple):
    """An installed file.

    Attributes:
        entry: Its path below the tree, mode, size and digest.
        owner: The position of its package in `Tree.packages`, or `NO_PACKAGE`.
    """

    entry: FileEntry
    owner: int


class Missing(NamedTuple):
    """A package that installed ones need, and that is not there.

    Attributes:
        name: Its normalized name.
        needed_by: A package that needs it, as `name version`.
    """

    name: str
    needed_by: str


class Tree(NamedTuple):
    """Installed packages.

    Attributes:
        folder: Where the files lie.
        files: Sorted by path.
        packages: Sorted by name.
        tools: The versions of the tools that made it, other than uv, by name.
        missing: Packages that these need, sorted by name.
    """

    folder: Path
    files: Sequence[TreeFile]
    packages: Sequence[Package]
    tools: Mapping[str, str]
    missing: Sequence[Missing] = ()

    def source(self, file: TreeFile) -> SourceFile:
        """Return where a file of this tree lies."""
        location = os.fsencode(f"{self.folder}/{file.entry.path}")
        return SourceFile(file.entry.path, location, executable=False)

    def owners(self, prefix: str, packages: Container[Package]) -> dict[str, str]:
        """Map each file's path in the zip to its package, as `name version`.

        Args:
            prefix: The folder in the zip that holds the tree, with a slash at its end, or "".
            packages: The packages whose files to list.
        """
        names = {
            number: f"{package.name} {package.version}"
            for number, package in enumerate(self.packages)
            if package in packages
        }
        return {prefix + entry.path: names[owner] for entry, owner in self.files if owner in names}
