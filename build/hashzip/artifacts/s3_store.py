"""The store in S3 that machines share: `PREFIX/FUNCTION/FINGERPRINT.zip`, its manifest beside it.

Objects are written once. The zip comes first and the manifest last, so that an artifact whose
manifest is there is complete; a zip without its manifest counts for nothing. All that is in the
store counts, because the policy of the bucket says who may write there.

It imports boto3, an extra: `hashzip.artifacts.shared` checks that it is installed.
"""

from __future__ import annotations

import base64
import hashlib
import io
import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, BinaryIO

from hashzip.artifacts import manifest as manifests
from hashzip.artifacts import s3_errors
from hashzip.artifacts.s3_bucket import Bucket, Seen
from hashzip.artifacts.store import DamagedError, Sizes
from hashzip.project import files
from hashzip.project.schema import ShapeError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from hashzip.artifacts.manifest import Manifest
    from hashzip.artifacts.store import Reference
    from hashzip.project.store_settings import StoreSettings

_ZIP, _MANIFEST, _SBOM = ".zip", ".json", ".cdx.json"
_TYPES = {_ZIP: "application/zip", _MANIFEST: "application/json", _SBOM: "application/json"}
_FINGERPRINT_DIGITS = 64


class S3Stores:
    """The stores of all functions in a bucket, which share one client.

    Args:
        settings: Where they are, and how to reach them.
        client: As for `Bucket`.
    """

    def __init__(self, settings: StoreSettings, client: Any = None) -> None:
        self.settings = settings
        self._bucket = Bucket(settings, client)
        self._stores: dict[str, S3Store] = {}

    def store(self, function: str) -> S3Store:
        """Return the store of a function, package or layer; each time the same."""
        return self._stores.setdefault(function, S3Store(self._bucket, function))


