"""The store in the project: `dist/FUNCTION/FINGERPRINT.zip`, its manifest beside it.

Either may have come with the project, so an artifact counts only if `FINGERPRINT.mac` has the code
that this user's key gives for function, fingerprint and manifest, and if the zip has the digest in
the manifest. The code is beside them, so that jobs with the same `HASHZIP_KEY` can hand them on.

Standard library only at plan time, where it writes nothing but a cache.
"""

import errno
import os
from contextlib import AbstractContextManager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO

from hashzip.errors import HashzipError
from hashzip.inputs.files import SourceFile
from hashzip.inputs.stat_cache import FileGroup, StatCache
from hashzip.inputs.stat_cache_file import CachedPlan
from hashzip.project import files, layout, user_key
from hashzip.project.user_key import Key

if TYPE_CHECKING:
    from hashzip.artifacts.manifest import Manifest
    from hashzip.artifacts.store import Reference, Sizes

_ZIP, _MANIFEST, _SBOM, _CODE = ".zip", ".json", ".cdx.json", ".mac"
_SMALL = 1_000  # bytes; no file of one line is larger
# Purposes of a code: this user built the artifact, compared all that is in it with the sources, or
# had it from the shared store, where others decide who may write.
_BUILT, _COMPARED, _SHARED = b"built", b"compared", b"shared"
_HEX_DIGITS = frozenset("0123456789abcdef")
_FINGERPRINT_DIGITS = 64


