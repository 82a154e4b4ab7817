"""What decides a package and is not packed itself: what a program is made from.

Plan time; standard library only.
"""

import os
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hashzip.errors import HashzipError
from hashzip.inputs import gitignore
from hashzip.inputs.files import SourceFile
from hashzip.inputs.fingerprint import Recipe
from hashzip.inputs.gitignore import WILDCARDS
from hashzip.inputs.walk import Listing
from hashzip.project.config import Project
from hashzip.project.targets import RUST, Function

# What package managers and compilers make from a lock and sources, which count themselves. A folder
# `target` further down may be anything, and to overlook a source is worse than to see too much.
_MADE = ("node_modules/", "/target/")


class Folder(NamedTuple):
    """Files of a folder.

    Attributes:
        path: Relative to the project.
        include: Patterns of what is taken.
        exclude: Patterns of what of that is left out.
        named: What in `hashzip.toml` asks for it, where there must be a file.
    """

    path: str
    include: tuple[str, ...] = ("**",)
    exclude: tuple[str, ...] = ()
    named: str = ""


class Consulted(NamedTuple):
    """What decides a package. A file that comes twice counts once.

    Attributes:
        files: Single files, relative to the project.
        folders: The rest.
    """

    files: Sequence[str]
    folders: Sequence[Folder]


class BuilderPlan(NamedTuple):
    """All that decides a package that a program makes.

    Attributes:
        recipe: What is done with the files.
        consulted: The files.
    """

    recipe: Recipe
    consulted: Consulted


def plan(project: Project, function: Function) -> BuilderPlan:
    """Answers what decides the package of a function that a program makes.

    Raises:
        HashzipError: It cannot be told: a file is missing, or is not what it should be.
    """
    # Most projects need neither.
    if function.builder == RUST:
        from hashzip.builders import rust  # noqa: PLC0415

        recipe, found = rust.plan(project, function)
    else:
        from hashzip.builders import command  # noqa: PLC0415

        recipe, found = command.plan(project, function)
    files, folders = _more(project, function)
    return BuilderPlan(recipe, Consulted([*found.files, *files], [*found.folders, *folders]))


def _more(project: Project, function: Function) -> Consulted:
    """Answers what the key `inputs` adds: files, folders, and patterns from the project's folder.

    Raises:
        HashzipError: There is no such file or folder, or no folder that a pattern could match in.
    """
    files, folders = [], []
    for path in function.inputs:
        named = f'"{path}" in inputs of {function.where}'
        location = os.path.join(project.root, path)
        parts = path.split("/")
        # A pattern is asked only below the folders that it names.
        plain = next((n for n, part in enumerate(parts) if WILDCARDS.intersection(part)), None)
        below = os.path.join(project.root, *parts[:plain])
        if os.path.isfile(location):  # also one whose name looks like a pattern: [id].ts
            files.append(path)
        elif os.path.isdir(location):
            folders.append(Folder(path, exclude=made(project, path), named=named))
        elif plain is not None and os.path.isdir(below):
            folder, pattern = "/".join(parts[:plain]) or ".", "/" + "/".join(parts[plain:])
            folders.append(Folder(folder, (pattern,), made(project, folder), named))
        else:
            raise HashzipError(
                f"{named} does not exist: there is no {below if plain is not None else location}",
                "make it, or take it out of inputs",
            )
    return Consulted(files, folders)


def made(project: Project, folder: str) -> tuple[str, ...]:
    """Answers patterns of what in a folder is made, and so decides nothing.

    What other functions have made is there on one machine, and not on another.
    """
    found = list(_MADE)
    for target in project.targets.values():
        place = target.place if isinstance(target, Function) else None
        if place and folder == ".":
            found.append(gitignore.literal(place))
        elif place and place.startswith(f"{folder}/"):
            found.append(gitignore.literal(place.removeprefix(f"{folder}/")))
    return tuple(found)


def require_files(project: Project, folder: Folder, listing: Listing) -> None:
    """Refuses a folder or pattern that was asked for, and has no file.

    Raises:
        HashzipError: It is such a one.
    """
    if folder.named and not listing.files:
        raise HashzipError(
            f"{folder.named} has no file (in {os.path.join(project.root, folder.path)})",
            "correct it, look at include and exclude, or take it out; what is made never counts",
        )


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
