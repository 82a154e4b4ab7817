"""Which folders to watch, so that no change of a fingerprint is missed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from hashzip.builders import BUILDERS, declared_inputs
from hashzip.builders.build_plan import InputFolder
from hashzip.errors import HashzipError
from hashzip.inputs import gitignore
from hashzip.inputs.paths import LEFT_OUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hashzip.builders.build_plan import BuildPlan
    from hashzip.inputs.gitignore import Matcher
    from hashzip.project.config import Project
    from hashzip.project.targets import Target

# No file or folder of such a name is an input, at any depth.
NEVER = {os.fsdecode(name) for name in LEFT_OUT}


class WatchPaths(NamedTuple):
    """Folders to watch.

    Attributes:
        recursive: Folders to watch with all folders below them.
        shallow: Folders to watch without those below them.
        outputs: Paths in these that builders write, and that are not watched.
    """

    recursive: frozenset[str]
    shallow: frozenset[str]
    outputs: frozenset[str] = frozenset()


def find(project: Project, names: Iterable[str], plans: Sequence[BuildPlan]) -> WatchPaths:
    """Find the folders to watch.

    Args:
        project: The project.
        names: The names of the functions.
        plans: The plans of those functions and layers that could be planned, which know where
            links lead.
    """
    root = project.root
    names = list(names)
    layers = [layer for name in names for layer in project.layers(project.target(name))]
    targets = list({each.name: each for each in (*map(project.packaged, names), *layers)}.values())
    packed, built = _split(project, targets, plans)
    recursive = {os.path.join(root, folder) for target in packed for folder in target.sources}
    locks = filter(None, (target.options.get("requirements") for target in targets))
    shallow = {root, *(os.path.dirname(os.path.join(root, path)) for path in locks)}
    for plan in _with_layers(plans):
        shallow.update(os.path.dirname(os.fsdecode(file.location)) for file in plan.deciding_files)
        linked = [_linked(listing.files) for listing in (*plan.listings, *plan.folders)]
        if plan.packs_sources:
            folders = plan.builder_plan.folders
            recursive.update(os.path.join(root, folder.path) for folder in folders)
            recursive.update(*linked)
        else:
            shallow.update(*linked)
    for target in built:
        shallow.update(_folders_of_inputs(project, target))
    # A missing folder appears in the nearest folder above it that is there.
    shallow |= {_nearest(folder) for folder in recursive if not os.path.isdir(folder)}
    present = {os.path.realpath(folder) for folder in recursive if os.path.isdir(folder)}
    outputs = filter(None, (target.output_path for target in built))
    return WatchPaths(
        recursive=frozenset(
            folder for folder in present if not any(is_below(folder, other) for other in present)
        ),
        shallow=frozenset(map(_nearest, shallow)),
        outputs=frozenset(os.path.join(root, path) for path in outputs),
    )


def _with_layers(plans: Iterable[BuildPlan]) -> Iterator[BuildPlan]:
    for plan in plans:
        yield plan
        yield from plan.layers


def _split(
    project: Project, targets: Iterable[Target], plans: Iterable[BuildPlan]
) -> tuple[list[Target], list[Target]]:
    """Split targets into those whose sources are packed, and those that a builder makes anew."""
    known = {
        (plan.target.name, plan.target.builder): plan.packs_sources for plan in _with_layers(plans)
    }
    split: tuple[list[Target], list[Target]] = ([], [])
    for target in targets:
        key = (target.name, target.builder)
        packs_sources = known[key] if key in known else _packs_sources(project, target)
        split[not packs_sources].append(target)
    return split


def _packs_sources(project: Project, target: Target) -> bool:
    """Return whether the sources of a target are packed; False if its builder cannot tell."""
    try:
        return BUILDERS[target.builder].plan(project, target, []).packs_sources
    except HashzipError:
        return False


def _folders_of_inputs(project: Project, target: Target) -> Iterator[str]:
    """Yield the folders of the inputs of a package that a builder makes, without its output.

    Each is watched by itself: with all below them, they would include thousands in `node_modules`.
    """
    try:
        plan = BUILDERS[target.builder].plan(project, target, [])
        files = [os.fsdecode(file.location) for file in plan.files]
        folders = plan.folders
    except HashzipError:  # a save in one of these will fix it
        files = [os.path.join(project.root, path) for path in target.options.get("inputs", ())]
        folders = [
            InputFolder(source, exclude=declared_inputs.generated(project, source))
            for source in target.sources
        ]
    yield from map(os.path.dirname, files)
    for folder in folders:
        yield from _walk(os.path.join(project.root, folder.path), gitignore.matcher(folder.exclude))


def _walk(top: str, excluded: Matcher) -> Iterator[str]:
    """Yield a folder and all below it, except excluded ones. A missing folder is yielded, too."""
    yield top
    for folder, folders, _ in os.walk(top):
        below = os.path.relpath(folder, top).replace(os.sep, "/")
        prefix = "" if below == os.curdir else below + "/"
        folders[:] = [
            name
            for name in folders
            if name not in NEVER and not excluded(prefix + name, is_folder=True)
        ]
        yield from (os.path.join(folder, name) for name in folders)


def _linked(files: Iterable[bytes]) -> Iterator[str]:
    """Yield the folders that files are in, and those that links among the files lead to."""
    folders = set()
    for file in files:
        folders.add(os.path.dirname(file))
        if os.path.islink(file):
            yield os.fsdecode(os.path.dirname(os.path.realpath(file)))
    yield from {os.path.realpath(os.fsdecode(folder)) for folder in folders}


def _nearest(folder: str) -> str:
    """Return a folder, or the nearest folder above it that is there."""
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    return os.path.realpath(folder)


def is_below(path: str, folder: str) -> bool:
    """Return whether a path is in a folder, at any depth."""
    return path != folder and path.startswith(folder.rstrip(os.sep) + os.sep)
