"""A tree of installed packages in the cache: its files, the list of them, and who installed it.

The cache may be in the project, or others may write to it. So a tree counts only if its list has
the code that this user's key gives, and a file only if it is what the list says: that is seen when
it is packed.
"""

import json
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from hashzip.artifacts.manifest import Package
from hashzip.builders.python.tree import Missing, Tree, TreeFile
from hashzip.errors import HashzipError
from hashzip.inputs import read
from hashzip.inputs.files import FileEntry
from hashzip.project import files
from hashzip.project.user_key import Key

LIST, CODE, FILES = "tree.json", "tree.mac", "tree"

_SMALL = 1_000  # bytes; the file of a code has fewer
_FORMAT = 5


def load(slot: Path, user: Key) -> Tree | None:
    """Read a tree, unless this user did not install it, or a file is missing or has another size.

    Nothing of it is looked at before the code of its list is right.
    """
    try:
        text = files.read_outside(slot / LIST)
        if files.read_outside(slot / CODE, limit=_SMALL) != _code(slot.name, text, user):
            return None
    except (HashzipError, OSError):
        return None
    return _parse(slot, text)


def _code(key: str, text: bytes, user: Key) -> bytes:
    """Return the content of the file that says who installed a tree."""
    return user.code(b"tree", key.encode(), content=[text]).hex().encode() + b"\n"


def _parse(slot: Path, text: bytes) -> Tree | None:
    """Return the tree of a list; None if that is damaged, or a file is not there."""
    try:
        document = json.loads(text)
        if document["format"] != _FORMAT:
            return None
        tree = Tree(
            slot / FILES,
            [TreeFile(FileEntry(*row[:4]), row[4]) for row in document["files"]],
            [
                Package(name, version, tuple(hashes), source)
                for name, version, hashes, source in document["packages"]
            ],
            document["tools"],
            tuple(Missing(*row) for row in document["missing"]),
        )
        if not _are_below([file.entry.path for file in tree.files]):
            return None
        folder = os.fspath(tree.folder)
        for (path, _, size, _), _ in tree.files:
            status = os.lstat(f"{folder}/{path}")
            if status.st_size != size or not stat.S_ISREG(status.st_mode):
                return None
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError):
        return None
    return tree


def _are_below(paths: Sequence[str]) -> bool:
    """Return whether all paths are those of files below a folder, as they are written in a zip."""
    text = "\0".join(f"/{path}/" for path in paths)
    bad = ("//", "/./", "/../", "\\")
    return text.count("\0") == len(paths) - bool(paths) and not any(part in text for part in bad)


def write(folder: Path, key: str, tree: Tree, user: Key) -> None:
    """Write the list of a tree, and who installed it.

    Args:
        folder: The folder that has the tree.
        key: The digest of everything that determines the tree.
        tree: The tree.
        user: The key of this user.

    Raises:
        OSError: It cannot be written.
    """
    text = _document(tree).encode()
    (folder / LIST).write_bytes(text)
    (folder / CODE).write_bytes(_code(key, text, user))


def _document(tree: Tree) -> str:
    document = {
        "format": _FORMAT,
        "size": size(tree),
        "files": [[*file.entry, file.owner] for file in tree.files],
        "packages": [[*package] for package in tree.packages],
        "tools": tree.tools,
        "missing": tree.missing,
    }
    return json.dumps(document)


def size(tree: Tree) -> int:
    """Return the size of all files, in bytes."""
    return sum(file.entry.size for file in tree.files)


def is_foreign(slot: Path, user: Key) -> bool:
    """Return whether there is a tree that another user installed."""
    try:
        text = files.read_outside(slot / LIST)
    except (HashzipError, OSError):
        return False
    return load(slot, user) is None and _parse(slot, text) is not None


def equals(slot: Path, tree: Tree) -> bool:
    """Return whether a cached tree, made by any user, equals a new one in each byte.

    Args:
        slot: The folder of the cached tree.
        tree: The new tree, as if it were there.
    """
    try:
        cached = _parse(slot, files.read_outside(slot / LIST))
    except (HashzipError, OSError):
        return False
    return cached == tree and is_exact(tree)


def is_exact(tree: Tree) -> bool:
    """Return whether the files of a tree are what its list says, and no others are there."""
    known = {file.entry.path for file in tree.files}
    for folder, folders, names in os.walk(tree.folder):
        paths = {Path(folder, name).relative_to(tree.folder).as_posix() for name in names}
        if not paths <= known or any(os.path.islink(os.path.join(folder, n)) for n in folders):
            return False
    try:
        entries = read.read(tree.source(file) for file in tree.files)
    except HashzipError:
        return False
    return entries == [file.entry for file in tree.files]
