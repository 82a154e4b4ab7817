"""Compare a zip that another user built with the sources that it should hold. Build time.

Standard library only, so that it needs no package to be installed.
"""

import base64
import hashlib
import re
import struct
import zlib
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from hashzip.archive import zip_format
from hashzip.archive.zip_format import DEFLATED, STORED, Packed
from hashzip.artifacts.manifest import Artifact, Manifest
from hashzip.artifacts.store import Sizes
from hashzip.builders.build_plan import BuildPlan
from hashzip.inputs.files import FileEntry

if TYPE_CHECKING:
    from typing import BinaryIO

_TOOLS = ("hashzip", "deflate")
_VERSION = re.compile(r"[\w.+ -]{1,60}", re.ASCII)
_HEADERS = 200  # bytes; those of a member, or of the zip, are fewer without the names
_RAW_DEFLATE = -zlib.MAX_WBITS


class _Nowhere:
    """A stream that keeps nothing."""

    def write(self, content: bytes | bytearray | memoryview, /) -> int:
        """Write some bytes."""
        return len(content)


def adopt(plan: BuildPlan) -> Sizes | None:
    """Let the artifact of a package count that another user built, if it is what a build gives.

    Args:
        plan: The package, whose artifact does not count.

    Returns:
        The sizes of the artifact; None if it is missing or anything else, or that cannot be noted.
    """
    manifest = compared(plan)
    if manifest is None:
        return None
    try:
        plan.store.trust(manifest)
    except OSError:
        return None
    return Sizes(manifest.artifact.size, manifest.artifact.unpacked_size)


def compared(plan: BuildPlan) -> Manifest | None:
    """Return the manifest of an artifact that another user built, if it is what a build gives.

    That can be seen only if nothing but sources is packed: each member of the zip is compared with
    the plan's inputs, and all that the manifest says with what it must say.

    Args:
        plan: The package, whose artifact does not count.

    Returns:
        The manifest; None if it is missing or anything else.
    """
    store, fingerprint = plan.store, plan.fingerprint
    if not plan.builder_plan.only_sources:
        return None
    claimed = store.untrusted_manifest(fingerprint)
    if claimed is None:
        return None
    prefix = plan.target.prefix
    entries = [entry._replace(path=prefix + entry.path) for entry in plan.packed_inputs]
    artifact = None
    with suppress(OSError), store.open_zip(fingerprint) as stream:
        artifact = read(stream, f"{fingerprint}.zip", entries)
    if artifact is None:
        return None
    manifest = Manifest(
        function=plan.target.name,
        fingerprint=fingerprint,
        recipe=plan.recipe,
        inputs=plan.inputs,
        packages=[],
        artifact=artifact,
        tools=claimed.tools,
    )
    if not _are_versions(claimed.tools) or manifest.to_json() != claimed.to_json():
        return None
    return manifest


def _are_versions(tools: object) -> bool:
    """Return whether these are versions of the tools that every build uses, and of no others."""
    return (
        isinstance(tools, dict)
        and tuple(tools) == _TOOLS
        and all(isinstance(text, str) and _VERSION.fullmatch(text) for text in tools.values())
    )


def read(stream: "BinaryIO", name: str, entries: Sequence[FileEntry]) -> Artifact | None:
    """Read a zip; None unless it holds these files, in this order, and not a byte more.

    Args:
        stream: The zip.
        name: The name of its file.
        entries: What it should hold.

    Returns:
        What it is.
    """
    size = sum(entry.size for entry in entries)
    longest = size + sum(_HEADERS + 2 * len(entry.path.encode()) for entry in entries)
    data = stream.read(longest + _HEADERS)
    try:
        directory = zip_format.directory(memoryview(data), entries)
    except (ValueError, struct.error):
        return None
    with zip_format.Writer(_Nowhere()) as writer:
        for at, entry in enumerate(entries):
            packed = directory.packed(at)
            content = unpack(packed, entry.size)
            if content is None or zlib.crc32(content) != packed.crc:
                return None
            if hashlib.sha256(content).hexdigest() != entry.sha256:
                return None
            writer.add(entry, packed)
        digest = writer.finish()
    if digest != hashlib.sha256(data).digest():
        return None
    return Artifact(
        file=name,
        size=len(data),
        unpacked_size=size,
        sha256=digest.hex(),
        code_sha256=base64.b64encode(digest).decode(),
        entries=entries,
    )


def unpack(packed: Packed, size: int) -> bytes | None:
    """Return a member's content, if it has a size in bytes; no more than that is unpacked."""
    _, method, data = packed
    if method == STORED:
        return bytes(data) if len(data) == size else None
    if method != DEFLATED:
        return None
    unpacker = zlib.decompressobj(_RAW_DEFLATE)
    try:
        content = unpacker.decompress(data, size + 1)
    except zlib.error:
        return None
    is_exact = len(content) == size and unpacker.eof and not unpacker.unused_data
    return content if is_exact else None
