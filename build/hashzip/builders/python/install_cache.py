"""A cache of installed packages, shared by all projects of a user.

A tree is stored under the digest of everything that determines it, in the folder that
`HASHZIP_CACHE_DIR` names or in the system's cache folder; packing reads the files from there. When
the cache is larger than `HASHZIP_CACHE_MB` (default 5,000), the least recently used trees go.
"""

import json
import operator
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from hashzip.builders import python
from hashzip.builders.python import cached_tree
from hashzip.builders.python.cached_tree import CODE, FILES, LIST
from hashzip.builders.python.tree import Tree
from hashzip.errors import HashzipError, warn
from hashzip.project import files, user_cache, user_key
from hashzip.project.user_key import Key
from hashzip.system import locking

if TYPE_CHECKING:
    from hashzip.builders.build_plan import BuildPlan

LIMIT_VARIABLE = "HASHZIP_CACHE_MB"

_LIMIT_MB = 5_000
_DIGITS = 9  # of a limit
_IN_USE = 3600  # seconds after which no build still reads the tree that it took
_ABANDONED = 86_400  # seconds after which no install still runs
_DRAFT = ".draft-"


def installed(plan: "BuildPlan", *, fresh: bool = False, to_run: bool = False) -> Tree:
    """Return the installed packages of a function or layer, installing them if necessary.

    Without requirements there are none.

    Args:
        plan: The plan of the function or layer.
        fresh: Install again even if the tree is cached.
        to_run: Whether the tree will be run where it is, and not packed. Then one that may have
            come with the project is checked as a whole.

    Raises:
        HashzipError: As for `get_or_install` and `install.install`.
    """
    lock = python.lock_of(plan)
    if lock is None:
        return Tree(Path(), [], [], {})

    def fill(folder: Path) -> Tree:
        from hashzip.builders.python import install  # noqa: PLC0415 - slow, and seldom needed

        return install.install(plan, lock, folder)

    root = plan.project.root
    tree_key, user = python.tree_key(plan), user_key.load(root)
    is_open = user.is_shared or user_key.is_in_checkout(user_cache.folder(), root)
    if to_run and not fresh and is_open:
        tree = get(tree_key, user)
        fresh = tree is None or not cached_tree.is_exact(tree)
    return get_or_install(tree_key, fill, user, fresh=fresh)


def get_or_install(
    key: str, install: Callable[[Path], Tree], user: Key, *, fresh: bool = False
) -> Tree:
    """Return a cached tree, or install it. Of two builds that want one tree, the second waits.

    Args:
        key: The digest of everything that determines the tree.
        install: Fills an empty folder and returns the tree in it.
        user: The key of this user.
        fresh: Install again even if the tree is cached.

    Raises:
        HashzipError: The installation failed, or the cache folder is not writable.
    """
    folder = cache_folder()
    slot = folder / key
    with suppress(OSError):  # absent, or in a read-only cache
        os.utime(slot / LIST)  # before it is read, so that no other build removes it
    tree = None if fresh else cached_tree.load(slot, user)
    if tree is None:
        with (
            user_cache.writing(folder, is_shared=user.is_shared),
            locking.hold(folder / f"{key}.lock"),
        ):
            tree = None if fresh else cached_tree.load(slot, user)
            if tree is None:
                if not fresh and cached_tree.is_foreign(slot, user):
                    warn(
                        f"{slot} was not installed by this user: installing it again "
                        f"({user_key.SHARE_HINT})"
                    )
                tree = _install(slot, install, user)
    return tree


def get(key: str, user: Key) -> Tree | None:
    """Return a cached tree; None if there is none that this user has installed."""
    return cached_tree.load(cache_folder() / key, user)


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


def _install(slot: Path, install: Callable[[Path], Tree], user: Key) -> Tree:
    limit = _limit()
    with tempfile.TemporaryDirectory(prefix=_DRAFT, dir=slot.parent) as draft:
        folder = Path(draft, "tree")
        folder.mkdir()
        tree = install(folder)._replace(folder=slot / FILES)
        finished = Path(draft, "finished")
        finished.mkdir()
        folder.rename(finished / FILES)
        cached_tree.write(finished, slot.name, tree, user)
        if cached_tree.equals(slot, tree):
            # Another build may be packing it. Only who installed it is new, if that.
            for name in (LIST, CODE):
                os.replace(finished / name, slot / name)
        else:
            _make_room(slot.parent, limit - cached_tree.size(tree))
            with suppress(FileNotFoundError):
                slot.rename(Path(draft, "damaged"))
            finished.rename(slot)
    return tree


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
    for file in folder.glob(f"[!.]*/{LIST}"):
        try:
            size = json.loads(files.read_outside(file))["size"]
            yield file.stat().st_mtime, operator.index(size), file.parent
        except (HashzipError, OSError, ValueError, KeyError, TypeError, RecursionError):
            shutil.rmtree(file.parent, ignore_errors=True)


def _limit() -> int:
    """Return the size that the cache may have, in bytes."""
    text = os.environ.get(LIMIT_VARIABLE, str(_LIMIT_MB))
    if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS):
        raise HashzipError(
            f'{LIMIT_VARIABLE} is "{text}", which is not a whole number of megabytes',
            f"set it to a number such as {_LIMIT_MB}, or unset it",
        )
    return int(text) * 1_000_000
