"""The order of the stages. Read this first: it is the tour of the house.

    config -> locks, sources -> index -> inputs -> fingerprint     `planning`: only reads
                                             |
install -> assembly -> packing -> archive -> manifest -> store     `build`: once a fingerprint

`planning.plan` answers with a `BuildPlan`: all that decides the bytes of a package. Whatever
comes later checks itself against it, so that what was planned is what is built.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from hashzip.artifacts.store import Sizes
from hashzip.builders.build_plan import BuildPlan
from hashzip.errors import HashzipError

if TYPE_CHECKING:
    from hashzip.artifacts.manifest import Manifest


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


def expect(plan: BuildPlan, planned: str, files: Mapping[str, str]) -> None:
    """Refuses a plan that is not the planned one.

    Args:
        plan: What is there now.
        planned: The fingerprint that the plan saw.
        files: The summary that the plan saw, to name what changed; empty where it is not known.

    Raises:
        HashzipError: The fingerprints differ.
    """
    if plan.fingerprint == planned:
        return
    from hashzip.artifacts import changes  # noqa: PLC0415 - needed only here, and where something is built

    changed = changes.compare(files, plan.answer.summary)
    what = f": {changed}" if files and any(changed) else ""
    raise HashzipError(
        f"{plan.target.name}: the sources changed since the plan{what} "
        f"(planned {planned[:12]}, found {plan.fingerprint[:12]})",
        "make a new plan and apply that; nothing was built or deployed",
    )


def build_all(
    plans: Sequence[BuildPlan],
    *,
    force: bool = False,
    jobs: int | None = None,
    progress: Callable[[str, int], None] = lambda _name, _size: None,
) -> Iterator[Built]:
    """Builds packages, and answers in their order, each when it is there.

    Side by side where several are installed; what else there is to a build keeps the processors
    busy alone.

    Args:
        plans: What to build.
        force: As `build` takes it.
        jobs: How many are built at a time, and how many threads each has to compress; by default,
            one a processor.
        progress: Called with a function's name, and the size of each file, when it is packed.

    Raises:
        HashzipError: A build failed. Those that were begun are brought to their end.
    """

    def one(plan: BuildPlan) -> Built:
        name = plan.target.name
        return build(plan, force=force, jobs=jobs, progress=lambda size: progress(name, size))

    installs = [b for b in plans if b.lock and (force or not b.store.find(b.fingerprint))]
    # Layers first: Lambda's limits are for a function together with its layers.
    order = sorted(range(len(plans)), key=lambda at: bool(plans[at].layers))
    if len(installs) < 2:  # noqa: PLR2004 - side by side takes two
        built: dict[int, Built] = {}
        told = 0
        for at in order:
            built[at] = one(plans[at])
            while told in built:
                yield built[told]
                told += 1
        return
    from concurrent import futures  # noqa: PLC0415 - seldom needed, and slow

    begun: dict[str, futures.Future[Built]] = {}

    def after_layers(plan: BuildPlan) -> Built:
        names = [layer.target.name for layer in plan.layers]
        futures.wait([begun[name] for name in names if name in begun])
        return one(plan)

    with futures.ThreadPoolExecutor(jobs or os.cpu_count()) as pool:
        for at in order:
            begun[plans[at].target.name] = pool.submit(after_layers, plans[at])
        try:
            for plan in plans:
                yield begun[plan.target.name].result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def build(
    plan: BuildPlan,
    *,
    force: bool = False,
    jobs: int | None = None,
    progress: Callable[[int], None] = lambda _size: None,
) -> Built:
    """Builds a package, where it is not there already.

    Args:
        plan: What to build.
        force: Whether to build even so, and take nothing from earlier builds.
        jobs: How many threads compress; by default, one a processor.
        progress: Called with the size of each file, in bytes, when it is packed.

    Raises:
        HashzipError: The build failed. What was there before is there still.
    """
    start = time.perf_counter()
    store = plan.store
    reason = ""
    found = None if force else store.find(plan.fingerprint)
    if found is None:
        from hashzip.archive import package  # noqa: PLC0415 - need what the plan must not
        from hashzip.artifacts import staging  # noqa: PLC0415 - need what the plan must not

        with staging.lend(store) as folder:
            # Another build may have made it while this one waited for the folder.
            found = None if force else store.find(plan.fingerprint)
            if found is None:
                last = None if force else package.last(plan)
                reason = "forced" if force else why(plan, last.manifest if last else None)
                manifest = package.pack(
                    plan, folder, last, fresh=force, jobs=jobs, progress=progress
                )
                staging.commit(manifest, os.path.join(folder, manifest.artifact.file), store)
                found = Sizes(manifest.artifact.size, manifest.artifact.unpacked_size)
    return Built(plan.fingerprint, found, reason, time.perf_counter() - start)


def why(plan: BuildPlan, last: "Manifest | None") -> str:
    """Says why a package is not there as it should be, by the manifest of its last build."""
    if last is None:
        return "no build before"
    if last.fingerprint == plan.fingerprint:
        return "its zip was missing or damaged"
    from hashzip.artifacts import changes  # noqa: PLC0415 - needed only where something is built

    recipe = changes.recipe_changes(last.recipe, plan.recipe)
    files = changes.files(last.inputs, plan.inputs)
    return ", ".join([*recipe, *([str(files)] if any(files) else [])])
