"""The objects of a bucket in S3: read, asked for, written once, removed. Errors are in our words.

It imports boto3, an extra: `hashzip.artifacts.shared` checks that it is installed.
"""

from __future__ import annotations

import base64
import io
import os
import threading
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, cast

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from hashzip.artifacts import s3_errors, s3_upload
from hashzip.errors import HashzipError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import WriteableBuffer

    from hashzip.project.store_settings import StoreSettings

_DIGEST = "sha256"  # in an object's metadata: what S3 does not compute of an upload in parts
_MISSING = ("NoSuchKey", "404", "NotFound")
_CONNECT_SECONDS = 10
_CONNECTIONS = 32
_BLOCK = 1 << 20  # bytes


class Seen(NamedTuple):
    """What S3 says of an object: its size in bytes, and its SHA-256 as hex digits."""

    size: int
    digest: str


class Bucket:
    """A bucket, which threads may share.

    Args:
        settings: Where it is, and how to reach it.
        client: boto3's client of S3; by default, that of the settings.
    """

    def __init__(self, settings: StoreSettings, client: Any = None) -> None:
        self.settings = settings
        self._given_client = client
        self._lock = threading.Lock()  # boto3 makes one client at a time

    @property
    def client(self) -> Any:
        """boto3's client of S3.

        Raises:
            HashzipError: The profile is missing.
        """
        with self._lock:
            return self._client

    @cached_property
    def _client(self) -> Any:
        if self._given_client:
            return self._given_client
        settings = self.settings
        config = Config(
            connect_timeout=_CONNECT_SECONDS,
            max_pool_connections=_CONNECTIONS,
            retries={"mode": "standard"},
            # Each body has a SHA-256 of its own, and each zip is compared with its manifest.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        with s3_errors.translated(settings, settings.prefix):
            session = boto3.Session(
                profile_name=settings.profile or None,
                # All other tools read AWS_REGION; boto3 reads only AWS_DEFAULT_REGION.
                region_name=settings.region or os.environ.get("AWS_REGION") or None,
            )
            endpoint = settings.endpoint_url or None
            try:
                return session.client("s3", config=config, endpoint_url=endpoint)
            except ValueError as error:  # an endpoint in the environment that is no URL
                hint = "correct AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL"
                raise HashzipError(f"{settings.url}: {error}", hint) from error

    def url(self, key: str) -> str:
        """Return the URL of an object."""
        return f"s3://{self.settings.bucket}/{key}"

    def read(self, key: str, limit: int) -> bytes | None:
        """Read an object; None if it is missing.

        Args:
            key: Its key.
            limit: The number of bytes after which reading ends.

        Raises:
            HashzipError: S3 cannot be reached, or refuses it.
        """
        with s3_errors.translated(self.settings, key):
            try:
                answer = self.client.get_object(**self._object(key))
            except ClientError as error:
                if s3_errors.code(error) in _MISSING:
                    return None
                raise
            content = bytearray()
            # Only at its end is a body compared with its announced length.
            while part := answer["Body"].read(limit - len(content)):
                content += part
            return bytes(content)

    def open(self, key: str) -> BinaryIO:
        """Open an object for reading.

        Raises:
            HashzipError: It is missing; S3 cannot be reached, or refuses it. Reading from it raises
                the same.
        """
        with s3_errors.translated(self.settings, key):
            answer = self.client.get_object(**self._object(key))
        return cast(
            "BinaryIO", io.BufferedReader(_Body(answer["Body"], self.settings, key), _BLOCK)
        )

    def look(self, key: str) -> Seen | None:
        """Return the size and the digest of an object; None if it is missing.

        Raises:
            HashzipError: S3 cannot be reached, or refuses to say.
        """
        with s3_errors.translated(self.settings, key):
            try:
                answer = self.client.head_object(**self._object(key), ChecksumMode="ENABLED")
            except ClientError as error:
                if s3_errors.code(error) in _MISSING:
                    return None
                raise
        checksum = str(answer.get("ChecksumSHA256", ""))
        digest = str(answer.get("Metadata", {}).get(_DIGEST, ""))
        if checksum and "-" not in checksum:  # that of an upload in parts is one of checksums
            digest = base64.b64decode(checksum).hex()
        return Seen(answer["ContentLength"], digest)

    def put(self, key: str, file: BinaryIO, size: int, digest: str, content_type: str) -> bool:
        """Put an object, unless there is one with its key.

        Args:
            key: Its key.
            file: Its content.
            size: Its size, in bytes.
            digest: Its SHA-256, as hex digits.
            content_type: Its type.

        Returns:
            Whether it was put; if not, the key is taken.

        Raises:
            HashzipError: S3 cannot be reached, or refuses it; or the file has another digest.
            OSError: The file cannot be read.
        """
        target = {
            **self._object(key),
            "ContentType": content_type,
            "Metadata": {_DIGEST: digest},
        }
        if self.settings.sse_kms_key_id:
            target["ServerSideEncryption"] = "aws:kms"
            target["SSEKMSKeyId"] = self.settings.sse_kms_key_id
        with s3_errors.translated(self.settings, key):
            return s3_upload.put(self.client, target, file, size, digest)

    def delete(self, key: str) -> None:
        """Remove an object, if it is there.

        Raises:
            HashzipError: S3 cannot be reached, or refuses it.
        """
        with s3_errors.translated(self.settings, key):
            self.client.delete_object(**self._object(key))

    def keys(self, start: str) -> Iterator[str]:
        """Yield the keys that start with a text.

        Raises:
            HashzipError: S3 cannot be reached, or refuses to say.
        """
        with s3_errors.translated(self.settings, start):
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.settings.bucket, Prefix=start, **self._owner
            )
            for page in pages:
                yield from (row["Key"] for row in page.get("Contents", ()))

    @property
    def _owner(self) -> dict[str, str]:
        owner = self.settings.expected_bucket_owner
        return {"ExpectedBucketOwner": owner} if owner else {}

    def _object(self, key: str) -> dict[str, Any]:
        return {"Bucket": self.settings.bucket, "Key": key, **self._owner}


class _Body(io.RawIOBase):
    """The body of an answer, whose errors are those of the store."""

    def __init__(self, body: Any, settings: StoreSettings, key: str) -> None:
        super().__init__()
        self._body = body
        self._settings = settings
        self._key = key

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read some bytes into a buffer, and return their number."""
        view = memoryview(buffer).cast("B")
        with s3_errors.translated(self._settings, self._key):
            content: bytes = self._body.read(len(view))
        view[: len(content)] = content
        return len(content)

    def close(self) -> None:
        """Close the connection."""
        if not self.closed:
            self._body.close()
        super().close()
