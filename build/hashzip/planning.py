"""Plan time: looks at all inputs of a function or layer, and computes its fingerprint.

Standard library only. Reads, and writes nothing but a cache.
"""

import os
from collections.abc import Iterable

from hashzip.builders import declared_inputs
from hashzip.builders.build_plan import BuildPlan
from hashzip.builders.declared_inputs import Folder
from hashzip.builders.python import locks
from hashzip.inputs import walk
from hashzip.inputs.stat_cache import Group, Index
from hashzip.inputs.walk import Listing
from hashzip.project import layout
from hashzip.project.config import Project
from hashzip.project.targets import PYTHON, Function, Layer, Target


class ScanCache:
    """What one command sees of a project: a folder that functions share is looked at once.

    Args:
        cache: Where the indexes are kept; by default, in the project.
    """

    def __init__(self, cache: str | None = None) -> None:
        self.cache = cache
        self._seen: dict[tuple[object, ...], tuple[Listing, Group | None]] = {}
        # By project and name: a layer is examined once for all functions that have it.
        self.layers: dict[tuple[str, str], BuildPlan] = {}

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
            walk.require_files(project.root, [listing for listing, _ in found])
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
            declared_inputs.require_files(project, folder, seen[0])
            found.append(seen)
        return found

    def _walk(
        self, root: str, folder: str, include: tuple[str, ...], exclude: tuple[str, ...]
    ) -> tuple[Listing, Group | None]:
        key = (root, folder, include, exclude)
        if key not in self._seen:
            listing = walk.walk(
                root,
                folder,
                include=include,
                exclude=exclude,
                skip=layout.ARTIFACTS,  # where the root of the project is a source
            )
            self._seen[key] = listing, Group(listing.files) if listing.files else None
        return self._seen[key]


def plan(project: Project, name: str, scan_cache: ScanCache | None = None) -> BuildPlan:
    """Looks at all inputs of a function or layer, and computes its fingerprint.

    Args:
        project: The project.
        name: Of the function or layer.
        scan_cache: What was seen for others in the same command.

    Raises:
        HashzipError: The name is unknown, or the inputs cannot be what they are.
    """
    scan_cache = scan_cache or ScanCache()
    key = (project.root, name)
    if key in scan_cache.layers:
        return scan_cache.layers[key]
    target = project.target(name)
    layers = [plan(project, layer.name, scan_cache) for layer in project.layers(target)]
    lock = making = None
    found: list[tuple[Listing, Group | None]] = []
    if isinstance(target, Function) and target.builder != PYTHON:
        making = declared_inputs.plan(project, target)
        alone = [file.location for file in declared_inputs.name(project, making.consulted.files)]
        folders = scan_cache.folders(project, making.consulted.folders)
    else:
        lock = locks.find(project, target)
        alone = [file.location for file in lock.files] if lock else []
        own = lock.folders if lock else ()
        folders = scan_cache.folders(
            project, [Folder(path, ("**",), locks.LEFT_OUT) for path in own]
        )
        found = scan_cache.sources(project, target)
    groups = [group for _, group in (*found, *folders) if group]
    if alone:
        groups.append(Group(alone))
    cache = scan_cache.cache or os.path.join(project.root, layout.CACHE)
    build_plan = BuildPlan(
        project=project,
        target=target,
        lock=lock,
        making=making,
        layers=layers,
        folders=[listing for listing, _ in folders],
        listings=[listing for listing, _ in found],
        index=Index(os.path.join(cache, f"{name}.index"), groups),
    )
    _ = build_plan.answer  # now, and not when somebody first asks for it
    if isinstance(target, Layer):
        scan_cache.layers[key] = build_plan
    return build_plan
