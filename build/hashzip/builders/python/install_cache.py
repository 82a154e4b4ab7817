"""Keeps installed packages, so that nothing is installed twice.

A tree is kept by the digest of all that decides it, in the user's cache folder, for all projects:
`HASHZIP_CACHE_DIR`, or what the system has for caches. Whoever packs reads from there. Above
`HASHZIP_CACHE_MB` (default 5,000) those that were not used for longest are removed.
"""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hashzip.artifacts.manifest import Package
from hashzip.errors import HashzipError
from hashzip.inputs import read
from hashzip.inputs.files import FileEntry, SourceFile
from hashzip.system import locking

FOLDER_VARIABLE = "HASHZIP_CACHE_DIR"
LIMIT_VARIABLE = "HASHZIP_CACHE_MB"

_FORMAT = 1
_LIMIT_MB = 5_000
_IN_USE = 3600  # seconds in which whoever took a tree is surely done with it
_ABANDONED = 86_400  # seconds after which no install goes on
_DRAFT = ".draft-"

if TYPE_CHECKING:
    from hashzip.builders.build_plan import BuildPlan


class TreeFile(NamedTuple):
    """A file of a tree.

    Attributes:
        input: Its path below the tree, mode, size and digest.
        owner: The position of its package in the tree's list, or -1 where no package has it.
    """

    input: FileEntry
    owner: int


class Tree(NamedTuple):
    """Installed packages.

    Attributes:
        folder: Where the files lie.
        files: Sorted by path.
        packages: Sorted by name.
        tools: What made it, beside uv: the programs' versions, by name.
    """

    folder: Path
    files: Sequence[TreeFile]
    packages: Sequence[Package]
    tools: dict[str, str]


def of(plan: "BuildPlan", *, fresh: bool = False) -> Tree:
    """Answers what is installed for a function or layer that has requirements.

    Args:
        plan: Of the function or layer.
        fresh: Whether to install it even where it is installed.

    Raises:
        HashzipError: As `find` says, or `install`.
    """

    def fill(folder: Path) -> Tree:
        from hashzip.builders.python import install  # noqa: PLC0415 - slow, and seldom wanted

        return install.install(plan, folder)

    return find(plan.tree_key, fill, fresh=fresh)


def find(key: str, install: Callable[[Path], Tree], *, fresh: bool = False) -> Tree:
    """Finds a tree, or has it installed. Of two that want one tree, one waits for the other.

    Args:
        key: The digest of all that decides it.
        install: Fills an empty folder, and says with what.
        fresh: Whether to install even what is kept.

    Raises:
        HashzipError: It could not be installed, or the cache's folder cannot be written.
    """
    folder = cache_folder()
    place = folder / key
    with suppress(OSError):  # it may not be there, or be another's, and read-only
        os.utime(place / "tree.json")  # before it is read: nobody removes it from now on
    tree = None if fresh else _load(place)
    if tree is None:
        with _writable(folder), locking.hold(folder / f"{key}.lock"):
            tree = (None if fresh else _load(place)) or _make(place, install)
    return tree


def source_file(tree: Tree, file: TreeFile) -> SourceFile:
    """Answers where a file of a tree lies."""
    location = os.fsencode(f"{tree.folder}/{file.input.path}")
    return SourceFile(file.input.path, location, executable=False)


def known(key: str) -> Tree | None:
    """Answers a tree if it is installed already."""
    return _load(cache_folder() / key)


def owners(tree: Tree, prefix: str, packages: Container[Package]) -> dict[str, str]:
    """Answers which package a file is of, as `name version`, by its path in the zip.

    Args:
        tree: What is installed.
        prefix: What stands before the paths.
        packages: Those that are wanted.
    """
    names = {
        number: f"{package.name} {package.version}"
        for number, package in enumerate(tree.packages)
        if package in packages
    }
    return {prefix + read.path: names[owner] for read, owner in tree.files if owner in names}


