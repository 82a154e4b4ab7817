"""Which folders to watch, so that nothing that a fingerprint sees is missed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from hashzip.builders import declared_inputs
from hashzip.builders.declared_inputs import Folder
from hashzip.errors import HashzipError
from hashzip.inputs import gitignore
from hashzip.inputs.walk import LEFT_OUT
from hashzip.project.targets import PYTHON, Function

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hashzip.builders.build_plan import BuildPlan
    from hashzip.inputs.gitignore import Matcher
    from hashzip.project.config import Project

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
    made = [one for one in targets if isinstance(one, Function) and one.builder != PYTHON]
    packed = [one for one in targets if one not in made]
    deep = {os.path.join(project.root, folder) for one in packed for folder in one.sources}
    locks = [one.requirements for one in targets if one.requirements]
    flat = {project.root, *(os.path.dirname(os.path.join(project.root, path)) for path in locks)}
    for function in plans:
        for one in (function, *function.layers):
            flat.update(os.path.dirname(os.fsdecode(file.location)) for file in one.consulted)
            own = one.lock.folders if one.lock else ()
            deep.update(os.path.join(project.root, folder) for folder in own)
            linked = [_linked(listing.files) for listing in (*one.listings, *one.folders)]
            (flat if one.making else deep).update(*linked)
    for program in made:
        flat.update(_of_programs(project, program))
    # One that is not there yet is seen to appear by the folder that it will be in.
    flat |= {_nearest(folder) for folder in deep if not os.path.isdir(folder)}
    present = {os.path.realpath(folder) for folder in deep if os.path.isdir(folder)}
    outer = {one for one in present if not any(is_below(one, other) for other in present)}
    outputs = (os.path.join(project.root, one.place) for one in made if one.place)
    return Places(frozenset(outer), frozenset(map(_nearest, flat)), frozenset(outputs))


def _of_programs(project: Project, function: Function) -> Iterator[str]:
    """Answer the folders of what a program makes a package from, without those that it makes.

    Each alone: a folder with all that is below it would be one of thousands in `node_modules`.
    """
    try:
        files, folders = declared_inputs.plan(project, function).consulted
    except HashzipError:  # mended by what appears in one of these
        source = function.sources[0]
        files, folders = (
            function.inputs,
            [Folder(source, exclude=declared_inputs.made(project, source))],
        )
    for path in files:
        yield os.path.dirname(os.path.join(project.root, path))
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
