"""Packs what a plan says into a zip, and says in a manifest what is in it. Build time."""

import os
from collections.abc import Callable, Mapping
from typing import NamedTuple

from hashzip import __version__
from hashzip.archive import assemble, limits, zip_reuse, zip_writer
from hashzip.artifacts.manifest import Artifact, Manifest
from hashzip.builders.build_plan import BuildPlan
from hashzip.errors import HashzipError, escape
from hashzip.project.targets import LAYER


class Last(NamedTuple):
    """The last build.

    Attributes:
        manifest: What it made from what.
        zip: What it made, which has what is compressed already; None where it is no good.
    """

    manifest: Manifest
    zip: zip_reuse.Zip | None


def last(plan: BuildPlan) -> Last | None:
    """Reads what the last build made, if there was one; its zip is hashed from now on."""
    store = plan.store
    fingerprint = store.latest_fingerprint()
    if fingerprint is None:
        return None
    # One that is built again was missing or damaged. And Windows replaces no file that is in use.
    is_good = fingerprint != plan.fingerprint
    earlier = zip_reuse.read(store.zip_path(fingerprint)) if is_good else None
    manifest = store.manifest(fingerprint)
    return Last(manifest, earlier) if manifest else None


def pack(
    plan: BuildPlan,
    workshop: str,
    last: Last | None,
    *,
    fresh: bool,
    jobs: int | None,
    progress: Callable[[int], None],
) -> Manifest:
    """Packs a function or layer into a zip in the workshop.

    Args:
        plan: What to pack.
        workshop: The folder to work in.
        last: An earlier build, to copy from.
        fresh: Whether to install even what is installed.
        jobs: How many threads compress; by default, one a processor.
        progress: Called with the size of each file, in bytes, when it is packed.

    Raises:
        HashzipError: It cannot be installed, compiled or packed, or Lambda would not take it.
    """
    parts = assemble.assemble(plan, workshop, fresh=fresh)
    earlier = None
    if last and last.zip:
        library = last.manifest.tools.get("deflate", "")
        earlier = zip_reuse.Earlier(last.zip, last.manifest.artifact, library)
    try:
        artifact = zip_writer.write(
            parts.entries,
            os.path.join(workshop, f"{plan.fingerprint}.zip"),
            jobs=jobs or os.cpu_count() or 1,
            earlier=earlier,
            progress=progress,
        )
    except zip_writer.ChangedError as error:
        from hashzip.builders.python import install_cache  # noqa: PLC0415 - slow, and seldom needed

        if install_cache.discard(error.location):
            raise HashzipError(
                f"the cache was damaged at {escape(error.location)}, and that part is removed",
                "build again",
            ) from error
        raise
    _check_limits(plan, artifact, parts.owners)
    return Manifest(
        function=plan.target.name,
        fingerprint=plan.fingerprint,
        recipe=plan.recipe,
        inputs=plan.inputs,
        packages=parts.packages,
        artifact=artifact,
        tools={"hashzip": __version__, "deflate": zip_writer.LIBRARY, **parts.tools},
    )


def _check_limits(plan: BuildPlan, artifact: Artifact, owners: Mapping[str, str]) -> None:
    """Checks that Lambda takes a package, with those layers whose size is known here."""
    layers = {}
    owned = dict(owners)
    for layer in plan.layers:
        from hashzip.builders.python import install_cache  # noqa: PLC0415 - slow, and seldom needed

        manifest = layer.store.manifest(layer.fingerprint)
        if manifest:
            layers[layer.target.name.removeprefix(LAYER)] = manifest.artifact
            tree = install_cache.get(layer.tree_key)
            owned |= tree.owners(layer.target.prefix, tree.packages) if tree else {}
    limits.check_zip(plan.target.where, artifact, owned)
    limits.check_unpacked(plan.target.where, artifact, layers, owned)
