"""The order of the stages. Read this first: it is the tour of the house.

    config -> locks, sources -> index -> inputs -> fingerprint     `planning`: only reads
                                             |
install -> assembly -> packing -> archive -> manifest -> store     `build`: once a fingerprint

`planning.examine` answers with a `Blueprint`: all that decides the bytes of a package. Whatever
comes later checks itself against it, so that what was planned is what is built.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from hashzip.blueprint import Blueprint
from hashzip.errors import HashzipError
from hashzip.store import Sizes

if TYPE_CHECKING:
    from hashzip.manifest import Manifest


class Built(NamedTuple):
    """What a build came to.

    Attributes:
        fingerprint: Of what it was built from.
        sizes: Of the artifact that is there now.
        reason: Why it was built, or "" where it was there already.
        seconds: How long it took.
    """

    fingerprint: str
    sizes: Sizes
    reason: str
    seconds: float


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
    from hashzip import changes  # noqa: PLC0415 - needed only here, and where something is built

    changed = changes.compare(files, blueprint.answer.summary)
    what = f": {changed}" if files and any(changed) else ""
    raise HashzipError(
        f"{blueprint.target.name}: the sources changed since the plan{what} "
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
        name = blueprint.target.name
        return build(blueprint, force=force, jobs=jobs, progress=lambda size: progress(name, size))

    installs = [b for b in blueprints if b.lock and (force or not b.store.find(b.fingerprint))]
    # Layers first: Lambda's limits are for a function together with its layers.
    order = sorted(range(len(blueprints)), key=lambda at: bool(blueprints[at].layers))
    if len(installs) < 2:  # noqa: PLR2004 - side by side takes two
        built: dict[int, Built] = {}
        told = 0
        for at in order:
            built[at] = one(blueprints[at])
            while told in built:
                yield built[told]
                told += 1
        return
    from concurrent import futures  # noqa: PLC0415 - seldom needed, and slow

    begun: dict[str, futures.Future[Built]] = {}

    def after_layers(blueprint: Blueprint) -> Built:
        names = [layer.target.name for layer in blueprint.layers]
        futures.wait([begun[name] for name in names if name in begun])
        return one(blueprint)

    with futures.ThreadPoolExecutor(jobs or os.cpu_count()) as pool:
        for at in order:
            begun[blueprints[at].target.name] = pool.submit(after_layers, blueprints[at])
        try:
            for blueprint in blueprints:
                yield begun[blueprint.target.name].result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


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
        from hashzip import packing, workshop  # noqa: PLC0415 - need what the plan must not

        with workshop.lend(store) as folder:
            # Another build may have made it while this one waited for the folder.
            found = None if force else store.find(blueprint.fingerprint)
            if found is None:
                last = None if force else packing.last(blueprint)
                reason = "forced" if force else why(blueprint, last.manifest if last else None)
                manifest = packing.pack(
                    blueprint, folder, last, fresh=force, jobs=jobs, progress=progress
                )
                workshop.commit(manifest, os.path.join(folder, manifest.artifact.file), store)
                found = Sizes(manifest.artifact.size, manifest.artifact.unpacked_size)
    return Built(blueprint.fingerprint, found, reason, time.perf_counter() - start)


def why(blueprint: Blueprint, last: "Manifest | None") -> str:
    """Says why a package is not there as it should be, by the manifest of its last build."""
    if last is None:
        return "no build before"
    if last.fingerprint == blueprint.fingerprint:
        return "its zip was missing or damaged"
    from hashzip import changes  # noqa: PLC0415 - needed only where something is built

    recipe = changes.recipe_changes(last.recipe, blueprint.recipe)
    files = changes.files(last.inputs, blueprint.inputs)
    return ", ".join([*recipe, *([str(files)] if any(files) else [])])
