"""What is known of installed packages: where a file lies, and which package it is from."""

import os
from pathlib import Path

from hashzip.artifacts.manifest import Package
from hashzip.builders.python.tree import NO_PACKAGE, Tree, TreeFile
from hashzip.inputs.files import DATA, FileEntry

ABLE, GREET = Package("able", "1.0"), Package("greet", "2.0")


def tree(folder: Path, **owners: int) -> Tree:
    """Make a tree of two packages, with one module for each owner."""
    files = [
        TreeFile(FileEntry(f"{name}.py", DATA, 1, "0" * 64), owner)
        for name, owner in owners.items()
    ]
    return Tree(folder, files, [ABLE, GREET], {})


class TestSource:
    """Where a file lies."""

    def test_below_the_folder(self, tmp_path: Path) -> None:
        """A file keeps its path, and lies below the tree's folder."""
        made = tree(tmp_path, able=0)

        source = made.source(made.files[0])

        assert source.path == "able.py"
        assert source.location == os.fsencode(tmp_path / "able.py")


class TestOwners:
    """Which package a file is from."""

    def test_prefix(self, tmp_path: Path) -> None:
        """Each file is listed by its path in the zip, with the name and version of its package."""
        owners = tree(tmp_path, able=0, greet=1).owners("python/", [ABLE, GREET])

        assert owners == {"python/able.py": "able 1.0", "python/greet.py": "greet 2.0"}

    def test_only_the_wanted(self, tmp_path: Path) -> None:
        """Files of other packages are not listed."""
        assert tree(tmp_path, able=0, greet=1).owners("", [GREET]) == {"greet.py": "greet 2.0"}

    def test_no_package(self, tmp_path: Path) -> None:
        """A file that no package recorded is not listed, though the last package is wanted."""
        assert tree(tmp_path, greet=1, left=NO_PACKAGE).owners("", [ABLE, GREET]) == {
            "greet.py": "greet 2.0"
        }
