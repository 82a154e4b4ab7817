"""The tour of plan time: from a project and a name to a `BuildPlan`. It only reads.

    hashzip.toml -> target -> builder -> what decides the package -> files -> fingerprint
    project         project   builders   BuilderPlan                 inputs   BuildPlan

Nothing is written but a cache, and no program runs.
"""

import os
from collections.abc import Iterable

from hashzip.builders import BUILDERS
from hashzip.builders.build_plan import BuildPlan, InputFolder, Use
from hashzip.errors import HashzipError
from hashzip.inputs import walk
from hashzip.inputs.files import Listing
from hashzip.inputs.stat_cache import FileGroup, StatCache
from hashzip.project import config, layout, user_key
from hashzip.project.config import Project
from hashzip.project.layout import ARTIFACTS, CACHE
from hashzip.project.targets import Layer, Package, Target


class ScanCache:
    """What one command sees of projects: a folder that functions share is looked at once.

    Args:
        stat_caches: The folder of the stat caches; by default, in each project.
    """

    def __init__(self, stat_caches: str | None = None) -> None:
        self.stat_caches = stat_caches
        self._seen: dict[tuple[object, ...], tuple[Listing, FileGroup | None]] = {}
        # By project and name: a layer or package is planned once for all functions that have it.
        self.shared: dict[tuple[str, str], BuildPlan] = {}

    def sources(self, project: Project, target: Target) -> list[tuple[Listing, FileGroup | None]]:
        """List the sources of a function or layer.

        Raises:
            HashzipError: There is no file, or a file cannot be a source.
        """
        scanned = [
            self._walk(project.root, folder, target.include, target.exclude)
            for folder in dict.fromkeys(target.sources)
        ]
        if scanned:
            walk.require_files(project.root, [listing for listing, _ in scanned])
        return scanned

    def folders(
        self, project: Project, folders: Iterable[InputFolder]
    ) -> list[tuple[Listing, FileGroup | None]]:
        """List the files of folders that decide a package.

        Raises:
            HashzipError: A file cannot be a source, or a folder that `hashzip.toml` asks for is
                empty.
        """
        scanned = []
        for folder in folders:
            listing, group = self._walk(project.root, folder.path, folder.include, folder.exclude)
            if folder.required_by and not listing.files:
                raise HashzipError(
                    f"{folder.required_by} has no file "
                    f"(in {os.path.join(project.root, folder.path)})",
                    "correct it, check include and exclude, or remove it; "
                    "what programs make never counts",
                )
            scanned.append((listing, group))
        return scanned

    def _walk(
        self, root: str, folder: str, include: tuple[str, ...], exclude: tuple[str, ...]
    ) -> tuple[Listing, FileGroup | None]:
        key = (root, folder, include, exclude)
        if key not in self._seen:
            listing = walk.walk(
                root,
                folder,
                include=include,
                exclude=exclude,
                skip=ARTIFACTS,  # hashzip's own, where the project's root is a source
            )
            self._seen[key] = listing, FileGroup(listing.files) if listing.files else None
        return self._seen[key]


def load_project(root: str) -> Project:
    """Read a project, with all builders.

    Args:
        root: The project's folder.

    Raises:
        HashzipError: Its `hashzip.toml` is missing or wrong, or a folder that hashzip writes to
            leads out of it.
    """
    project = config.load(root, BUILDERS)
    layout.check(project.root)
    return project


def plan(project: Project, name: str, scan_cache: ScanCache | None = None) -> BuildPlan:
    """Look at all inputs of a function, package or layer, and compute its fingerprint.

    Args:
        project: The project.
        name: The name of the function, package or layer.
        scan_cache: What the same command has seen for others.

    Returns:
        The plan; for a function whose code is a package, that of the package.

    Raises:
        HashzipError: The name is unknown, or something is wrong with the inputs.
    """
    target = project.packaged(name)
    try:
        return _plan(project, name, target, scan_cache or ScanCache())
    except HashzipError as error:
        if error.key and not error.lines:
            error.lines = config.excerpt(project, target, error.key)
        raise


def _plan(project: Project, name: str, target: Target, scan_cache: ScanCache) -> BuildPlan:
    key = (project.root, target.name)
    if key in scan_cache.shared:
        return scan_cache.shared[key]
    layout.check(project.root, os.path.join(ARTIFACTS, target.name))
    layers = _layers(project, target, scan_cache)
    builder_plan = BUILDERS[target.builder].plan(project, target, layers)
    folders = scan_cache.folders(project, builder_plan.folders)
    sources = scan_cache.sources(project, target) if builder_plan.packs_sources else []
    # Each once, even if it is named twice.
    groups = list({id(group): group for _, group in (*sources, *folders) if group}.values())
    if builder_plan.files:
        groups.append(FileGroup([file.location for file in builder_plan.files]))
    stat_caches = scan_cache.stat_caches or os.path.join(project.root, CACHE)
    build_plan = BuildPlan(
        project=project,
        target=target,
        builder_plan=builder_plan,
        layers=layers,
        folders=[listing for listing, _ in folders],
        listings=[listing for listing, _ in sources],
        stat_cache=StatCache(
            os.path.join(stat_caches, f"{target.name}.index"), groups, user_key.load(project.root)
        ),
        replan=lambda: plan(project, name),
        find_uses=lambda: _uses(project, target, scan_cache),
    )
    _ = build_plan.result  # computed now, so that errors come from here
    if isinstance(target, Layer | Package):
        scan_cache.shared[key] = build_plan
    return build_plan


def _uses(project: Project, target: Target, scan_cache: ScanCache) -> list[Use]:
    return [
        Use(function, _layers(project, function, scan_cache))
        for function in project.functions(target)
    ]


def _layers(project: Project, target: Target, scan_cache: ScanCache) -> list[BuildPlan]:
    return [plan(project, layer.name, scan_cache) for layer in project.layers(target)]
