"""The order of the stages. Read this first: it is the tour of the house.

    config -> sources -> index -> inputs -> fingerprint     `examine`, at plan time: only reads
                                       |
                builder -> archive -> manifest -> store     `build`: once a fingerprint

`examine` answers with a `Blueprint`: all that decides the bytes of a package. Whatever comes later
checks itself against it, so that what was planned is what is built.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hashzip import __version__, changes, inputs, names, sources, terraform
from hashzip.builders import python
from hashzip.config import Function, Project
from hashzip.errors import HashzipError
from hashzip.fingerprint import BY_PATH, Input, Recipe, canonical_json, fingerprint
from hashzip.index import FOLDER as INDEX_FOLDER
from hashzip.index import Answer, Group, Index
from hashzip.manifest import Manifest
from hashzip.names import SourceFile
from hashzip.sources import Listing
from hashzip.store import Sizes, Store


@dataclass(frozen=True)
class Blueprint:
    """All that decides the bytes of one package.

    Attributes:
        project: The project.
        function: The function.
        recipe: What is done with the inputs.
        locks: Files that decide what is packed beside the sources.
        listings: The sources, which are packed.
        index: What all these files hold, when they are examined.
    """

    project: Project
    function: Function
    recipe: Recipe
    locks: Sequence[SourceFile]
    listings: Sequence[Listing]
    index: Index

    @cached_property
    def files(self) -> Sequence[SourceFile]:
        """The sources as they are named in the package."""
        return sources.name(self.listings, self.function.executable)

    @cached_property
    def inputs(self) -> Sequence[Input]:
        """What locks and sources held when they were examined."""
        return [
            inputs.as_input(file, self.index.content(file.location))
            for file in (*self.locks, *self.files)
        ]

    @cached_property
    def answer(self) -> Answer:
        """What comes of it all: the fingerprint, and the summary for whoever reads a plan."""
        function = self.function
        # All that it depends on beside the files.
        key = canonical_json([__version__, self.recipe, function.sources, function.executable])
        known = self.index.answer(key)
        if known:
            return known
        found = self.inputs
        answer = Answer(key, fingerprint(self.recipe, found), terraform.summary(found))
        self.index.keep(answer)
        return answer

    @property
    def fingerprint(self) -> str:
        """The digest of recipe and inputs."""
        return self.answer.fingerprint

    @property
    def store(self) -> Store:
        """Where its artifacts live."""
        return Store(self.project.root, self.function.name)


class Survey:
    """What one command sees of a project: a folder that functions share is looked at once."""

    def __init__(self) -> None:
        self._seen: dict[tuple[object, ...], tuple[Listing, Group | None]] = {}

    def listings(self, project: Project, function: Function) -> tuple[list[Listing], list[Group]]:
        """Lists the sources of a function, and answers the groups of all that there are.

        Raises:
            HashzipError: There is no file, or what is there cannot be a source.
        """
        found = [self._walk(project.root, function, folder) for folder in function.sources]
        listings = [listing for listing, _ in found]
        sources.refuse_nothing(project.root, listings)
        return listings, [group for _, group in found if group]

    def _walk(self, root: str, function: Function, folder: str) -> tuple[Listing, Group | None]:
        key = (root, folder, function.include, function.exclude)
        if key not in self._seen:
            listing = sources.walk(
                root,
                folder,
                include=function.include,
                exclude=function.exclude,
                skip="dist",  # hashzip's own artifacts, where the project's root is a source
            )
            self._seen[key] = listing, Group(listing.files) if listing.files else None
        return self._seen[key]


@dataclass(frozen=True)
class Built:
    """What a build came to.

    Attributes:
        sizes: Of the artifact that is there now.
        reason: Why it was built, or "" where it was there already.
        seconds: How long it took.
    """

    sizes: Sizes
    reason: str
    seconds: float


def examine(project: Project, name: str, survey: Survey | None = None) -> Blueprint:
    """Looks at all inputs of a function, and computes its fingerprint. Writes nothing but a cache.

    Args:
        project: The project.
        name: The function's name.
        survey: What was seen for other functions in the same command.

    Raises:
        HashzipError: The function is unknown, or its inputs cannot be what they are.
    """
    function = project.function(name)
    recipe = python.recipe(function)
    locks = python.inputs(project, function)
    listings, groups = (survey or Survey()).listings(project, function)
    if locks:
        groups.append(Group([file.location for file in locks]))
    index = Index(os.path.join(project.root, INDEX_FOLDER, f"{name}.index"), groups)
    blueprint = Blueprint(project, function, recipe, locks, listings, index)
    _ = blueprint.answer  # now, and not when somebody first asks for it
    return blueprint


def expect(blueprint: Blueprint, planned: str, files: Mapping[str, str]) -> None:
    """Refuses a blueprint that is not the planned one.

    Args:
        blueprint: What is there now.
        planned: The fingerprint that the plan saw.
        files: The summary that the plan saw, to name what changed; empty where it is not known.

    Raises:
        HashzipError: The fingerprints differ.
    """
    if blueprint.fingerprint == planned:
        return
    changed = changes.compare(files, blueprint.answer.summary)
    what = f": {changed}" if files and any(changed) else ""
    raise HashzipError(
        f"{blueprint.function.name}: the sources changed since the plan{what} "
        f"(planned {planned[:12]}, found {blueprint.fingerprint[:12]})",
        "make a new plan and apply that; nothing was built or deployed",
    )


def build_all(
    blueprints: Sequence[Blueprint],
    *,
    force: bool = False,
    jobs: int | None = None,
    progress: Callable[[str, int], None] = lambda _name, _size: None,
) -> Iterator[Built]:
    """Builds packages, and answers in their order, each when it is there.

    Side by side where several are installed; what else there is to a build keeps the processors
    busy alone.

    Args:
        blueprints: What to build.
        force: As `build` takes it.
        jobs: How many are built at a time, and how many threads each has to compress; by default,
            one a processor.
        progress: Called with a function's name, and the size of each file, when it is packed.

    Raises:
        HashzipError: A build failed. Those that were begun are brought to their end.
    """

    def one(blueprint: Blueprint) -> Built:
        name = blueprint.function.name
        return build(blueprint, force=force, jobs=jobs, progress=lambda size: progress(name, size))

    installs = [b for b in blueprints if b.locks and (force or not b.store.find(b.fingerprint))]
    if len(installs) < 2:  # noqa: PLR2004 - side by side takes two
        yield from map(one, blueprints)
        return
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - seldom needed, and slow

    with ThreadPoolExecutor(jobs or os.cpu_count()) as pool:
        yield from pool.map(one, blueprints)


def build(
    blueprint: Blueprint,
    *,
    force: bool = False,
    jobs: int | None = None,
    progress: Callable[[int], None] = lambda _size: None,
) -> Built:
    """Builds a package, where it is not there already.

    Args:
        blueprint: What to build.
        force: Whether to build even so, and take nothing from earlier builds.
        jobs: How many threads compress; by default, one a processor.
        progress: Called with the size of each file, in bytes, when it is packed.

    Raises:
        HashzipError: The build failed. What was there before is there still.
    """
    start = time.perf_counter()
    store = blueprint.store
    reason = ""
    found = None if force else store.find(blueprint.fingerprint)
    if found is None:
        with store.workshop() as workshop:
            # Another build may have made it while this one waited for the workshop.
            found = None if force else store.find(blueprint.fingerprint)
            if found is None:
                last = None if force else store.latest()
                reason = "forced" if force else why(blueprint, last)
                manifest = _make(blueprint, workshop, last, jobs or os.cpu_count() or 1, progress)
                store.commit(manifest, workshop / manifest.artifact.file)
                found = Sizes(manifest.artifact.size, manifest.artifact.unpacked_size)
    return Built(found, reason, time.perf_counter() - start)


def why(blueprint: Blueprint, last: Manifest | None) -> str:
    """Says why a package is not there as it should be, by the manifest of its last build."""
    if last is None:
        return "no build before"
    if last.fingerprint == blueprint.fingerprint:
        return "its zip was missing or damaged"
    recipe = changes.recipe_changes(last.recipe, blueprint.recipe)
    files = changes.compare(changes.digests(last.inputs), changes.digests(blueprint.inputs))
    return ", ".join([*recipe, *([str(files)] if any(files) else [])])


def _make(
    blueprint: Blueprint,
    workshop: Path,
    last: Manifest | None,
    jobs: int,
    progress: Callable[[int], None],
) -> Manifest:
    from hashzip import archive  # noqa: PLC0415 - needs libdeflate, which plan time must not

    staging = workshop / "staging"
    staging.mkdir()
    packages = python.stage(blueprint.project, blueprint.function, staging)
    locked = len(blueprint.locks)
    if inputs.read(blueprint.locks) != blueprint.inputs[:locked]:
        raise HashzipError(
            f"{blueprint.function.requirements} changed while the package was built", "build again"
        )
    entries = [
        archive.Entry(file, read.size, read)
        for file, read in zip(blueprint.files, blueprint.inputs[locked:], strict=True)
    ]
    if packages:
        entries += [
            archive.Entry(file, os.stat(file.location).st_size)
            for file in sources.scan(os.path.realpath(staging), ["."])
        ]
        names.refuse_clashes([entry.file for entry in entries])
    entries.sort(key=lambda entry: BY_PATH(entry.file))
    earlier = None
    if last:
        path = blueprint.store.zip_path(last.fingerprint)
        earlier = archive.Earlier(path, last.artifact, last.tools.get("deflate", ""))
    artifact = archive.write(
        entries,
        workshop / f"{blueprint.fingerprint}.zip",
        jobs=jobs,
        earlier=earlier,
        progress=progress,
    )
    return Manifest(
        function=blueprint.function.name,
        fingerprint=blueprint.fingerprint,
        recipe=blueprint.recipe,
        inputs=blueprint.inputs,
        packages=packages,
        artifact=artifact,
        tools={"hashzip": __version__, "deflate": archive.LIBRARY},
    )
