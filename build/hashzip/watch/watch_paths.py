"""Which folders to watch, so that nothing that a fingerprint sees is missed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from hashzip.builders import BUILDERS, declared_inputs
from hashzip.builders.build_plan import InputFolder
from hashzip.errors import HashzipError
from hashzip.inputs import gitignore
from hashzip.inputs.walk import LEFT_OUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hashzip.builders.build_plan import BuildPlan
    from hashzip.inputs.gitignore import Matcher
    from hashzip.project.config import Project
    from hashzip.project.targets import Target

# No file or folder of such a name counts, at any depth.
NEVER = {os.fsdecode(name) for name in LEFT_OUT}


class Places(NamedTuple):
    """Folders to watch.

    Attributes:
        deep: With all that is below them.
        flat: Themselves only.
        made: What of these a program makes, and is not to be watched.
    """

    deep: frozenset[str]
    flat: frozenset[str]
    made: frozenset[str] = frozenset()


def find(project: Project, names: Iterable[str], plans: Iterable[BuildPlan]) -> Places:
    """Find what to watch.

    Args:
        project: The project.
        names: Of the functions.
        plans: Of those that could be examined; they know where links lead.
    """
    functions = [project.target(name) for name in names]
    targets = [one for function in functions for one in (function, *project.layers(function))]
    packed = [target for target in targets if target.builder == "python"]
    built = [target for target in targets if target not in packed]
    deep = {os.path.join(project.root, folder) for target in packed for folder in target.sources}
    locks = filter(None, (target.options.get("requirements") for target in targets))
    flat = {project.root, *(os.path.dirname(os.path.join(project.root, path)) for path in locks)}
    for function_plan in plans:
        for plan in (function_plan, *function_plan.layers):
            files = plan.deciding_files
            flat.update(os.path.dirname(os.fsdecode(file.location)) for file in files)
            linked = [_linked(listing.files) for listing in (*plan.listings, *plan.folders)]
            if plan.packs_sources:
                folders = plan.builder_plan.folders
                deep.update(os.path.join(project.root, folder.path) for folder in folders)
                deep.update(*linked)
            else:
                flat.update(*linked)
    for target in built:
        flat.update(_of_programs(project, target))
    # One that is not there yet is seen to appear by the folder that it will be in.
    flat |= {_nearest(folder) for folder in deep if not os.path.isdir(folder)}
    present = {os.path.realpath(folder) for folder in deep if os.path.isdir(folder)}
    outer = {one for one in present if not any(is_below(one, other) for other in present)}
    outputs = filter(None, (target.output_path for target in built))
    return Places(
        frozenset(outer),
        frozenset(map(_nearest, flat)),
        frozenset(os.path.join(project.root, path) for path in outputs),
    )


def _of_programs(project: Project, target: Target) -> Iterator[str]:
    """Yield the folders of the inputs of a package that a program makes, without its output.

    Each without those below: in `node_modules` that would be thousands.
    """
    try:
        plan = BUILDERS[target.builder].plan(project, target, [])
        files = [os.fsdecode(file.location) for file in plan.files]
        folders = plan.folders
    except HashzipError:  # a save in one of these will fix it
        source = target.sources[0]
        files = [os.path.join(project.root, path) for path in target.options.get("inputs", ())]
        folders = [InputFolder(source, exclude=declared_inputs.generated(project, source))]
    yield from map(os.path.dirname, files)
    for folder in folders:
        yield from _walk(os.path.join(project.root, folder.path), gitignore.matcher(folder.exclude))


def _walk(top: str, excluded: Matcher) -> Iterator[str]:
    for folder, folders, _ in os.walk(top):
        yield folder
        below = os.path.relpath(folder, top).replace(os.sep, "/")
        prefix = "" if below == os.curdir else below + "/"
        folders[:] = [
            name
            for name in folders
            if name not in NEVER and not excluded(prefix + name, is_folder=True)
        ]


def _linked(files: Iterable[bytes]) -> Iterator[str]:
    """Answer the folders that links among some files lead to."""
    folders = set()
    for file in files:
        folders.add(os.path.dirname(file))
        if os.path.islink(file):
            yield os.fsdecode(os.path.dirname(os.path.realpath(file)))
    yield from {os.path.realpath(os.fsdecode(folder)) for folder in folders}


def _nearest(folder: str) -> str:
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    return os.path.realpath(folder)


def is_below(path: str, folder: str) -> bool:
    """Answer whether a path is in a folder, at any depth."""
    return path != folder and path.startswith(folder.rstrip(os.sep) + os.sep)
