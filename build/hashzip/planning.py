"""Plan time: looks at all inputs of a function or layer, and computes its fingerprint.

Standard library only. Reads, and writes nothing but a cache.
"""

import os
from collections.abc import Iterable

from hashzip import sources
from hashzip.blueprint import Blueprint
from hashzip.builders import consulted
from hashzip.builders.consulted import Folder
from hashzip.builders.python import locks
from hashzip.config import Project
from hashzip.index import FOLDER as INDEX_FOLDER
from hashzip.index import Group, Index
from hashzip.sources import Listing
from hashzip.store import FOLDER as STORE
from hashzip.targets import PYTHON, Function, Layer, Target


class Survey:
    """What one command sees of a project: a folder that functions share is looked at once.

    Args:
        cache: Where the indexes are kept; by default, in the project.
    """

    def __init__(self, cache: str | None = None) -> None:
        self.cache = cache
        self._seen: dict[tuple[object, ...], tuple[Listing, Group | None]] = {}
        # By project and name: a layer is examined once for all functions that have it.
        self.layers: dict[tuple[str, str], Blueprint] = {}

    def sources(self, project: Project, target: Target) -> list[tuple[Listing, Group | None]]:
        """Lists the sources of a function or layer.

        Raises:
            HashzipError: There is no file, or what is there cannot be a source.
        """
        found = [
            self._walk(project.root, folder, target.include, target.exclude)
            for folder in target.sources
        ]
        if found:
            sources.refuse_nothing(project.root, [listing for listing, _ in found])
        return found

    def folders(
        self, project: Project, folders: Iterable[Folder]
    ) -> list[tuple[Listing, Group | None]]:
        """Lists what decides a package in folders.

        Raises:
            HashzipError: What is there cannot be a source.
        """
        found = []
        for folder in folders:
            seen = self._walk(project.root, folder.path, folder.include, folder.exclude)
            consulted.refuse_nothing(project, folder, seen[0])
            found.append(seen)
        return found

    def _walk(
        self, root: str, folder: str, include: tuple[str, ...], exclude: tuple[str, ...]
    ) -> tuple[Listing, Group | None]:
        key = (root, folder, include, exclude)
        if key not in self._seen:
            listing = sources.walk(
                root,
                folder,
                include=include,
                exclude=exclude,
                skip=STORE,  # hashzip's own artifacts, where the project's root is a source
            )
            self._seen[key] = listing, Group(listing.files) if listing.files else None
        return self._seen[key]


def examine(project: Project, name: str, survey: Survey | None = None) -> Blueprint:
    """Looks at all inputs of a function or layer, and computes its fingerprint.

    Args:
        project: The project.
        name: Of the function or layer.
        survey: What was seen for others in the same command.

    Raises:
        HashzipError: The name is unknown, or the inputs cannot be what they are.
    """
    survey = survey or Survey()
    key = (project.root, name)
    if key in survey.layers:
        return survey.layers[key]
    target = project.target(name)
    layers = [examine(project, layer.name, survey) for layer in project.layers(target)]
    lock = making = None
    found: list[tuple[Listing, Group | None]] = []
    if isinstance(target, Function) and target.builder != PYTHON:
        making = consulted.plan(project, target)
        alone = [file.location for file in consulted.name(project, making.consulted.files)]
        folders = survey.folders(project, making.consulted.folders)
    else:
        lock = locks.find(project, target)
        alone = [file.location for file in lock.files] if lock else []
        own = lock.folders if lock else ()
        folders = survey.folders(project, [Folder(path, ("**",), locks.LEFT_OUT) for path in own])
        found = survey.sources(project, target)
    groups = [group for _, group in (*found, *folders) if group]
    if alone:
        groups.append(Group(alone))
    cache = survey.cache or os.path.join(project.root, INDEX_FOLDER)
    blueprint = Blueprint(
        project=project,
        target=target,
        lock=lock,
        making=making,
        layers=layers,
        folders=[listing for listing, _ in folders],
        listings=[listing for listing, _ in found],
        index=Index(os.path.join(cache, f"{name}.index"), groups),
    )
    _ = blueprint.answer  # now, and not when somebody first asks for it
    if isinstance(target, Layer):
        survey.layers[key] = blueprint
    return blueprint
