"""Packs what a blueprint says into a zip, and says in a manifest what is in it. Build time."""

import os
from collections.abc import Callable, Mapping
from typing import NamedTuple

from hashzip import __version__, archive, assembly, limits, reuse
from hashzip.blueprint import Blueprint
from hashzip.errors import HashzipError, printable
from hashzip.manifest import Artifact, Manifest
from hashzip.targets import LAYER


class Last(NamedTuple):
    """The last build.

    Attributes:
        manifest: What it made from what.
        zip: What it made, which has what is compressed already; None where it is no good.
    """

    manifest: Manifest
    zip: reuse.Zip | None


def last(blueprint: Blueprint) -> Last | None:
    """Reads what the last build made, if there was one; its zip is hashed from now on."""
    store = blueprint.store
    fingerprint = store.latest_fingerprint()
    if fingerprint is None:
        return None
    # One that is built again was missing or damaged. And Windows replaces no file that is in use.
    is_good = fingerprint != blueprint.fingerprint
    earlier = reuse.read(store.zip_path(fingerprint)) if is_good else None
    manifest = store.manifest(fingerprint)
    return Last(manifest, earlier) if manifest else None


def pack(
    blueprint: Blueprint,
    workshop: str,
    last: Last | None,
    *,
    fresh: bool,
    jobs: int | None,
    progress: Callable[[int], None],
) -> Manifest:
    """Packs a function or layer into a zip in the workshop.

    Args:
        blueprint: What to pack.
        workshop: The folder to work in.
        last: An earlier build, to copy from.
        fresh: Whether to install even what is installed.
        jobs: How many threads compress; by default, one a processor.
        progress: Called with the size of each file, in bytes, when it is packed.

    Raises:
        HashzipError: It cannot be installed, compiled or packed, or Lambda would not take it.
    """
    parts = assembly.assemble(blueprint, workshop, fresh=fresh)
    earlier = None
    if last and last.zip:
        library = last.manifest.tools.get("deflate", "")
        earlier = reuse.Earlier(last.zip, last.manifest.artifact, library)
    try:
        artifact = archive.write(
            parts.entries,
            os.path.join(workshop, f"{blueprint.fingerprint}.zip"),
            jobs=jobs or os.cpu_count() or 1,
            earlier=earlier,
            progress=progress,
        )
    except archive.ChangedError as error:
        from hashzip.builders.python import trees  # noqa: PLC0415 - slow, and seldom needed

        if trees.forget(error.location):
            raise HashzipError(
                f"the cache was damaged at {printable(error.location)}, and that part is removed",
                "build again",
            ) from error
        raise
    _check_limits(blueprint, artifact, parts.owners)
    return Manifest(
        function=blueprint.target.name,
        fingerprint=blueprint.fingerprint,
        recipe=blueprint.recipe,
        inputs=blueprint.inputs,
        packages=parts.packages,
        artifact=artifact,
        tools={"hashzip": __version__, "deflate": archive.LIBRARY, **parts.tools},
    )


def _check_limits(blueprint: Blueprint, artifact: Artifact, owners: Mapping[str, str]) -> None:
    """Checks that Lambda takes a package, with those layers whose size is known here."""
    layers = {}
    owned = dict(owners)
    for layer in blueprint.layers:
        from hashzip.builders.python import trees  # noqa: PLC0415 - slow, and seldom needed

        manifest = layer.store.manifest(layer.fingerprint)
        if manifest:
            layers[layer.target.name.removeprefix(LAYER)] = manifest.artifact
            tree = trees.known(layer.tree_key)
            owned |= trees.owners(tree, layer.target.prefix, tree.packages) if tree else {}
    limits.check_zip(blueprint.target.where, artifact, owned)
    limits.check_unpacked(blueprint.target.where, artifact, layers, owned)