class LocalStore:
    """The artifacts of one function or layer, in a folder of the project. See `Store`.

    Args:
        root: The project's folder.
        function: The name of the function or layer.
        key: The key that artifacts have their codes from; by default, that of this user.
    """

    def __init__(self, root: str, function: str, key: Key | None = None) -> None:
        self._root = root
        self._function = function
        self._given_key = key
        self._folder = os.path.join(root, layout.ARTIFACTS, function)
        self._latest = os.path.join(self._folder, "latest")
        self._cache = os.path.join(root, layout.CACHE, f"{function}.artifact")

    @cached_property
    def _key(self) -> Key:
        return self._given_key or user_key.load(self._root)

    def find(self, fingerprint: str) -> "Sizes | None":
        """Return the sizes of an artifact that is complete.

        An artifact that was complete before, and has not been touched since by the rule of the stat
        cache, is not read again. Of one that does not count, the zip is not read at all.
        """
        from hashzip.artifacts.store import Sizes  # noqa: PLC0415 - most plans look for none

        zip_path = os.fsencode(self._path(fingerprint, _ZIP))
        try:
            cache = self._known(fingerprint)
            cached = cache.cached_plan(fingerprint)
            if cached:
                return Sizes(**{name: int(size) for name, size in cached.summary.items()})
            manifest = self.manifest(fingerprint)
            if manifest is None or os.stat(zip_path).st_size != manifest.artifact.size:
                return None
            (content,) = cache.entries([SourceFile(_ZIP, zip_path, executable=False)])
        except (HashzipError, OSError):
            return None
        # Once more, because the times that are kept are from when the files were read.
        if content.sha256 != manifest.artifact.sha256 or self.manifest(fingerprint) != manifest:
            return None
        sizes = Sizes(manifest.artifact.size, manifest.artifact.unpacked_size)
        summary = {name: str(size) for name, size in sizes._asdict().items()}
        with suppress(OSError):
            _flush(zip_path)
            cache.save(CachedPlan(fingerprint, fingerprint, summary))
        return sizes

    def is_doubtful(self, fingerprint: str) -> bool:
        """Return whether there is a zip that was not complete before, or was touched since."""
        if not os.path.lexists(self._path(fingerprint, _ZIP)):
            return False
        try:
            return self._known(fingerprint).cached_plan(fingerprint) is None
        except HashzipError:
            return True

    def _known(self, fingerprint: str) -> StatCache:
        """Return what is known of the files of an artifact."""
        paths = [self._path(fingerprint, suffix) for suffix in (_ZIP, _MANIFEST, _CODE)]
        return StatCache(self._cache, [FileGroup(list(map(os.fsencode, paths)))], self._key)

    def manifest(self, fingerprint: str) -> "Manifest | None":
        """Read a manifest, whether or not its zip is there; None if it is not to be believed."""
        text = _read(self._path(fingerprint, _MANIFEST), files.TEXT_LIMIT)
        return self._parse(text, fingerprint) if self._purpose(fingerprint, text) else None

    def untrusted_manifest(self, fingerprint: str) -> "Manifest | None":
        """Read a manifest of an artifact that does not count, and that may say anything."""
        text = _read(self._path(fingerprint, _MANIFEST), files.TEXT_LIMIT)
        return None if self._purpose(fingerprint, text) else self._parse(text, fingerprint)

    def is_own(self, fingerprint: str) -> bool:
        """Return whether this user built an artifact, and did not only compare it."""
        text = _read(self._path(fingerprint, _MANIFEST), files.TEXT_LIMIT)
        return self._purpose(fingerprint, text) == _BUILT

    def trust(self, manifest: "Manifest", *, is_compared: bool = True) -> None:
        """Let an artifact count that another user built.

        Raises:
            OSError: That cannot be noted.
        """
        os.makedirs(self._folder, exist_ok=True)
        self._write_manifest(manifest, _COMPARED if is_compared else _SHARED, self._folder)

    def _write_manifest(self, manifest: "Manifest", purpose: bytes, draft_folder: str) -> None:
        """Write a manifest after its code, which does not count without it."""
        from hashzip.system import atomic

        fingerprint, text = manifest.fingerprint, manifest.to_json().encode()
        code = self._code(fingerprint, text, purpose)
        for suffix, content in ((_CODE, code), (_MANIFEST, text)):
            atomic.write(self._path(fingerprint, suffix), content, draft_folder=draft_folder)

    @staticmethod
    def _parse(text: bytes, fingerprint: str) -> "Manifest | None":
        from hashzip.artifacts import manifest as manifests

        try:
            manifest = manifests.from_json(text)
        except ValueError:
            return None
        return manifest if manifest.fingerprint == fingerprint else None

    def _purpose(self, fingerprint: str, text: bytes) -> bytes | None:
        """Return why a manifest is to be believed; None if it is not."""
        code = _read(self._path(fingerprint, _CODE), _SMALL)
        for purpose in (_BUILT, _COMPARED, _SHARED):
            if code and code == self._code(fingerprint, text, purpose):
                return purpose
        return None

    def _code(self, fingerprint: str, text: bytes, purpose: bytes) -> bytes:
        """Return the content of a code's file: in hex, with a line feed."""
        names = self._function.encode(), fingerprint.encode()
        return self._key.code(purpose, *names, content=[text]).hex().encode() + b"\n"

    def latest(self) -> str | None:
        """Return the fingerprint of the last build; None if there was none."""
        text = _read(self._latest, _SMALL).decode(errors="replace").strip()
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
        path = self._path(fingerprint, _ZIP)
        try:
            return open(files.open_regular(path), "rb")
        except HashzipError as error:
            raise OSError(errno.EINVAL, error.message, path) from error

    def stage(self) -> AbstractContextManager[str]:
        """Make an empty folder to build in, for one build at a time, and remove it at the end.

        It is in the folder of the artifacts, so that `commit` can move what is made there.

        Raises:
            HashzipError: The folder, or what is built in it, cannot be written.
        """
        from hashzip.artifacts import staging

        return staging.staging_folder(self._folder)

    def commit(
        self, manifest: "Manifest", zip_file: str, sbom: str, *, is_own: bool = True
    ) -> None:
        """Keep a zip, its manifest and its bill of materials, and note them as the last build.

        The manifest goes last: neither a zip nor a code counts without it. Nothing waits for the
        disk: what a power cut takes is missing, and built again.

        Args:
            manifest: Of the zip.
            zip_file: The zip's path in the folder of `stage`, from where it is taken.
            sbom: The bill of materials, or "" where no package is in the zip.
            is_own: Whether this user built it; else it is from a shared store.

        Raises:
            OSError: The artifact cannot be written.
        """
        from hashzip.system import atomic

        fingerprint = manifest.fingerprint
        os.replace(zip_file, self._path(fingerprint, _ZIP))
        staging = os.path.dirname(zip_file)  # the next build removes what a killed one left there
        if sbom:
            atomic.write_text(self._path(fingerprint, _SBOM), sbom, draft_folder=staging)
        self._write_manifest(manifest, _BUILT if is_own else _SHARED, staging)
        atomic.write_text(self._latest, fingerprint + "\n", draft_folder=staging)

    def reference(self, fingerprint: str) -> "Reference":
        """Return the paths of an artifact, which may not be built yet."""
        return {
            "zip": self._path(fingerprint, _ZIP),
            "manifest": self._path(fingerprint, _MANIFEST),
        }

    def _path(self, fingerprint: str, suffix: str) -> str:
        return os.path.join(self._folder, fingerprint + suffix)


def _read(path: str, limit: int) -> bytes:
    """Read a file of an artifact; nothing if it is missing, too large, or no file."""
    try:
        return files.read_outside(path, limit=limit)
    except (HashzipError, OSError):
        return b""


def _is_fingerprint(text: str) -> bool:
    return len(text) == _FINGERPRINT_DIGITS and _HEX_DIGITS.issuperset(text)


def _flush(file: bytes) -> None:
    """Wait until a file is on the disk, so that its times cannot be there without its content."""
    with open(file, "rb") as opened:
        os.fsync(opened.fileno())
