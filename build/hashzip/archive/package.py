"""Pack a function or layer into a zip, and describe it in a manifest. Build time."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from hashzip import __version__, terminal
from hashzip.archive import assemble, imports, uses, zip_reuse, zip_writer
from hashzip.archive.zip_writer import Entry
from hashzip.artifacts import limits
from hashzip.artifacts.manifest import Artifact, Manifest
from hashzip.builders.build_plan import BuildPlan, Use
from hashzip.errors import HashzipError, escape, read_error
from hashzip.project import files
from hashzip.project.targets import LAYER
from hashzip.system import phases


class LastBuild(NamedTuple):
    """The last build of a function or layer.

    Attributes:
        manifest: Its manifest.
        zip: Its zip, to copy compressed files from; None if it cannot be read.
    """

    manifest: Manifest
    zip: zip_reuse.Zip | None


def last_build(plan: BuildPlan) -> LastBuild | None:
    """Read the last build, if there was one. A thread begins to hash its zip."""
    store = plan.store
    fingerprint = store.latest()
    if fingerprint is None:
        return None
    manifest = store.manifest(fingerprint)
    if manifest is None:
        return None
    zip_file = None
    # One that is built again was missing or damaged; and Windows cannot replace a file in use.
    if fingerprint != plan.fingerprint and store.is_own(fingerprint):
        with suppress(OSError), store.open_zip(fingerprint) as stream:
            # What has been put in its place may be endless.
            if stream.seek(0, os.SEEK_END) == manifest.artifact.size:
                stream.seek(0)
                zip_file = zip_reuse.read(stream)
    return LastBuild(manifest, zip_file)


def pack(
    plan: BuildPlan,
    folder: str,
    last: LastBuild | None,
    *,
    fresh: bool,
    jobs: int | None,
    progress: Callable[[int], None],
    is_direct: bool,
) -> Manifest:
    """Pack a function or layer into a zip.

    Args:
        plan: The package.
        folder: An empty folder to work in. The zip is left there.
        last: An earlier build, to copy compressed files from.
        fresh: Whether to install packages even if they are in the cache.
        jobs: The number of threads that compress; by default, one a processor.
        progress: Called with the size of each file, in bytes, when it is packed.
        is_direct: Whether Lambda gets the zip in a request, and not from S3.

    Returns:
        The manifest, with the name of the zip.

    Raises:
        HashzipError: The package cannot be installed, compiled or packed, or is too large for
            Lambda.
    """
    parts = assemble.assemble(plan, folder, fresh=fresh)
    # Before anything is compressed, which needs as much memory as the largest file.
    sizes = ((entry.file.path, entry.size) for entry in parts.entries)
    _check_unpacked(plan, limits.expected(sizes), parts.owners)
    earlier = None
    if last and last.zip:
        library = last.manifest.tools.get("deflate", "")
        earlier = zip_reuse.Earlier(last.zip, last.manifest.artifact, library)
    size = terminal.megabytes(sum(entry.size for entry in parts.entries))
    try:
        with phases.phase(f"packing {size}"):
            artifact = zip_writer.write(
                parts.entries,
                os.path.join(folder, f"{plan.fingerprint}.zip"),
                jobs=jobs or os.cpu_count() or 1,
                earlier=earlier,
                progress=progress,
            )
    except zip_writer.ChangedError as error:
        from hashzip.builders.python import install_cache  # noqa: PLC0415 - slow, and seldom needed

        if install_cache.discard(error.location):
            raise HashzipError(
                f"the cache of installed packages was damaged at {escape(error.location)}",
                "that part is removed now; build again",
            ) from error
        raise
    paths = [entry.file.path for entry in parts.entries if entry.link is None]
    links = {entry.file.path: entry.link for entry in parts.entries if entry.link is not None}
    uses.check_handlers(plan, paths, links)
    imports.report(plan, [*paths, *links], _reader(parts.entries))
    if is_direct:
        limits.check_zip(plan.target.label, artifact, parts.owners)
    _check_unpacked(plan, artifact, parts.owners)
    return Manifest(
        function=plan.target.name,
        fingerprint=plan.fingerprint,
        recipe=plan.recipe,
        inputs=plan.inputs,
        packages=parts.packages,
        artifact=artifact,
        tools={"hashzip": __version__, "deflate": zip_writer.LIBRARY, **parts.tools},
    )


def _reader(entries: Iterable[Entry]) -> Callable[[str], bytes]:
    """Return a function that reads a file of the package, by its path in it."""
    locations = {entry.file.path: entry.file.location for entry in entries if entry.link is None}

    def read(path: str) -> bytes:
        if path not in locations:
            return b""  # a link
        try:
            with open(files.open_regular(locations[path]), "rb") as file:
                return file.read()
        except OSError as error:
            raise read_error(locations[path], error) from error

    return read


def _check_unpacked(plan: BuildPlan, artifact: Artifact, owners: Mapping[str, str]) -> None:
    """Check that a package is small enough for Lambda, with the layers that are built already."""
    for label, layer_plans in _with_layers(plan):
        layers = {}
        owned = dict(owners)
        for layer in layer_plans:
            from hashzip.builders.python import package  # noqa: PLC0415 - slow, and seldom needed

            manifest = layer.store.manifest(layer.fingerprint)
            if manifest:
                layers[layer.target.name.removeprefix(LAYER)] = manifest.artifact
                known = package.known_owners(layer)  # layers are always of Python
                owned |= {layer.target.prefix + path: owner for path, owner in known.items()}
        limits.check_unpacked(label, artifact, layers, owned, plan.target.label)


def _with_layers(plan: BuildPlan) -> Iterator[tuple[str, Sequence[BuildPlan]]]:
    """Yield each set of layers that a package runs with, and the label of what has them.

    A layer, or a package that no function has yet, is by itself.
    """
    sets: dict[tuple[str, ...], list[Use]] = {}
    for use in plan.uses:
        sets.setdefault(tuple(layer.target.name for layer in use.layers), []).append(use)
    if not sets:
        yield plan.target.label, plan.layers
    for users in sets.values():
        label = users[0].function.label if len(users) == 1 else plan.target.label
        yield label, users[0].layers
