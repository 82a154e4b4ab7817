"""What a store of artifacts does: all that the author of another store needs to know.

A store keeps the artifacts of one function or layer: for each fingerprint a zip, and the manifest
that says what is in it and what it was made from. Artifacts do not change once they are there. A
store trusts nothing that it did not just write: a file may be truncated, changed, or made by
somebody who wants other code to be deployed. An artifact counts only if this user built it, or if
`trust` was called for it.

`hashzip.artifacts.open_store` decides which store serves a function.

A plan that builds nothing does not load this module: it needs references, which are dictionaries.
"""

from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Protocol, TypedDict

from hashzip.errors import HashzipError

if TYPE_CHECKING:
    from hashzip.artifacts.manifest import Manifest
    from hashzip.project.store_settings import StoreSettings


class Sizes(NamedTuple):
    """How large an artifact is, in bytes."""

    zip: int
    unpacked: int


class Reference(TypedDict):
    """Where other programs find an artifact: absolute paths, or URLs.

    Attributes:
        zip: Of the zip.
        manifest: Of its manifest.
    """

    zip: str
    manifest: str


class DamagedError(HashzipError):
    """An artifact in a shared store is not what it should be."""


class Store(Protocol):
    """The artifacts of one function or layer."""

    def find(self, fingerprint: str) -> Sizes | None:
        """Return the sizes of an artifact that counts, and whose zip is what its manifest says.

        None if either is missing or damaged. Then a build makes it again.
        """

    def is_doubtful(self, fingerprint: str) -> bool:
        """Return whether there is a zip of which `find` would have to see whether it counts.

        It is asked on every plan, and so must be fast.
        """

    def manifest(self, fingerprint: str) -> "Manifest | None":
        """Read the manifest of an artifact that counts, whether or not its zip is there.

        None if it is missing or damaged.
        """

    def untrusted_manifest(self, fingerprint: str) -> "Manifest | None":
        """Read the manifest of an artifact that does not count, and so may say anything."""

    def is_own(self, fingerprint: str) -> bool:
        """Return whether this user built an artifact: then its zip has the bytes that builds give.

        That of an artifact which another user built may be compressed in other ways.
        """

    def trust(self, manifest: "Manifest", *, is_compared: bool = True) -> None:
        """Let an artifact count that another user built.

        Args:
            manifest: Its manifest.
            is_compared: Whether all that it says has been compared with the sources; else it is
                that of a shared store.

        Raises:
            OSError: That cannot be noted.
        """

    def latest(self) -> str | None:
        """Return the fingerprint of the last build; None if there was none.

        Its artifact may be missing or damaged.
        """

    def fingerprints(self) -> list[str]:
        """List the fingerprints of all builds, sorted; their zips may be missing or damaged."""

    def open_zip(self, fingerprint: str) -> BinaryIO:
        """Open a zip for reading, unchecked.

        Raises:
            OSError: It is missing or cannot be read.
        """

    def stage(self) -> AbstractContextManager[str]:
        """Make an empty folder to build in, for one build at a time, and remove it at the end.

        Raises:
            HashzipError: The folder, or what is built in it, cannot be written.
        """

    def commit(
        self, manifest: "Manifest", zip_file: str, sbom: str, *, is_own: bool = True
    ) -> None:
        """Keep a zip, its manifest and its bill of materials, and note them as the last build.

        The artifact appears as a whole or not at all.

        Args:
            manifest: Of the zip.
            zip_file: The zip's path in the folder of `stage`, from where it may be moved.
            sbom: The bill of materials, or "" where no package is in the zip.
            is_own: Whether this user built it; else it is from a shared store.

        Raises:
            OSError: The artifact cannot be written.
        """

    def reference(self, fingerprint: str) -> Reference:
        """Return where other programs find an artifact, or will find it once it is built."""


class SharedStore(Store, Protocol):
    """The artifacts of one function or layer that machines share.

    It trusts all that is in it, because others decide who may write there. What is there is not
    replaced without being asked: `find` and `manifest` raise a `DamagedError` for what is damaged,
    and so does `commit` if there is an artifact of the same fingerprint that has other bytes.
    """

    def remove(self, fingerprint: str) -> None:
        """Remove an artifact, its manifest first.

        Raises:
            HashzipError: The store cannot be reached, or refuses it.
        """


class SharedStores(Protocol):
    """The shared stores of a project."""

    @property
    def settings(self) -> "StoreSettings":
        """Where they are."""

    def store(self, function: str) -> SharedStore:
        """Return the store of a function, package or layer."""


def latest_manifest(store: Store) -> "Manifest | None":
    """Read the manifest of the last build; None if there was none, or it is damaged."""
    fingerprint = store.latest()
    return store.manifest(fingerprint) if fingerprint else None


def read_zip(store: Store, fingerprint: str) -> bytes:
    """Read the zip of an artifact that counts, to deploy it.

    Args:
        store: The store.
        fingerprint: The artifact's fingerprint.

    Raises:
        HashzipError: It is missing, or not what its manifest says; somebody has changed it since it
            was built or found.
    """
    import hashlib

    manifest = store.manifest(fingerprint)
    content = b""
    if manifest:
        with suppress(OSError), store.open_zip(fingerprint) as file:
            content = file.read(manifest.artifact.size + 1)
    if manifest is None or hashlib.sha256(content).hexdigest() != manifest.artifact.sha256:
        raise HashzipError(
            f"{store.reference(fingerprint)['zip']} was removed or changed while it was read",
            "run this again",
        )
    return content
