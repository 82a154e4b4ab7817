"""The objects of a bucket, and what requests carry."""

import hashlib
import io

import pytest

from hashzip.artifacts.s3_bucket import Bucket, Seen
from hashzip.errors import HashzipError
from tests.support import s3
from tests.support.s3 import Shared

CONTENT = b"content"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


def put(bucket: Bucket, key: str = "lambda/a") -> bool:
    """Put an object."""
    return bucket.put(key, io.BytesIO(CONTENT), len(CONTENT), DIGEST, "application/zip")


def test_objects(shared: Shared) -> None:
    """An object is written, seen, read, listed and removed."""
    bucket = Bucket(shared.settings)
    assert bucket.look("lambda/a") is None
    assert put(bucket)
    assert not put(bucket)

    assert bucket.look("lambda/a") == Seen(len(CONTENT), DIGEST)
    assert bucket.read("lambda/a", 100) == CONTENT
    assert bucket.read("lambda/a", 3) == CONTENT[:3]
    with bucket.open("lambda/a") as file:
        assert file.read() == CONTENT
    assert list(bucket.keys("lambda/")) == ["lambda/a"]
    assert list(bucket.keys("other/")) == []
    bucket.delete("lambda/a")
    assert bucket.read("lambda/a", 100) is None
    with pytest.raises(HashzipError, match="NoSuchKey"):
        bucket.open("lambda/a")


def test_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Key, owner and endpoint of the settings are in the requests; by default, none is."""
    with s3.fake((200, b"")) as served:
        for name, value in served.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("AWS_ENDPOINT_URL")
        settings = served.settings
        put(Bucket(settings))
        more = {"sse_kms_key_id": "alias/x", "expected_bucket_owner": "012345678901"}
        put(Bucket(settings._replace(**more)))
    names = (
        "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-aws-kms-key-id",
        "x-amz-expected-bucket-owner",
        "If-None-Match",
        "x-amz-checksum-sha256",
    )
    plain, full = ([headers.get(name) for name in names] for _, _, headers in served.requests)
    assert plain[:4] == [None, None, None, "*"]
    assert full[:4] == ["aws:kms", "alias/x", "012345678901", "*"]
    assert plain[4] == full[4] is not None


def test_profile(monkeypatch: pytest.MonkeyPatch, shared: Shared) -> None:
    """A profile that is not there is named."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    with pytest.raises(HashzipError, match="nobody"):
        Bucket(shared.settings._replace(profile="nobody")).read("a", 1)


def test_endpoint(monkeypatch: pytest.MonkeyPatch, shared: Shared) -> None:
    """An endpoint in the environment that is no URL is named, with the variable."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nowhere")
    with pytest.raises(HashzipError, match="nowhere") as caught:
        Bucket(shared.settings).read("a", 1)
    assert "AWS_ENDPOINT_URL" in caught.value.hint


def test_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that is cut in the middle of a body is an error, and no short content."""
    with s3.fake((200, CONTENT), cut=10) as served:
        for name, value in served.environment().items():
            monkeypatch.setenv(name, value)
        bucket = Bucket(served.settings)
        with pytest.raises(HashzipError, match="the connection to s3://bucket/lambda failed"):
            bucket.read("a", 100)
        with (
            pytest.raises(HashzipError, match="the connection to s3://bucket/lambda failed"),
            bucket.open("a") as file,
        ):
            file.read()
