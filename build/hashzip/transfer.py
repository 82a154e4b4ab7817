"""Move artifacts between the store in the project and the one that machines share. Build time.

A build needs no zip that the shared store has: then it only notes the manifest. Whoever may write
to the shared store decides what is deployed from it. All the same, nothing damaged is taken: a
manifest must be that of the fingerprint, and a zip, to the byte, what its manifest says.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from hashzip import terminal
from hashzip.artifacts.store import DamagedError, Sizes
from hashzip.builders import BUILDERS
from hashzip.builders.build_plan import BuildPlan
from hashzip.errors import HashzipError

if TYPE_CHECKING:
    from hashzip.artifacts.manifest import Manifest
    from hashzip.artifacts.store import SharedStore, SharedStores

_T = TypeVar("_T")

_THREADS = 16
_BLOCK = 1 << 20  # bytes


def find(plan: BuildPlan, shared: "SharedStores") -> Sizes | None:
    """Return the sizes of a package's artifact in the shared store; None if it is missing.

    Its manifest is kept, so that others know what is deployed.

    Args:
        plan: The package.
        shared: The shared stores.

    Raises:
        DamagedError: The artifact is damaged.
        HashzipError: The store cannot be reached, or refuses to say.
    """
    store = shared.store(plan.target.name)
    sizes = store.find(plan.fingerprint)
    manifest = store.manifest(plan.fingerprint) if sizes else None
    if manifest and plan.store.manifest(plan.fingerprint) is None:
        with suppress(OSError):  # in a read-only project
            plan.store.trust(manifest, is_compared=False)
    return sizes


def find_all(plans: Sequence[BuildPlan], shared: "SharedStores") -> Mapping[str, Sizes | None]:
    """Return what `find` returns of several packages, by name; several are asked for at a time.

    Raises:
        DamagedError: An artifact is damaged.
        HashzipError: The store cannot be reached, or refuses to say.
    """
    return _for_all(plans, lambda plan: find(plan, shared))


def states(plans: Sequence[BuildPlan], shared: "SharedStores") -> Mapping[str, str]:
    """Return whether the shared store has artifacts: `yes`, `no` or `damaged`, by name.

    Raises:
        HashzipError: The store cannot be reached, or refuses to say.
    """

    def state(plan: BuildPlan) -> str:
        try:
            sizes = shared.store(plan.target.name).find(plan.fingerprint)
        except DamagedError:
            return "damaged"
        return "yes" if sizes else "no"

    return _for_all(plans, state)


def _for_all(plans: Sequence[BuildPlan], ask: Callable[[BuildPlan], _T]) -> Mapping[str, _T]:
    """Return what a function returns of each plan, by name; it is called in threads."""
    from concurrent import futures

    with futures.ThreadPoolExecutor(_THREADS) as pool:
        return dict(zip([plan.target.name for plan in plans], pool.map(ask, plans), strict=True))


def push(plan: BuildPlan, shared: "SharedStores", *, force: bool = False) -> bool:
    """Put the artifact of a package into the shared store, unless it is there.

    Args:
        plan: The package.
        shared: The shared stores.
        force: Whether to replace an artifact that is damaged, or has other bytes.

    Returns:
        Whether it was put there.

    Raises:
        DamagedError: There is one that is damaged, or has other bytes.
        HashzipError: The package is not built; or the store cannot be reached, or refuses it.
    """
    from hashzip.system import phases

    name, fingerprint = plan.target.name, plan.fingerprint
    manifest = plan.store.manifest(fingerprint)
    if plan.store.find(fingerprint) is None or manifest is None:
        raise HashzipError(f"{name} is not built", f"run: hashzip build {name}")
    store = shared.store(name)
    size = terminal.megabytes(manifest.artifact.size)
    zip_file = plan.store.reference(fingerprint)["zip"]
    with phases.build_of(name):
        try:
            if store.find(fingerprint) and _is_same(store.manifest(fingerprint), manifest):
                return False
            with phases.phase(f"pushing {size} to {shared.settings.url}"):
                _commit(store, manifest, zip_file, plan)
        except DamagedError:
            if not force:
                raise
            store.remove(fingerprint)
            with phases.phase(f"replacing {size} in {shared.settings.url}"):
                _commit(store, manifest, zip_file, plan)
    return True


def _is_same(theirs: "Manifest | None", ours: "Manifest") -> bool:
    """Return whether two manifests are of the same zip; other versions of tools may write it."""
    return theirs is not None and theirs.artifact == ours.artifact


def _commit(store: "SharedStore", manifest: "Manifest", zip_file: str, plan: BuildPlan) -> None:
    try:
        store.commit(manifest, zip_file, sbom(plan, manifest))
    except OSError as error:
        reason = error.strerror or error
        raise HashzipError(f"cannot read {zip_file}: {reason}", "run this again") from error


def pull(plan: BuildPlan, shared: "SharedStores") -> bool:
    """Fetch the artifact of a package from the shared store, unless it is here.

    Args:
        plan: The package.
        shared: The shared stores.

    Returns:
        Whether it was fetched.

    Raises:
        DamagedError: It is damaged.
        HashzipError: It is missing; the store cannot be reached, or refuses it; it cannot be
            written here.
    """
    from hashzip.system import phases

    name, fingerprint, local = plan.target.name, plan.fingerprint, plan.store
    store = shared.store(name)
    manifest = store.manifest(fingerprint) if store.find(fingerprint) else None
    if manifest is None:
        raise HashzipError(
            f"{name}: the store has no {store.reference(fingerprint)['zip']}",
            f"build it: hashzip build {name}",
        )
    ours = local.manifest(fingerprint) if local.find(fingerprint) else None
    if _is_same(ours, manifest):
        return False
    size = terminal.megabytes(manifest.artifact.size)
    with (
        phases.build_of(name),
        phases.phase(f"pulling {size} from {shared.settings.url}"),
        local.stage() as folder,
    ):
        zip_file = os.path.join(folder, manifest.artifact.file)
        with store.open_zip(fingerprint) as stream, open(zip_file, "xb") as file:
            while block := stream.read(_BLOCK):
                file.write(block)
                phases.moved(len(block))
        url = store.reference(fingerprint)["zip"]
        _check(zip_file, manifest, url, shared.settings.url)
        local.commit(manifest, zip_file, sbom(plan, manifest), is_own=False)
    return True


def sbom(plan: BuildPlan, manifest: "Manifest") -> str:
    """Return the bill of materials of an artifact, or "" where no package is in the zip."""
    if not manifest.packages:
        return ""
    from hashzip.artifacts import sbom as bills

    return bills.document(manifest, BUILDERS[plan.target.builder].PURL_TYPE)


def _check(zip_file: str, manifest: "Manifest", url: str, store: str) -> None:
    """Check that a zip, and each of its members, is what its manifest says."""
    from hashzip.archive import comparison

    with open(zip_file, "rb") as file:
        artifact = comparison.read(file, manifest.artifact.file, manifest.artifact.entries)
    if artifact != manifest.artifact:
        raise DamagedError(
            f"{url} is damaged: it does not hold what its manifest says",
            f"replace it: hashzip build {manifest.function} --force --store {store}",
        )
