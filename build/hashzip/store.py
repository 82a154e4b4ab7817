"""Where artifacts live: `dist/FUNCTION/FINGERPRINT.zip`, its manifest beside it.

Reading needs the standard library only, and trusts nothing: what lies in the folder may be cut
short, changed, or somebody else's.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from hashzip import manifest as manifests
from hashzip.errors import HashzipError
from hashzip.index import FOLDER as INDEX_FOLDER
from hashzip.index import Group, Index
from hashzip.manifest import Manifest
from hashzip.memory import Answer

FOLDER = "dist"

_PARTIAL = ".partial"
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


class Sizes(NamedTuple):
    """How large an artifact is, in bytes."""

    zip: int
    unpacked: int


class Store:
    """The artifacts of one function.

    Args:
        root: The project's folder.
        function: The function's name.
    """

    def __init__(self, root: str, function: str) -> None:
        self.folder = Path(root, FOLDER, function)
        self._latest = self.folder / "latest"
        self._index = os.path.join(root, INDEX_FOLDER, f"{function}.artifact")

    def zip_path(self, fingerprint: str) -> Path:
        """Answers where the zip of a fingerprint lies, or will lie."""
        return self.folder / f"{fingerprint}.zip"

    def manifest_path(self, fingerprint: str) -> Path:
        """Answers where the manifest of a fingerprint lies, or will lie."""
        return self.folder / f"{fingerprint}.json"

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
            digest = index.content(zip_path).sha256.hex()
        except HashzipError:
            return None
        manifest = self.manifest(fingerprint)
        if manifest is None or digest != manifest.artifact.sha256:
            return None
        sizes = Sizes(manifest.artifact.size, manifest.artifact.unpacked_size)
        summary = {name: str(size) for name, size in sizes._asdict().items()}
        with suppress(OSError):
            _make_lasting(zip_path)
            index.keep(Answer(fingerprint, fingerprint, summary))
        return sizes

    def manifest(self, fingerprint: str) -> Manifest | None:
        """Reads a manifest, with or without its zip; None where it is missing or damaged."""
        try:
            manifest = manifests.from_json(self.manifest_path(fingerprint).read_bytes())
        except (OSError, ValueError):
            return None
        return manifest if manifest.fingerprint == fingerprint else None

    def fingerprints(self) -> list[str]:
        """Lists what was built, sorted; the zip may be missing or damaged."""
        files = self.folder.glob("*.json")
        return sorted(file.stem for file in files if _FINGERPRINT.fullmatch(file.stem))

    def latest_fingerprint(self) -> str | None:
        """Answers the fingerprint of the last build, if there was one."""
        try:
            text = self._latest.read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            return None
        return text if _FINGERPRINT.fullmatch(text) else None

    def latest(self) -> Manifest | None:
        """Reads the manifest of the last build, if there was one."""
        fingerprint = self.latest_fingerprint()
        return self.manifest(fingerprint) if fingerprint else None

    @contextmanager
    def workshop(self) -> Iterator[Path]:
        """Lends an empty folder to build in, to one build at a time, and removes it at the end.

        It is in the store's folder, so that what is made there can be moved to its place in one
        step. What a killed build left behind is removed first.

        Raises:
            HashzipError: The folder cannot be written.
        """
        from filelock import FileLock  # noqa: PLC0415 - needed only where something is built

        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / ".lock"):
                for left in self.folder.glob(f"*{_PARTIAL}"):
                    shutil.rmtree(left)
                with tempfile.TemporaryDirectory(suffix=_PARTIAL, dir=self.folder) as folder:
                    yield Path(folder)
        except OSError as error:
            raise HashzipError(
                f"cannot write to {self.folder}: {error.strerror or error}",
                "make room there, or give yourself the right to write; nothing was changed",
            ) from error

    def sbom_path(self, fingerprint: str) -> Path:
        """Answers where the bill of materials of a fingerprint lies, if it has packages."""
        return self.folder / f"{fingerprint}.cdx.json"

    def commit(self, manifest: Manifest, zip_file: Path) -> None:
        """Makes a zip from the workshop, and its manifest, the artifact of their fingerprint.

        The manifest goes last: a zip without one counts for nothing. Nothing waits for the disk:
        what a power cut takes, `find` misses.

        Raises:
            OSError: The folder cannot be written.
        """
        zip_file.replace(self.zip_path(manifest.fingerprint))
        workshop = zip_file.parent
        if manifest.packages:
            from hashzip import sbom  # noqa: PLC0415 - slow, and only wanted where there is one

            text = sbom.document(manifest)
            _write_text(self.sbom_path(manifest.fingerprint), text, workshop)
        _write_text(self.manifest_path(manifest.fingerprint), manifest.to_json(), workshop)
        _write_text(self._latest, manifest.fingerprint + "\n", workshop)


def _make_lasting(file: bytes) -> None:
    """Waits until a file is on the disk, as the file system's times of it may be already."""
    with open(file, "rb") as opened:
        os.fsync(opened.fileno())


def _write_text(path: Path, text: str, workshop: Path) -> None:
    """Writes a file in one step: whoever reads sees the old one or the new one."""
    partial = workshop / path.name
    with partial.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    partial.replace(path)
