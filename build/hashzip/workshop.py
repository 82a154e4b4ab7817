"""Where a package is made, and from where it goes into the store. Build time."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hashzip import locking
from hashzip.errors import HashzipError
from hashzip.manifest import Manifest
from hashzip.store import Store

_PARTIAL = ".partial"


@contextmanager
def lend(store: Store) -> Iterator[Path]:
    """Lends an empty folder to build in, to one build at a time, and removes it at the end.

    It is in the store's folder, so that what is made there can be moved to its place in one step.
    What a killed build left behind is removed first.

    Raises:
        HashzipError: The folder cannot be written.
    """
    folder = Path(store.folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locking.hold(folder / ".lock"):
            for left in folder.glob(f"*{_PARTIAL}"):
                shutil.rmtree(left)
            with tempfile.TemporaryDirectory(suffix=_PARTIAL, dir=folder) as workshop:
                yield Path(workshop)
    except OSError as error:
        raise HashzipError(
            f"cannot write to {folder}: {error.strerror or error}",
            "make room there, or give yourself the right to write; nothing was changed",
        ) from error


def commit(manifest: Manifest, zip_file: Path, store: Store) -> None:
    """Makes a zip from the workshop, and its manifest, the artifact of their fingerprint.

    The manifest goes last: a zip without one counts for nothing. Nothing waits for the disk: what
    a power cut takes, the store misses.

    Raises:
        OSError: The folder cannot be written.
    """
    fingerprint = manifest.fingerprint
    os.replace(zip_file, store.zip_path(fingerprint))
    draft = zip_file.with_suffix(".draft")
    if manifest.packages:
        from hashzip import sbom  # noqa: PLC0415 - slow, and only wanted where there is one

        _write(store.sbom_path(fingerprint), sbom.document(manifest), draft)
    _write(store.manifest_path(fingerprint), manifest.to_json(), draft)
    _write(store.latest_path, fingerprint + "\n", draft)


def _write(file: str, text: str, draft: Path) -> None:
    """Writes a file in one step: whoever reads sees the old one or the new one."""
    draft.write_text(text, encoding="utf-8", newline="\n")
    draft.replace(file)
