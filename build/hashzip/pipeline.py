"""Build time: from a plan to an artifact in the store. Read this first, after `planning`.

`planning.plan` only reads. It returns a `BuildPlan`: all that decides the bytes of a package, with
the fingerprint. `build` turns that into an artifact, once for each fingerprint:

    find                is there an artifact of this fingerprint that counts, and is it complete?
    transfer.find       or one in the store that machines share, if there is one?
    store.stage         a folder to build in, for one build at a time
    package.last_build  the last build, to name what changed, and to copy compressed files from
    package.pack        assemble:    sources, installed packages, compiled programs -> entries
                        zip_writer:  entries -> zip, compressed in threads
                        limits:      would Lambda take it?
                        -> manifest: what was built from what
    store.commit        zip, then manifest, move to where `store.find` finds them
    transfer.push       to the shared store, if there is one

Each stage checks what it reads against the plan, so that what was planned is what is built.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from hashzip.artifacts.store import Sizes
from hashzip.builders.build_plan import BuildPlan
from hashzip.errors import HashzipError, warn
from hashzip.project import user_key
from hashzip.project.targets import Layer

if TYPE_CHECKING:
    from hashzip.artifacts.manifest import Manifest
    from hashzip.artifacts.store import SharedStores


class Built(NamedTuple):
    """The result of a build.

    Attributes:
        fingerprint: Of the inputs.
        sizes: Of the artifact.
        reason: Why it was built; "" if it was there already.
        seconds: How long it took.
        growth: By how many bytes its zip is larger than that of the last build; None if it was not
            built, or never before.
        packages: The packages that differ from those of the last build: `numpy 2.1.2 -> 2.3.4`.
        stored: Whether it is in the shared store.
        is_pushed: Whether it was put there now.
    """

    fingerprint: str
    sizes: Sizes
    reason: str
    seconds: float
    growth: int | None = None
    packages: Sequence[str] = ()
    stored: bool = False
    is_pushed: bool = False


def require_fingerprint(plan: BuildPlan, planned: str, files: Mapping[str, str]) -> None:
    """Check that the inputs are those that Terraform planned with.

    Args:
        plan: The inputs as they are now.
        planned: The fingerprint in Terraform's plan.
        files: The summary of the inputs in Terraform's plan, to name what changed; empty if it is
            not known.

    Raises:
        HashzipError: The fingerprints differ.
    """
    if plan.fingerprint == planned:
        return
    from hashzip.artifacts import changes

    changed = changes.compare(files, plan.result.summary)
    names = f": {changed}" if files and any(changed) else ""
    converted = [
        path
        for path in changed.changed
        if path in plan.locations and changes.is_converted(plan.read(path), str(files[path]))
    ]
    hint = "make a new plan and apply that; nothing was built or deployed"
    if converted and changed == changes.Changes([], converted, []):
        hint = f"only line endings differ; {changes.LINE_ENDINGS_HINT}; then {hint}"
    raise HashzipError(
        f"{plan.target.name}: the sources changed since the plan{names} "
        f"(planned {planned[:12]}, found {plan.fingerprint[:12]})",
        hint,
    )


def require_packages(plans: Sequence[BuildPlan], *, force: bool) -> None:
    """Check that Python has the packages of a build, unless all that is to be built is there.

    To install them, hashzip may start again. So call this before a result is printed.

    Args:
        plans: The packages to build.
        force: As for `build`.

    Raises:
        ModuleNotFoundError: A package is not installed.
    """
    from importlib.machinery import PathFinder  # noqa: PLC0415 - loads nothing

    if PathFinder.find_spec("deflate") is None and (
        force or any(find(plan) is None for plan in plans)
    ):
        import deflate  # noqa: F401


def find(plan: BuildPlan) -> Sizes | None:
    """Return the sizes of a package's artifact; None if it is to be built.

    An artifact that another user built, or that came with the project, does not count, unless all
    that is in it can be compared with the inputs.

    Args:
        plan: The package.
    """
    sizes = plan.store.find(plan.fingerprint)
    if sizes is None and plan.builder_plan.only_sources:
        from hashzip.archive import comparison

        sizes = comparison.adopt(plan)
    return sizes


def build_all(
    plans: Sequence[BuildPlan],
    *,
    force: bool = False,
    jobs: int | None = None,
    progress: Callable[[str, int], None] = lambda _name, _size: None,
    shared: "SharedStores | None" = None,
) -> Iterator[Built]:
    """Build packages, and yield the result of each as soon as it and those before it are there.

    Builds run in parallel only if several must install packages: the rest of a build keeps all
    processors busy by itself.

    Args:
        plans: The packages to build.
        force: As for `build`.
        jobs: The number of builds at a time, and of threads that compress in each; by default, one
            a processor.
        progress: Called with a function's name, and the size of a file in bytes, when it is packed.
        shared: As for `build`.

    Yields:
        The results, in the order of the plans.

    Raises:
        HashzipError: A build failed. Builds that have begun are completed.
    """

    def build_one(plan: BuildPlan) -> Built:
        name = plan.target.name
        return build(
            plan,
            force=force,
            jobs=jobs,
            progress=lambda size: progress(name, size),
            shared=shared,
        )

    # Layers first: Lambda's limits are for a function together with its layers.
    order = sorted(range(len(plans)), key=lambda at: not isinstance(plans[at].target, Layer))
    stored: Mapping[str, object] = {}
    if shared and not force and len(plans) > 1:
        from hashzip import transfer

        stored = transfer.find_all(plans, shared)
    installs = sum(
        _must_install(plan, force=force) and not stored.get(plan.target.name) for plan in plans
    )
    if installs > 1:
        yield from _build_in_parallel(plans, order, build_one, jobs)
    else:
        yield from _build_in_turn(plans, order, build_one)


def _must_install(plan: BuildPlan, *, force: bool) -> bool:
    return bool(plan.target.options.get("requirements")) and (force or find(plan) is None)


def _build_in_turn(
    plans: Sequence[BuildPlan], order: Sequence[int], build_one: Callable[[BuildPlan], Built]
) -> Iterator[Built]:
    results: dict[int, Built] = {}
    next_result = 0
    for at in order:
        results[at] = build_one(plans[at])
        while next_result in results:
            yield results[next_result]
            next_result += 1


def _build_in_parallel(
    plans: Sequence[BuildPlan],
    order: Sequence[int],
    build_one: Callable[[BuildPlan], Built],
    jobs: int | None,
) -> Iterator[Built]:
    from concurrent import futures

    begun: dict[str, futures.Future[Built]] = {}

    def after_layers(plan: BuildPlan) -> Built:
        names = [layer.target.name for layer in plan.all_layers]
        futures.wait([begun[name] for name in names if name in begun])
        return build_one(plan)

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
    shared: "SharedStores | None" = None,
) -> Built:
    """Build a package, unless the store has it already.

    An artifact that only the shared store has is not fetched.

    Args:
        plan: The package to build.
        force: Whether to build it even if it is there, and to take nothing from earlier builds.
        jobs: The number of threads that compress; by default, one a processor.
        progress: Called with the size of each file, in bytes, when it is packed.
        shared: The shared stores, one of which has the artifact then.

    Raises:
        HashzipError: The build failed. The store is as it was.
    """
    start = time.perf_counter()
    store = plan.store
    sizes = None if force else find(plan)
    built = Built(plan.fingerprint, sizes, "", 0) if sizes else None
    if built is None and shared and not force:
        from hashzip import transfer

        sizes = transfer.find(plan, shared)
        if sizes:
            seconds = time.perf_counter() - start
            return Built(plan.fingerprint, sizes, "", seconds, stored=True)
    if built is None:
        from hashzip.system import phases

        with phases.build_of(plan.target.name), store.stage() as folder:
            # Another build may have made it while this one waited for its turn.
            sizes = None if force else find(plan)
            built = (
                Built(plan.fingerprint, sizes, "", 0)
                if sizes
                else _build_in(
                    folder,
                    plan,
                    force=force,
                    jobs=jobs,
                    progress=progress,
                    is_direct=shared is None,
                )
            )
    if shared:
        from hashzip import transfer

        is_pushed = transfer.push(plan, shared, force=force)
        built = built._replace(stored=True, is_pushed=is_pushed)
    return built._replace(seconds=time.perf_counter() - start)


def _build_in(
    folder: str,
    plan: BuildPlan,
    *,
    force: bool,
    jobs: int | None,
    progress: Callable[[int], None],
    is_direct: bool,
) -> Built:
    """Build a package in a folder, and put it into the store."""
    from hashzip import transfer
    from hashzip.archive import package

    last = None if force else package.last_build(plan)
    reason = "forced" if force else why(plan, last.manifest if last else None)
    if not force and is_foreign(plan):
        warn(
            f"{plan.store.reference(plan.fingerprint)['zip']} was not built by this user: "
            f"building it again ({user_key.SHARE_HINT})"
        )
    manifest = package.pack(
        plan, folder, last, fresh=force, jobs=jobs, progress=progress, is_direct=is_direct
    )
    artifact = manifest.artifact
    sbom = transfer.sbom(plan, manifest)
    plan.store.commit(manifest, os.path.join(folder, artifact.file), sbom)
    built = Built(plan.fingerprint, Sizes(artifact.size, artifact.unpacked_size), reason, 0)
    return built if last is None else _compared(built, last.manifest, manifest)


def _compared(built: Built, before: "Manifest", after: "Manifest") -> Built:
    """Add to the result of a build what differs from the last one."""
    from hashzip.artifacts import changes

    packages = changes.packages(before.packages, after.packages)
    signed = ((packages.changed, ""), (packages.added, "+"), (packages.removed, "-"))
    return built._replace(
        growth=after.artifact.size - before.artifact.size,
        packages=[sign + name for names, sign in signed for name in names],
    )


def is_foreign(plan: BuildPlan) -> bool:
    """Return whether there is an artifact that another user built."""
    return plan.store.untrusted_manifest(plan.fingerprint) is not None


def why(plan: BuildPlan, last: "Manifest | None") -> str:
    """Return why a package must be built.

    Args:
        plan: The package.
        last: The manifest of its last build, if there was one.
    """
    if is_foreign(plan):
        return "its zip was not built by this user"
    if last is None:
        return "first build here"
    if last.fingerprint == plan.fingerprint:
        return "its zip was missing or damaged"
    from hashzip.artifacts import changes

    recipe = changes.recipe_changes(last.recipe, plan.recipe)
    files = changes.files(last.inputs, plan.inputs)
    return ", ".join([*recipe, *([str(files)] if any(files) else [])])
