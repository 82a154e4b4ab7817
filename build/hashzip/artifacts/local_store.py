"""The store in the project: `dist/FUNCTION/FINGERPRINT.zip`, its manifest beside it.

Standard library only at plan time, where it writes nothing but a cache.
"""

import os
from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING, BinaryIO

from hashzip.errors import HashzipError
from hashzip.inputs.files import SourceFile
from hashzip.inputs.stat_cache import FileGroup, StatCache
from hashzip.inputs.stat_cache_file import CachedPlan
from hashzip.project import layout

if TYPE_CHECKING:
    from hashzip.artifacts.manifest import Manifest
    from hashzip.artifacts.store import Reference, Sizes

_ZIP, _MANIFEST, _SBOM = ".zip", ".json", ".cdx.json"
_HEX_DIGITS = frozenset("0123456789abcdef")
_FINGERPRINT_DIGITS = 64


class LocalStore:
    """The artifacts of one function or layer, in a folder of the project. See `Store`.

    Args:
        root: The project's folder.
        function: The name of the function or layer.
    """

    def __init__(self, root: str, function: str) -> None:
        self._folder = os.path.join(root, layout.ARTIFACTS, function)
        self._latest = os.path.join(self._folder, "latest")
        self._cache = os.path.join(root, layout.CACHE, f"{function}.artifact")

    def find(self, fingerprint: str) -> "Sizes | None":
        """Return the sizes of an artifact that is complete.

        An artifact that was complete before, and has not been touched since by the rule of the stat
        cache, is not read again.
        """
        from hashzip.artifacts.store import Sizes  # noqa: PLC0415 - most plans look for none

        zip_path = os.fsencode(self._path(fingerprint, _ZIP))
        files = [zip_path, os.fsencode(self._path(fingerprint, _MANIFEST))]
        try:
            cache = StatCache(self._cache, [FileGroup(files)])
            cached = cache.cached_plan(fingerprint)
            if cached:
                return Sizes(**{name: int(size) for name, size in cached.summary.items()})
            (content,) = cache.entries([SourceFile(_ZIP, zip_path, executable=False)])
        except HashzipError:
            return None
        manifest = self.manifest(fingerprint)
        if manifest is None or content.sha256 != manifest.artifact.sha256:
            return None
        sizes = Sizes(manifest.artifact.size, manifest.artifact.unpacked_size)
        summary = {name: str(size) for name, size in sizes._asdict().items()}
        with suppress(OSError):
            _flush(zip_path)
            cache.save(CachedPlan(fingerprint, fingerprint, summary))
        return sizes

    def manifest(self, fingerprint: str) -> "Manifest | None":
        """Read a manifest, whether or not its zip is there; None if it is missing or damaged."""
        from hashzip.artifacts import manifest as manifests

        try:
            with open(self._path(fingerprint, _MANIFEST), "rb") as file:
                manifest = manifests.from_json(file.read())
        except (OSError, ValueError):
            return None
        return manifest if manifest.fingerprint == fingerprint else None

    def latest(self) -> str | None:
        """Return the fingerprint of the last build; None if there was none."""
        try:
            with open(self._latest, encoding="ascii") as file:
                text = file.read().strip()
        except (OSError, ValueError):
            return None
        return text if _is_fingerprint(text) else None

    def fingerprints(self) -> list[str]:
        """List the fingerprints of all builds, sorted."""
        try:
            names = os.listdir(self._folder)
        except OSError:
            return []
        stems = (name.removesuffix(_MANIFEST) for name in names if name.endswith(_MANIFEST))
        return sorted(filter(_is_fingerprint, stems))

    def open_zip(self, fingerprint: str) -> BinaryIO:
        """Open a zip for reading, unchecked.

        Raises:
            OSError: It is missing or cannot be read.
        """
        return open(self._path(fingerprint, _ZIP), "rb")

    def stage(self) -> AbstractContextManager[str]:
        """Make an empty folder to build in, for one build at a time, and remove it at the end.

        It is in the folder of the artifacts, so that `commit` can move what is made there.

        Raises:
            HashzipError: The folder, or what is built in it, cannot be written.
        """
        from hashzip.artifacts import staging

        return staging.staging_folder(self._folder)

    def commit(self, manifest: "Manifest", zip_file: str, sbom: str) -> None:
        """Keep a zip, its manifest and its bill of materials, and note them as the last build.

        The manifest goes last: a zip without it does not count. Nothing waits for the disk: what a
        power cut takes is missing, and built again.

        Args:
            manifest: Of the zip.
            zip_file: The zip's path in the folder of `stage`, from where it is taken.
            sbom: The bill of materials, or "" where no package is in the zip.

        Raises:
            OSError: The artifact cannot be written.
        """
        from hashzip.system import atomic

        fingerprint = manifest.fingerprint
        os.replace(zip_file, self._path(fingerprint, _ZIP))
        staging = os.path.dirname(zip_file)  # the next build removes what a killed one left there
        if sbom:
            atomic.write_text(self._path(fingerprint, _SBOM), sbom, draft_folder=staging)
        atomic.write_text(
            self._path(fingerprint, _MANIFEST), manifest.to_json(), draft_folder=staging
        )
        atomic.write_text(self._latest, fingerprint + "\n", draft_folder=staging)

    def reference(self, fingerprint: str) -> "Reference":
        """Return the paths of an artifact, which may not be built yet."""
        return {
            "zip": self._path(fingerprint, _ZIP),
            "manifest": self._path(fingerprint, _MANIFEST),
        }

    def _path(self, fingerprint: str, suffix: str) -> str:
        return os.path.join(self._folder, fingerprint + suffix)


def _is_fingerprint(text: str) -> bool:
    return len(text) == _FINGERPRINT_DIGITS and _HEX_DIGITS.issuperset(text)


def _flush(file: bytes) -> None:
    """Wait until a file is on the disk, so that its times cannot be there without its content."""
    with open(file, "rb") as opened:
        os.fsync(opened.fileno())
