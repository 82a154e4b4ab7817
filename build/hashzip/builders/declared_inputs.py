"""The inputs that `hashzip.toml` declares for a package that a program makes."""

import os
from collections.abc import Iterable
from typing import NamedTuple

from hashzip.builders.build_plan import InputFolder
from hashzip.errors import HashzipError
from hashzip.inputs import gitignore
from hashzip.inputs.files import SourceFile
from hashzip.inputs.gitignore import WILDCARDS
from hashzip.inputs.paths import IN_PROJECT
from hashzip.project import files
from hashzip.project.config import Project
from hashzip.project.targets import Target

# What package managers and compilers make from a lock and sources, which are inputs themselves.
# Only a `target` at the top: a deeper one may hold sources, and to miss these would be worse than
# to count too much.
_MADE = ("node_modules/", "/target/")


class InputSpec(NamedTuple):
    """Files that decide a package.

    Attributes:
        files: Single files, relative to the project.
        folders: Folders.
    """

    files: list[str]
    folders: list[InputFolder]


def declared(project: Project, target: Target) -> InputSpec:
    """Return what the key `inputs` names: files, folders, and patterns from the project's folder.

    Raises:
        HashzipError: A file or folder does not exist, or no folder that a pattern could match in.
    """
    spec = InputSpec([], [])
    for path in target.options["inputs"]:
        required_by = f'"{path}" in inputs of {target.label}'
        location = os.path.join(project.root, path)
        parts = path.split("/")
        # A pattern applies below the folders that it names.
        plain = next((n for n, part in enumerate(parts) if WILDCARDS.intersection(part)), None)
        below = os.path.join(project.root, *parts[:plain])
        if files.is_there(project.root, path):  # even if its name looks like a pattern: [id].ts
            spec.files.append(path)
        elif os.path.isdir(location):
            spec.folders.append(InputFolder(path, (("**"),), generated(project, path), required_by))
        elif plain is not None and os.path.isdir(below):
            folder, pattern = "/".join(parts[:plain]) or ".", "/" + "/".join(parts[plain:])
            spec.folders.append(
                InputFolder(folder, (pattern,), generated(project, folder), required_by)
            )
        else:
            raise HashzipError(
                f"{required_by} does not exist: there is no "
                f"{below if plain is not None else location}",
                "create it, or remove it from inputs",
            )
    return spec


def generated(project: Project, folder: str) -> tuple[str, ...]:
    """Return patterns of the files that programs make in a folder, which are not inputs.

    The outputs of other functions count too: they exist on one machine, and not on another.
    """
    patterns = list(_MADE)
    for path in dict.fromkeys(target.output_path for target in project.targets.values()):
        if path and folder == ".":
            patterns.append(gitignore.literal(path))
        elif path and path.startswith(f"{folder}/"):
            patterns.append(gitignore.literal(path.removeprefix(f"{folder}/")))
    return tuple(patterns)


def source_files(project: Project, paths: Iterable[str]) -> list[SourceFile]:
    """Name single files from the project.

    Raises:
        HashzipError: A link leads out of the project, where another machine has something else.
    """
    return [
        SourceFile(
            f"{IN_PROJECT}{path}", os.fsencode(files.locate(project.root, path)), executable=False
        )
        for path in paths
    ]
