"""Objects are put once, and whole."""

import hashlib
import io
from typing import Any

import pytest
from botocore.exceptions import ClientError

from hashzip.artifacts import s3_upload
from hashzip.errors import HashzipError
from hashzip.system import phases
from tests.support.phase_record import Record
from tests.support.s3 import Shared

PART = 5 << 20  # bytes: S3 takes no smaller one
CONTENT = b"first" * (1 << 20) + b"x" * PART + b"rest"  # three parts
SMALL = b"a small object"


def put(shared: Shared, content: bytes, digest: str = "") -> bool:
    """Put an object; a large one in parts."""
    return s3_upload.put(
        shared.client,
        {"Bucket": shared.bucket, "Key": "key", "Metadata": {"sha256": "any"}},
        io.BytesIO(content),
        len(content),
        digest or hashlib.sha256(content).hexdigest(),
        sizes=(PART, PART),
    )


@pytest.mark.parametrize("content", [SMALL, CONTENT], ids=["at once", "in parts"])
def test_put_once(shared: Shared, content: bytes) -> None:
    """An object is put as it is, and never replaced."""
    record = Record()
    with phases.listening(record):
        assert put(shared, content)
    sizes = [PART, PART, len(b"rest")] if content is CONTENT else []
    assert record.events == [("", size) for size in sizes]
    assert not put(shared, b"other" + content)

    assert shared.objects() == {"key": content}
    answer = shared.client.head_object(Bucket=shared.bucket, Key="key", ChecksumMode="ENABLED")
    in_parts = answer["ChecksumSHA256"].endswith("-3")
    assert in_parts == (content is CONTENT)
    uploads = shared.client.list_multipart_uploads(Bucket=shared.bucket)
    assert uploads.get("Uploads", []) == []


@pytest.mark.parametrize("content", [SMALL, CONTENT], ids=["at once", "in parts"])
def test_changed_meanwhile(shared: Shared, content: bytes) -> None:
    """Of a file that is not what it was, nothing is put, and no part stays."""
    with pytest.raises(HashzipError, match="changed while it was read"):
        put(shared, content, hashlib.sha256(b"as it was").hexdigest())

    assert shared.objects() == {}
    uploads = shared.client.list_multipart_uploads(Bucket=shared.bucket)
    assert uploads.get("Uploads", []) == []


class Conflicting:
    """A client whose first requests meet others for the same key."""

    def __init__(self, conflicts: int) -> None:
        self.left = conflicts
        self.bodies: list[bytes] = []

    def put_object(self, Body: bytes, **_: Any) -> None:  # noqa: N803, ANN401 - as boto3 has it
        """Refuse, or keep the body."""
        if self.left:
            self.left -= 1
            code = {"Error": {"Code": "ConditionalRequestConflict", "Message": "again"}}
            raise ClientError(code, "PutObject")
        self.bodies.append(Body)


def test_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that meets another one is sent again, a few times."""
    monkeypatch.setattr("time.sleep", lambda _seconds: None)

    def send(client: Conflicting) -> bool:
        digest = hashlib.sha256(SMALL).hexdigest()
        return s3_upload.put(client, {"Bucket": "b"}, io.BytesIO(SMALL), len(SMALL), digest)

    client = Conflicting(2)
    assert send(client)
    assert client.bodies == [SMALL]
    with pytest.raises(ClientError, match="again"):
        send(Conflicting(100))
