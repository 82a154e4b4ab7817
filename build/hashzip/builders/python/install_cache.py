"""A cache of installed packages, shared by all projects of a user.

A tree is stored under the digest of everything that determines it, in the folder that
`HASHZIP_CACHE_DIR` names or in the system's cache folder; packing reads the files from there. When
the cache is larger than `HASHZIP_CACHE_MB` (default 5,000), the least recently used trees go.
"""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from hashzip.artifacts.manifest import Package
from hashzip.builders import python
from hashzip.builders.python.tree import Missing, Tree, TreeFile
from hashzip.errors import HashzipError
from hashzip.inputs import read
from hashzip.inputs.files import FileEntry
from hashzip.project import user_cache
from hashzip.system import locking

if TYPE_CHECKING:
    from hashzip.builders.build_plan import BuildPlan

LIMIT_VARIABLE = "HASHZIP_CACHE_MB"

_FORMAT = 4
_LIMIT_MB = 5_000
_IN_USE = 3600  # seconds after which no build still reads the tree that it took
_ABANDONED = 86_400  # seconds after which no install still runs
_DRAFT = ".draft-"


def installed(plan: "BuildPlan", *, fresh: bool = False) -> Tree:
    """Return the installed packages of a function or layer, installing them if necessary.

    Without requirements there are none.

    Args:
        plan: The plan of the function or layer.
        fresh: Install again even if the tree is cached.

    Raises:
        HashzipError: As for `get_or_install` and `install.install`.
    """
    lock = python.lock_of(plan)
    if lock is None:
        return Tree(Path(), [], [], {})

    def fill(folder: Path) -> Tree:
        from hashzip.builders.python import install  # noqa: PLC0415 - slow, and seldom needed

        return install.install(plan, lock, folder)

    return get_or_install(python.tree_key(plan), fill, fresh=fresh)


def get_or_install(key: str, install: Callable[[Path], Tree], *, fresh: bool = False) -> Tree:
    """Return a cached tree, or install it. Of two builds that want one tree, the second waits.

    Args:
        key: The digest of everything that determines the tree.
        install: Fills an empty folder and returns the tree in it.
        fresh: Install again even if the tree is cached.

    Raises:
        HashzipError: The installation failed, or the cache folder is not writable.
    """
    folder = cache_folder()
    slot = folder / key
    with suppress(OSError):  # absent, or in a read-only cache
        os.utime(slot / "tree.json")  # before it is read, so that no other build removes it
    tree = None if fresh else _load(slot)
    if tree is None:
        with user_cache.writing(folder), locking.hold(folder / f"{key}.lock"):
            tree = (None if fresh else _load(slot)) or _install(slot, install)
    return tree


def get(key: str) -> Tree | None:
    """Return a cached tree, or None."""
    return _load(cache_folder() / key)


def discard(location: bytes) -> bool:
    """Remove the cached tree that a damaged file belongs to; return False if there is none."""
    folder, path = cache_folder(), Path(os.fsdecode(location))
    if not path.is_relative_to(folder):
        return False
    shutil.rmtree(folder / path.relative_to(folder).parts[0], ignore_errors=True)
    return True


def cache_folder() -> Path:
    """Return the folder of all cached trees."""
    return Path(user_cache.folder(), "trees")


def _load(slot: Path) -> Tree | None:
    """Read a tree, unless one of its files is missing or has another size."""
    try:
        document = json.loads((slot / "tree.json").read_bytes())
        if document["format"] != _FORMAT:
            return None
        tree = Tree(
            slot / "tree",
            [TreeFile(FileEntry(*row[:4]), row[4]) for row in document["files"]],
            [
                Package(name, version, tuple(hashes), source)
                for name, version, hashes, source in document["packages"]
            ],
            document["tools"],
            tuple(Missing(*row) for row in document["missing"]),
        )
        folder = os.fspath(tree.folder)
        for (path, _, size, _), _ in tree.files:
            if os.stat(f"{folder}/{path}").st_size != size:
                return None
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None
    return tree


def _install(slot: Path, install: Callable[[Path], Tree]) -> Tree:
    limit = _limit()
    with tempfile.TemporaryDirectory(prefix=_DRAFT, dir=slot.parent) as draft:
        folder = Path(draft, "tree")
        folder.mkdir()
        tree = install(folder)._replace(folder=slot / "tree")
        finished = Path(draft, "finished")
        finished.mkdir()
        folder.rename(finished / "tree")
        (finished / "tree.json").write_text(_document(tree), encoding="utf-8")
        if not _is_intact(slot, tree):
            _make_room(slot.parent, limit - _size(tree))
            with suppress(FileNotFoundError):
                slot.rename(Path(draft, "damaged"))
            finished.rename(slot)
    return tree


def _document(tree: Tree) -> str:
    document = {
        "format": _FORMAT,
        "size": _size(tree),
        "files": [[*file.entry, file.owner] for file in tree.files],
        "packages": [[*package] for package in tree.packages],
        "tools": tree.tools,
        "missing": tree.missing,
    }
    return json.dumps(document)


def _size(tree: Tree) -> int:
    """Return the size of all files, in bytes."""
    return sum(file.entry.size for file in tree.files)


def _is_intact(slot: Path, tree: Tree) -> bool:
    """Return whether the cached tree equals a new one, and so can stay: a build may read it."""
    if _load(slot) != tree:
        return False
    try:
        entries = read.read(tree.source(file) for file in tree.files)
    except HashzipError:
        return False
    return entries == [file.entry for file in tree.files]


def _make_room(folder: Path, room: int) -> None:
    """Remove the least recently used trees until the rest fits.

    Args:
        folder: The folder of all cached trees.
        room: The size that all trees together may have, in bytes.
    """
    for draft in folder.glob(f"{_DRAFT}*"):
        with suppress(OSError):
            if time.time() - draft.stat().st_mtime > _ABANDONED:
                shutil.rmtree(draft)
    for last_use, size, slot in sorted(_slots(folder), reverse=True):
        room -= size
        if room < 0 and time.time() - last_use > _IN_USE:
            shutil.rmtree(slot, ignore_errors=True)


def _slots(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """List each cached tree: the time of its last use, its size in bytes, its folder."""
    for file in folder.glob("[!.]*/tree.json"):
        try:
            yield file.stat().st_mtime, json.loads(file.read_bytes())["size"], file.parent
        except (OSError, ValueError, KeyError, TypeError):
            shutil.rmtree(file.parent, ignore_errors=True)


def _limit() -> int:
    """Return the size that the cache may have, in bytes."""
    text = os.environ.get(LIMIT_VARIABLE, str(_LIMIT_MB))
    if not text.isdecimal():
        raise HashzipError(
            f'{LIMIT_VARIABLE} is "{text}", which is not a whole number of megabytes',
            f"set it to a number such as {_LIMIT_MB}, or unset it",
        )
    return int(text) * 1_000_000
