"""Copy the inputs of a package, and nothing else, to a folder to build in. Build time.

A build from such a copy also shows that the fingerprint covers every file that the build needs.
"""

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from hashzip.builders import python
from hashzip.builders.build_plan import BuildPlan
from hashzip.builders.python import lock_export, uv_settings
from hashzip.builders.rust import crate_inputs, skeleton
from hashzip.check.variations import Variation
from hashzip.errors import read_error
from hashzip.inputs.files import DATA
from hashzip.project import files
from hashzip.project.config import FILE_NAME

# A lock, or uv's settings, may name archives and folders of archives.
_WORD = re.compile(r"[^\s\"'=,\[\]{}()<>;#]+")
_MAX_LENGTH = 200  # characters of a path; longer words are hashes and the like


class _File(NamedTuple):
    """A file to copy.

    Attributes:
        location: Its location.
        mode: The mode of the copy, which its content decides.
    """

    location: bytes
    mode: int


def copy(plan: BuildPlan, variation: Variation) -> None:
    """Copy the inputs of a function, package or layer, and those of its layers.

    Args:
        plan: The function, package or layer.
        variation: The folder of the copy, its times, and the order in which it is made.

    Raises:
        HashzipError: A file cannot be read.
    """
    root = Path(plan.project.root)
    plans = (plan, *plan.all_layers)
    listings = (listing for each in plans for listing in (*each.folders, *each.listings))
    folders = {_relative(root, listing.folder) for listing in listings}
    files = {FILE_NAME: _File(os.fsencode(root / FILE_NAME), DATA)}
    for each in plans:
        files |= dict(_downloads(each, root))
    for each in plans:
        sources = (*each.deciding_files, *each.packed_files)
        for source, entry in zip(sources, each.inputs, strict=True):
            files[_relative(root, source.location)] = _File(source.location, entry.mode)
    for path in sorted(folders, reverse=variation.backwards):
        (variation.project / path).mkdir(parents=True, exist_ok=True)
    for path in sorted(files, reverse=variation.backwards):
        _copy(files[path], variation.project / path)
    if plan.target.builder == "rust":
        skeleton.write(crate_inputs.find(plan.project, plan.target), variation.project)
    _set_times(variation)


def _relative(root: Path, location: bytes) -> str:
    return os.path.relpath(os.fsdecode(location), root)


def _copy(file: _File, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copyfile(file.location, to)
    except OSError as error:
        raise read_error(file.location, error) from error
    to.chmod(file.mode)


def _set_times(variation: Variation) -> None:
    """Give each file and folder a time of its own, so that their order by time varies too."""
    paths = sorted(variation.project.rglob("*"), reverse=variation.backwards)
    for seconds, path in enumerate((*paths, variation.project), variation.time):
        os.utime(path, (seconds, seconds))


def _downloads(plan: BuildPlan, root: Path) -> Iterator[tuple[str, _File]]:
    """Yield the packages that uv takes from files of this machine, and the settings that name them.

    They are not inputs of the fingerprint, since the lock has the digest of each package.
    """
    lock = python.lock_of(plan)
    if lock is None:
        return
    uv_folder = Path(lock_export.working_directory(plan, lock))
    texts = [files.read(str(root), lock.path)]
    folders = {uv_folder, (root / lock.path).parent}
    settings = uv_settings.file_of_project(uv_folder, str(root))
    if settings:
        if settings.is_relative_to(root):
            texts.append(files.read(str(root), str(settings)))
        else:
            texts.append(files.read_outside(settings))
        folders.add(settings.parent)
        # Settings from above the project go to the copy's top folder.
        copied = settings if settings.is_relative_to(root) else root / settings.name
        yield os.path.relpath(copied, root), _File(os.fsencode(settings), DATA)
    for path in _named_paths(texts, folders, root):
        for file in (path,) if path.is_file() else path.rglob("*"):
            if file.is_file():
                yield os.path.relpath(file, root), _File(os.fsencode(file), DATA)


def _named_paths(texts: Iterable[bytes], folders: Iterable[Path], root: Path) -> Iterator[Path]:
    """Yield the files and folders of the project that texts name, relative to some folders."""
    words = {word for text in texts for word in _WORD.findall(text.decode(errors="replace"))}
    for word in words:
        for folder in folders:
            path = os.path.normpath(os.path.join(folder, word))
            if (
                len(word) <= _MAX_LENGTH
                and path.startswith(f"{root}{os.sep}")
                and os.path.exists(path)
            ):
                yield Path(path)