class S3Store:
    """The artifacts of one function, package or layer in S3. See `SharedStore`.

    Args:
        bucket: The bucket.
        function: The name of the function, package or layer.
    """

    def __init__(self, bucket: Bucket, function: str) -> None:
        self._bucket = bucket
        self._function = function
        self._folder = f"{bucket.settings.prefix}{function}/"
        # What was seen: artifacts do not change once they are there.
        self._manifests: dict[str, Manifest] = {}
        self._sizes: dict[str, Sizes] = {}

    def find(self, fingerprint: str) -> Sizes | None:
        """Return the sizes of an artifact; None if its manifest is missing.

        Two requests at the same time read the manifest, and ask for the size and the digest of the
        zip.

        Raises:
            DamagedError: The manifest is not one of this artifact, or the zip not that of it.
            HashzipError: S3 cannot be reached, or refuses to say.
        """
        if fingerprint in self._sizes:
            return self._sizes[fingerprint]
        with ThreadPoolExecutor(1) as pool:
            looking = pool.submit(self._bucket.look, self._key(fingerprint, _ZIP))
            manifest = self.manifest(fingerprint)
        if manifest is None:
            return None
        artifact, seen = manifest.artifact, looking.result()
        if seen != Seen(artifact.size, artifact.sha256):
            problem = "is missing" if seen is None else "is not what its manifest says"
            raise self._damaged(fingerprint, _ZIP, problem)
        self._sizes[fingerprint] = Sizes(artifact.size, artifact.unpacked_size)
        return self._sizes[fingerprint]

    def is_doubtful(self, fingerprint: str) -> bool:  # noqa: ARG002 - as `Store` has it
        """Return False: all that is in the store counts."""
        return False

    def manifest(self, fingerprint: str) -> Manifest | None:
        """Read a manifest; None if it is missing.

        Raises:
            DamagedError: It is not one of this artifact.
            HashzipError: S3 cannot be reached, or refuses to say.
        """
        if fingerprint not in self._manifests:
            manifest = self._read_manifest(fingerprint)
            if manifest is None:
                return None
            self._manifests[fingerprint] = manifest
        return self._manifests[fingerprint]

    def untrusted_manifest(self, fingerprint: str) -> Manifest | None:  # noqa: ARG002 - as above
        """Return None: all that is in the store counts."""
        return None

    def is_own(self, fingerprint: str) -> bool:  # noqa: ARG002 - as above
        """Return False: nobody knows who built it."""
        return False

    def trust(self, manifest: Manifest, *, is_compared: bool = True) -> None:
        """Do nothing: all that is in the store counts."""

    def latest(self) -> str | None:
        """Return None: of the builds of several machines and branches, none is the last."""
        return None

    def fingerprints(self) -> list[str]:
        """List the fingerprints of all artifacts that have a manifest, sorted.

        Raises:
            HashzipError: S3 cannot be reached, or refuses to say.
        """
        names = [key.removeprefix(self._folder) for key in self._bucket.keys(self._folder)]
        stems = (name.removesuffix(_MANIFEST) for name in names if name.endswith(_MANIFEST))
        return sorted(stem for stem in stems if len(stem) == _FINGERPRINT_DIGITS)

    def open_zip(self, fingerprint: str) -> BinaryIO:
        """Open a zip for reading, unchecked.

        Raises:
            HashzipError: It is missing; S3 cannot be reached, or refuses it. Reading from it raises
                the same.
        """
        return self._bucket.open(self._key(fingerprint, _ZIP))

    def stage(self) -> AbstractContextManager[str]:
        """Make an empty folder to build in, and remove it at the end."""
        return tempfile.TemporaryDirectory(prefix="hashzip-")

    def commit(
        self,
        manifest: Manifest,
        zip_file: str,
        sbom: str,
        *,
        is_own: bool = True,  # noqa: ARG002 - as `Store` has it
    ) -> None:
        """Put a zip, its bill of materials and its manifest, in this order.

        Args:
            manifest: Of the zip.
            zip_file: The path of the zip, which stays there.
            sbom: The bill of materials, or "" where no package is in the zip.
            is_own: Nothing depends on it.

        Raises:
            DamagedError: There is such an artifact already, and it has other bytes.
            HashzipError: The zip was changed; or S3 cannot be reached, or refuses it.
            OSError: The zip cannot be read.
        """
        fingerprint, artifact = manifest.fingerprint, manifest.artifact
        key = self._key(fingerprint, _ZIP)
        with open(files.open_regular(zip_file), "rb") as file:
            is_put = self._bucket.put(key, file, artifact.size, artifact.sha256, _TYPES[_ZIP])
        if not is_put and self._bucket.look(key) != Seen(artifact.size, artifact.sha256):
            raise self._differs(fingerprint)
        if sbom:
            self._put_text(fingerprint, _SBOM, sbom)
        if not self._put_text(fingerprint, _MANIFEST, manifest.to_json()):
            self._manifests.pop(fingerprint, None)
            theirs = self.manifest(fingerprint)
            if theirs is None or theirs.artifact != artifact:
                raise self._differs(fingerprint)
        self._manifests[fingerprint] = manifest
        self._sizes[fingerprint] = Sizes(artifact.size, artifact.unpacked_size)

    def remove(self, fingerprint: str) -> None:
        """Remove an artifact, its manifest first.

        Raises:
            HashzipError: S3 cannot be reached, or refuses it.
        """
        self._manifests.pop(fingerprint, None)
        self._sizes.pop(fingerprint, None)
        for suffix in (_MANIFEST, _SBOM, _ZIP):
            self._bucket.delete(self._key(fingerprint, suffix))

    def reference(self, fingerprint: str) -> Reference:
        """Return the URLs of an artifact."""
        return {"zip": self._url(fingerprint, _ZIP), "manifest": self._url(fingerprint, _MANIFEST)}

    def _read_manifest(self, fingerprint: str) -> Manifest | None:
        text = self._bucket.read(self._key(fingerprint, _MANIFEST), files.TEXT_LIMIT + 1)
        if text is None:
            return None
        try:
            if len(text) > files.TEXT_LIMIT:
                raise ShapeError("it is too large")
            manifest = manifests.from_json(text)
            self._check(manifest, fingerprint)
        except ValueError as error:
            raise self._damaged(fingerprint, _MANIFEST, f"is no manifest of it: {error}") from error
        return manifest

    def _check(self, manifest: Manifest, fingerprint: str) -> None:
        """Check that a manifest is that of an artifact.

        Raises:
            ShapeError: It is not.
        """
        artifact = manifest.artifact
        if manifest.function != self._function:
            raise ShapeError(f"it is that of {manifest.function}")
        if manifest.fingerprint != fingerprint:
            raise ShapeError(f"it is that of another fingerprint, {manifest.fingerprint[:12]}")
        if artifact.file != fingerprint + _ZIP:
            raise ShapeError(f"it names the zip {artifact.file}")
        digest = base64.b64encode(bytes.fromhex(artifact.sha256)).decode()
        if artifact.code_sha256 != digest:
            raise ShapeError("its sha256 and code_sha256 differ")

    def _put_text(self, fingerprint: str, suffix: str, text: str) -> bool:
        """Put a text, unless there is one; return whether it was put."""
        body = text.encode()
        digest = hashlib.sha256(body).hexdigest()
        key = self._key(fingerprint, suffix)
        return self._bucket.put(key, io.BytesIO(body), len(body), digest, _TYPES[suffix])

    def _key(self, fingerprint: str, suffix: str) -> str:
        return f"{self._folder}{fingerprint}{suffix}"

    def _url(self, fingerprint: str, suffix: str) -> str:
        return self._bucket.url(self._key(fingerprint, suffix))

    def _damaged(self, fingerprint: str, suffix: str, problem: str) -> DamagedError:
        url = self._url(fingerprint, suffix)
        return DamagedError(
            f"{self._function} is damaged in the store: {url} {problem}",
            f"replace it: hashzip build {self._function} --force --store {self._store_url}; "
            f"{s3_errors.WITHOUT}",
        )

    def _differs(self, fingerprint: str) -> DamagedError:
        name, store = self._function, self._store_url
        return DamagedError(
            f"{self._url(fingerprint, _ZIP)} has other bytes than the zip of the same inputs here",
            f"see why: hashzip build {name} --check; take what is in the store: hashzip pull "
            f"{name} --store {store}; or replace it: hashzip push {name} --force --store {store}",
        )

    @property
    def _store_url(self) -> str:
        return self._bucket.settings.url
