"""Put objects into S3 that are written once: none is ever replaced. Build time.

Each body goes with its SHA-256, by which S3 refuses one that was damaged on its way, and each
request with `If-None-Match: *`, by which S3 refuses one whose key is taken:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html

It imports botocore, an extra: `hashzip.artifacts.shared` checks that it is installed.
"""

from __future__ import annotations

import base64
import hashlib
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

from botocore.exceptions import BotoCoreError, ClientError

from hashzip.artifacts import s3_errors
from hashzip.errors import HashzipError
from hashzip.system import phases

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# As boto3's own transfers have it. S3 takes no part below 5 MiB but the last, and 10,000 of them.
PART_SIZE = 8 << 20  # bytes
THRESHOLD = 2 * PART_SIZE  # bytes; a smaller object goes in one request
_THREADS = 8

# Another request for the same key was under way, and may have failed.
_CONFLICT = "ConditionalRequestConflict"
_ATTEMPTS = 6
_PAUSE = 0.05  # seconds before the second attempt; each further one waits twice as long
# The key is taken; or the upload was completed before, and the answer was lost.
_TAKEN = ("PreconditionFailed", "412", "NoSuchUpload")


def put(
    client: Any,
    target: Mapping[str, Any],
    file: BinaryIO,
    size: int,
    digest: str,
    *,
    sizes: tuple[int, int] = (THRESHOLD, PART_SIZE),
) -> bool:
    """Put an object, unless there is one with its key.

    Args:
        client: boto3's client of S3.
        target: Arguments of all requests that create an object: bucket, key, owner, encryption,
            metadata.
        file: The body.
        size: Its size, in bytes.
        digest: Its SHA-256, as hex digits.
        sizes: From which size on it goes in parts, and the size of these, in bytes.

    Returns:
        Whether it was put; if not, the key is taken.

    Raises:
        ClientError: S3 refused it.
        BotoCoreError: S3 could not be reached.
        HashzipError: The file has another digest.
        OSError: The file cannot be read.
    """
    threshold, part_size = sizes
    for attempt in range(_ATTEMPTS):
        file.seek(0)
        try:
            if size < threshold:
                _put_at_once(client, target, file.read(), digest)
            else:
                _put_in_parts(client, target, file, part_size, digest)
        except ClientError as error:
            if s3_errors.code(error) in _TAKEN:
                return False
            if s3_errors.code(error) != _CONFLICT or attempt + 1 == _ATTEMPTS:
                raise
            time.sleep(_PAUSE * 2**attempt)
        else:
            return True
    return False


def _put_at_once(client: Any, target: Mapping[str, Any], body: bytes, expected: str) -> None:
    digest = hashlib.sha256(body)
    _check(digest, target, expected)
    client.put_object(**target, Body=body, IfNoneMatch="*", ChecksumSHA256=_base64(digest))


def _put_in_parts(
    client: Any, target: Mapping[str, Any], file: BinaryIO, part_size: int, expected: str
) -> None:
    upload = {name: value for name, value in target.items() if name in _NAMES}
    created = client.create_multipart_upload(**target, ChecksumAlgorithm="SHA256")
    upload["UploadId"] = created["UploadId"]
    digest = hashlib.sha256()
    try:
        parts = list(_put_parts(client, upload, file, part_size, digest))
        _check(digest, target, expected)
        client.complete_multipart_upload(
            **upload, MultipartUpload={"Parts": parts}, IfNoneMatch="*"
        )
    except BaseException:
        # What is not aborted is paid for until a rule of the bucket removes it.
        with suppress(ClientError, BotoCoreError):
            client.abort_multipart_upload(**upload)
        raise


def _check(digest: hashlib._Hash, target: Mapping[str, Any], expected: str) -> None:
    if digest.hexdigest() != expected:
        raise HashzipError(
            f"the file for s3://{target['Bucket']}/{target['Key']} was changed while it was read",
            "run this again; nothing was put there",
        )


_NAMES = ("Bucket", "Key", "ExpectedBucketOwner")  # what all requests of an upload take


def _put_parts(
    client: Any, upload: Mapping[str, Any], file: BinaryIO, part_size: int, digest: hashlib._Hash
) -> Iterator[dict[str, object]]:
    """Put the parts in threads, of which each holds at most one part in memory."""

    def put_part(number: int, body: bytes) -> dict[str, object]:
        checksum = _base64(hashlib.sha256(body))
        answer = client.upload_part(**upload, PartNumber=number, Body=body, ChecksumSHA256=checksum)
        return {"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": checksum}

    with ThreadPoolExecutor(_THREADS) as pool:
        pending = []
        for number, body in enumerate(iter(lambda: file.read(part_size), b""), 1):
            digest.update(body)
            pending.append((pool.submit(put_part, number, body), len(body)))
            if len(pending) >= _THREADS:
                yield _sent(*pending.pop(0))
        for part in pending:
            yield _sent(*part)


def _sent(part: Future[dict[str, object]], size: int) -> dict[str, object]:
    """Wait until a part is sent, and say so."""
    result = part.result()
    phases.moved(size)
    return result


def _base64(digest: hashlib._Hash) -> str:
    return base64.b64encode(digest.digest()).decode()