def forget(location: bytes) -> bool:
    """Removes the tree that a damaged file is in; answers False where it is in none."""
    folder, path = cache_folder(), Path(os.fsdecode(location))
    if not path.is_relative_to(folder):
        return False
    shutil.rmtree(folder / path.relative_to(folder).parts[0], ignore_errors=True)
    return True


def cache_folder() -> Path:
    """Answers where trees are kept."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named, "trees").absolute()
    from platformdirs import user_cache_path  # noqa: PLC0415 - never at plan time

    return user_cache_path("hashzip") / "trees"


def _load(place: Path) -> Tree | None:
    """Reads a tree, unless a file of it is missing or of another size."""
    try:
        document = json.loads((place / "tree.json").read_bytes())
        if document["format"] != _FORMAT:
            return None
        tree = Tree(
            place / "tree",
            [TreeFile(FileEntry(*row[:4]), row[4]) for row in document["files"]],
            [
                Package(name, version, tuple(hashes))
                for name, version, hashes in document["packages"]
            ],
            document["tools"],
        )
        folder = os.fspath(tree.folder)
        for (path, _, size, _), _ in tree.files:
            if os.stat(f"{folder}/{path}").st_size != size:
                return None
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None
    return tree


def _make(place: Path, install: Callable[[Path], Tree]) -> Tree:
    limit = _limit()
    with tempfile.TemporaryDirectory(prefix=_DRAFT, dir=place.parent) as draft:
        folder = Path(draft, "tree")
        folder.mkdir()
        tree = install(folder)._replace(folder=place / "tree")
        kept = Path(draft, "kept")
        kept.mkdir()
        folder.rename(kept / "tree")
        (kept / "tree.json").write_text(_document(tree), encoding="utf-8")
        if not _is_whole(place, tree):
            _make_room(place.parent, limit - _size(tree))
            with suppress(FileNotFoundError):
                place.rename(Path(draft, "damaged"))
            kept.rename(place)
    return tree


def _document(tree: Tree) -> str:
    document = {
        "format": _FORMAT,
        "size": _size(tree),
        "files": [[*file.input, file.owner] for file in tree.files],
        "packages": [[one.name, one.version, one.hashes] for one in tree.packages],
        "tools": tree.tools,
    }
    return json.dumps(document)


def _size(tree: Tree) -> int:
    return sum(file.input.size for file in tree.files)


def _is_whole(place: Path, tree: Tree) -> bool:
    """Answers whether what is kept is what was just installed: somebody may be reading it."""
    kept = _load(place)
    if kept != tree:
        return False
    try:
        entries = read.read(source_file(tree, file) for file in tree.files)
    except HashzipError:
        return False
    return entries == [file.input for file in tree.files]


def _make_room(folder: Path, room: int) -> None:
    """Removes trees, those first that were not used for longest, until the others have room.

    Args:
        folder: Where they are kept.
        room: For all of them, in bytes.
    """
    for draft in folder.glob(f"{_DRAFT}*"):
        with suppress(OSError):
            if time.time() - draft.stat().st_mtime > _ABANDONED:
                shutil.rmtree(draft)
    for used, size, place in sorted(_sizes(folder), reverse=True):
        room -= size
        if room < 0 and time.time() - used > _IN_USE:
            shutil.rmtree(place, ignore_errors=True)


def _sizes(folder: Path) -> Iterator[tuple[float, int, Path]]:
    for file in folder.glob("[!.]*/tree.json"):
        try:
            yield file.stat().st_mtime, json.loads(file.read_bytes())["size"], file.parent
        except (OSError, ValueError, KeyError, TypeError):
            shutil.rmtree(file.parent, ignore_errors=True)


def _limit() -> int:
    """Answers the room that the user gives to trees, in bytes."""
    text = os.environ.get(LIMIT_VARIABLE, str(_LIMIT_MB))
    if not text.isdecimal():
        raise HashzipError(
            f'{LIMIT_VARIABLE} is "{text}", and no number of megabytes', "set a number, or unset it"
        )
    return int(text) * 1_000_000


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise HashzipError(
            f"cannot write to the cache {folder}: {error.strerror or error}",
            f"make room there, or name another folder by {FOLDER_VARIABLE}",
        ) from error
