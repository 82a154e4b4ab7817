"""Copies a project's inputs, and nothing else, to where they can be built from. Build time.

What is no input of the fingerprint is not there: it is a proof, as well.
"""

import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from hashzip.builders import python
from hashzip.builders.build_plan import BuildPlan
from hashzip.builders.python import lock_export
from hashzip.builders.rust import crate_inputs, skeleton
from hashzip.check.variations import Surroundings
from hashzip.errors import read_error
from hashzip.inputs.files import DATA
from hashzip.project.config import FILE_NAME

# What a lock, or the settings of uv, may name: an archive or a folder of them.
_WORD = re.compile(r"[^\s\"'=,\[\]{}()<>;#]+")
_LONGEST = 200  # characters of a path; longer ones are hashes and the like
_SETTINGS = ("uv.toml", "pyproject.toml")  # https://docs.astral.sh/uv/concepts/configuration-files/


class _File(NamedTuple):
    """A file to copy.

    Attributes:
        location: Where it lies.
        mode: That it gets, by its content.
    """

    location: bytes
    mode: int


def copy(plan: BuildPlan, surroundings: Surroundings) -> None:
    """Copies the inputs of a function or layer, and those of its layers.

    Modes come from content, times from the surroundings.

    Args:
        plan: Of the function or layer.
        surroundings: Where the copy goes, with which times, and in which order it is made.

    Raises:
        HashzipError: A file cannot be read.
    """
    root = Path(plan.project.root)
    whole = (plan, *plan.layers)
    folders = {_place(root, one.folder) for b in whole for one in (*b.folders, *b.listings)}
    files = {FILE_NAME: _File(os.fsencode(root / FILE_NAME), DATA)}
    for one in whole:
        files |= dict(_downloads(one, root))
    for one in whole:
        for file, read in zip((*one.deciding_files, *one.packed_files), one.inputs, strict=True):
            files[_place(root, file.location)] = _File(file.location, read.mode)
    for place in sorted(folders, reverse=surroundings.backwards):
        (surroundings.project / place).mkdir(parents=True, exist_ok=True)
    for place in sorted(files, reverse=surroundings.backwards):
        _copy(files[place], surroundings.project / place)
    if plan.target.builder == "rust":
        skeleton.write(crate_inputs.find(plan.project, plan.target), surroundings.project)
    _set_times(surroundings)


def _place(root: Path, location: bytes) -> str:
    return os.path.relpath(os.fsdecode(location), root)


def _copy(file: _File, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copyfile(file.location, to)
    except OSError as error:
        raise read_error(file.location, error) from error
    to.chmod(file.mode)


def _set_times(surroundings: Surroundings) -> None:
    """Gives each file and folder another time, so that their order by time differs too."""
    found = sorted(surroundings.project.rglob("*"), reverse=surroundings.backwards)
    for seconds, path in enumerate((*found, surroundings.project), surroundings.time):
        os.utime(path, (seconds, seconds))


def _downloads(plan: BuildPlan, root: Path) -> Iterator[tuple[str, _File]]:
    """Answers what uv takes packages from that lie on this machine, and the settings that say so.

    They decide nothing: the lock has the hash of each package.
    """
    lock = python.lock_of(plan)
    if lock is None:
        return
    home = Path(lock_export.home(plan, lock))
    settings = _settings(home, root)
    texts = [(root / lock.path).read_bytes(), *(path.read_bytes() for path in settings.values())]
    for place, path in settings.items():
        yield place, _File(os.fsencode(path), DATA)
    for path in _named(texts, {home, (root / lock.path).parent}, root):
        for file in (path,) if path.is_file() else path.rglob("*"):
            if file.is_file():
                yield os.path.relpath(file, root), _File(os.fsencode(file), DATA)


def _settings(home: Path, root: Path) -> Mapping[str, Path]:
    """Answers where uv looks for settings: in its folder, and upwards.

    What is above the project goes to the project's own folder.
    """
    found: dict[str, Path] = {}
    for folder in (home, *home.parents):
        place = folder if folder.is_relative_to(root) else root
        for name in _SETTINGS:
            path = folder / name
            if path.is_file() and (name == _SETTINGS[0] or b"tool.uv" in path.read_bytes()):
                found.setdefault(os.path.relpath(place / name, root), path)
    return found


def _named(texts: Iterable[bytes], folders: Iterable[Path], root: Path) -> Iterator[Path]:
    """Answers the files and folders of the project that texts name, relative to some folders."""
    words = {word for text in texts for word in _WORD.findall(text.decode(errors="replace"))}
    for word in words:
        for folder in folders:
            path = os.path.normpath(os.path.join(folder, word))
            if (
                len(word) <= _LONGEST
                and path.startswith(f"{root}{os.sep}")
                and os.path.exists(path)
            ):
                yield Path(path)
