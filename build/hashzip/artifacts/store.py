"""Where artifacts live: `dist/FUNCTION/FINGERPRINT.zip`, its manifest beside it.

Reads, and writes nothing but a cache; standard library only. Trusts nothing: what lies in the
folder may be cut short, changed, or somebody else's. `workshop` fills it.
"""

import os
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from hashzip.errors import HashzipError
from hashzip.inputs.files import SourceFile
from hashzip.inputs.stat_cache import FOLDER as INDEX_FOLDER
from hashzip.inputs.stat_cache import Group, Index
from hashzip.inputs.stat_cache_file import Answer

if TYPE_CHECKING:
    from hashzip.artifacts.manifest import Manifest

FOLDER = "dist"

_ZIP, _MANIFEST, _SBOM = ".zip", ".json", ".cdx.json"
_DIGITS = frozenset("0123456789abcdef")


class Sizes(NamedTuple):
    """How large an artifact is, in bytes."""

    zip: int
    unpacked: int


class Store:
    """The artifacts of one function.

    Args:
        root: The project's folder.
        function: The function's name.

    Attributes:
        folder: Where they lie.
        latest_path: A file with the fingerprint of the last build.
    """

    def __init__(self, root: str, function: str) -> None:
        self.folder = os.path.join(root, FOLDER, function)
        self.latest_path = os.path.join(self.folder, "latest")
        self._index = os.path.join(root, INDEX_FOLDER, f"{function}.artifact")

    def zip_path(self, fingerprint: str) -> str:
        """Answers where the zip of a fingerprint lies, or will lie."""
        return os.path.join(self.folder, fingerprint + _ZIP)

    def manifest_path(self, fingerprint: str) -> str:
        """Answers where the manifest of a fingerprint lies, or will lie."""
        return os.path.join(self.folder, fingerprint + _MANIFEST)

    def sbom_path(self, fingerprint: str) -> str:
        """Answers where the bill of materials of a fingerprint lies, if it has packages."""
        return os.path.join(self.folder, fingerprint + _SBOM)

    def find(self, fingerprint: str) -> Sizes | None:
        """Finds a whole artifact: its manifest is of this fingerprint, its zip is of the manifest.

        Answers None where there is none, or it is damaged in any way. What was found whole and has
        not been touched since, by the rule of the index, is not read again.
        """
        zip_path = os.fsencode(self.zip_path(fingerprint))
        files = [zip_path, os.fsencode(self.manifest_path(fingerprint))]
        try:
            index = Index(self._index, [Group(files)])
            known = index.answer(fingerprint)
            if known:
                return Sizes(**{name: int(size) for name, size in known.summary.items()})
            (content,) = index.inputs([SourceFile(_ZIP, zip_path, executable=False)])
        except HashzipError:
            return None
        manifest = self.manifest(fingerprint)
        if manifest is None or content.sha256 != manifest.artifact.sha256:
            return None
        sizes = Sizes(manifest.artifact.size, manifest.artifact.unpacked_size)
        summary = {name: str(size) for name, size in sizes._asdict().items()}
        with suppress(OSError):
            _make_lasting(zip_path)
            index.keep(Answer(fingerprint, fingerprint, summary))
        return sizes

    def manifest(self, fingerprint: str) -> "Manifest | None":
        """Reads a manifest, with or without its zip; None where it is missing or damaged."""
        from hashzip.artifacts import manifest as manifests  # noqa: PLC0415 - most plans read none

        try:
            with open(self.manifest_path(fingerprint), "rb") as file:
                manifest = manifests.from_json(file.read())
        except (OSError, ValueError):
            return None
        return manifest if manifest.fingerprint == fingerprint else None

    def fingerprints(self) -> list[str]:
        """Lists what was built, sorted; the zip may be missing or damaged."""
        try:
            names = os.listdir(self.folder)
        except OSError:
            return []
        stems = (name.removesuffix(_MANIFEST) for name in names if name.endswith(_MANIFEST))
        return sorted(filter(_is_fingerprint, stems))

    def latest_fingerprint(self) -> str | None:
        """Answers the fingerprint of the last build, if there was one."""
        try:
            with open(self.latest_path, encoding="ascii") as file:
                text = file.read().strip()
        except (OSError, ValueError):
            return None
        return text if _is_fingerprint(text) else None

    def latest(self) -> "Manifest | None":
        """Reads the manifest of the last build, if there was one."""
        fingerprint = self.latest_fingerprint()
        return self.manifest(fingerprint) if fingerprint else None


def _is_fingerprint(text: str) -> bool:
    return len(text) == 64 and _DIGITS.issuperset(text)  # noqa: PLR2004 - digits of a SHA-256


def _make_lasting(file: bytes) -> None:
    """Waits until a file is on the disk, as the file system's times of it may be already."""
    with open(file, "rb") as opened:
        os.fsync(opened.fileno())
