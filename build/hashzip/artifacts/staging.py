"""Where a package is made, and from where it goes into the store. Build time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from hashzip.artifacts.manifest import Manifest
from hashzip.artifacts.store import Store
from hashzip.errors import HashzipError
from hashzip.system import atomic, locking

_PARTIAL = ".partial"


@contextmanager
def lend(store: Store) -> Iterator[str]:
    """Lends an empty folder to build in, to one build at a time, and removes it at the end.

    It is in the store's folder, so that what is made there can be moved to its place in one step.
    What a killed build left behind is removed first.

    Raises:
        HashzipError: The folder cannot be written.
    """
    folder = store.folder
    try:
        os.makedirs(folder, exist_ok=True)
        with locking.hold(os.path.join(folder, ".lock")):
            for name in os.listdir(folder):
                if name.endswith(_PARTIAL):
                    _remove(os.path.join(folder, name))
            workshop = atomic.directory(folder, _PARTIAL)
            try:
                yield workshop
            finally:
                _remove(workshop)
    except OSError as error:
        raise HashzipError(
            f"cannot write to {folder}: {error.strerror or error}",
            "make room there, or give yourself the right to write; nothing was changed",
        ) from error


def commit(manifest: Manifest, zip_file: str, store: Store) -> None:
    """Makes a zip from the workshop, and its manifest, the artifact of their fingerprint.

    The manifest goes last: a zip without one counts for nothing. Nothing waits for the disk: what
    a power cut takes, the store misses.

    Raises:
        OSError: The folder cannot be written.
    """
    fingerprint = manifest.fingerprint
    os.replace(zip_file, store.zip_path(fingerprint))
    draft = zip_file + ".draft"
    if manifest.packages:
        from hashzip.artifacts import sbom  # noqa: PLC0415 - slow, and only wanted where there is one

        _write(store.sbom_path(fingerprint), sbom.document(manifest), draft)
    _write(store.manifest_path(fingerprint), manifest.to_json(), draft)
    _write(store.latest_path, fingerprint + "\n", draft)


def _write(file: str, text: str, draft: str) -> None:
    """Writes a file in one step: whoever reads sees the old one or the new one."""
    with open(draft, "w", encoding="utf-8", newline="\n") as opened:
        opened.write(text)
    os.replace(draft, file)


def _remove(folder: str) -> None:
    try:
        os.rmdir(folder)  # of most builds nothing is left there
    except OSError:
        import tempfile  # noqa: PLC0415 - slow, and seldom needed

        # It removes even what a program of the user's has left read-only.
        with tempfile.TemporaryDirectory(suffix=_PARTIAL, dir=os.path.dirname(folder)) as grave:
            os.rename(folder, os.path.join(grave, "left"))
