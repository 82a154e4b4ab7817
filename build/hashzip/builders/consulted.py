"""What decides a package and is not packed itself: what a program is made from.

Plan time; standard library only.
"""

import os
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hashzip.config import Project
from hashzip.errors import HashzipError
from hashzip.fingerprint import Recipe
from hashzip.names import SourceFile
from hashzip.patterns import WILDCARDS
from hashzip.targets import RUST, Function


class Folder(NamedTuple):
    """Files of a folder.

    Attributes:
        path: Relative to the project.
        include: Patterns of what is taken.
        exclude: Patterns of what of that is left out.
    """

    path: str
    include: tuple[str, ...] = ("**",)
    exclude: tuple[str, ...] = ()


class Consulted(NamedTuple):
    """What decides a package. A file that comes twice counts once.

    Attributes:
        files: Single files, relative to the project.
        folders: The rest.
    """

    files: Sequence[str]
    folders: Sequence[Folder]


class Making(NamedTuple):
    """All that decides a package that a program makes.

    Attributes:
        recipe: What is done with the files.
        consulted: The files.
    """

    recipe: Recipe
    consulted: Consulted


def plan(project: Project, function: Function) -> Making:
    """Answers what decides the package of a function that a program makes.

    Raises:
        HashzipError: It cannot be told: a file is missing, or is not what it should be.
    """
    from hashzip.builders import command, rust  # noqa: PLC0415 - most projects need neither

    builder = rust if function.builder == RUST else command
    recipe, found = builder.plan(project, function)
    files, folders = _more(project, function)
    return Making(recipe, Consulted([*found.files, *files], [*found.folders, *folders]))


def _more(project: Project, function: Function) -> Consulted:
    """Answers what the key `inputs` adds: files, folders, and patterns from the project's folder.

    Raises:
        HashzipError: There is no such file or folder, or no folder that a pattern could match in.
    """
    files, folders = [], []
    for path in function.inputs:
        parts = path.split("/")
        # A pattern is asked only below the folders that it names.
        plain = next((n for n, part in enumerate(parts) if WILDCARDS.intersection(part)), None)
        location = os.path.join(project.root, *parts[:plain])
        if plain is not None and os.path.isdir(location):
            folder = "/".join(parts[:plain]) or "."
            folders.append(Folder(folder, ("/" + "/".join(parts[plain:]),)))
        elif plain is None and os.path.isdir(location):
            folders.append(Folder(path))
        elif plain is None and os.path.isfile(location):
            files.append(path)
        else:
            raise HashzipError(
                f'{function.where} has "{path}" in inputs, and there is no {location}',
                "make it, or take it out of inputs",
            )
    return Consulted(files, folders)


def name(project: Project, files: Iterable[str]) -> list[SourceFile]:
    """Names single files from the project.

    Raises:
        HashzipError: A link leads out of the project, where another machine has something else.
    """
    found = []
    for path in files:
        location = os.path.join(project.root, path)
        real = os.path.realpath(location)
        if os.path.commonpath((real, project.root)) != project.root:
            raise HashzipError(
                f"the link {location} leads out of the project, to {real}",
                "copy what it leads to into the project",
            )
        found.append(SourceFile(f"//{path}", os.fsencode(location), executable=False))
    return found
