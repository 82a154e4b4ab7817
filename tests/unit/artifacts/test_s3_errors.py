"""Each error of S3 is one message that says what is wrong, and a hint that says what to do."""

import pytest
from botocore.exceptions import (
    ConnectTimeoutError,
    NoCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    ResponseStreamingError,
)

from hashzip.artifacts import s3_errors
from hashzip.artifacts.s3_bucket import Bucket
from hashzip.errors import HashzipError
from hashzip.project.store_settings import StoreSettings
from tests.support import s3

SETTINGS = StoreSettings("s3://bucket/lambda")
LOCALLY = "hashzip build --no-store"


@pytest.mark.parametrize(
    "status, code, words, advice",
    [
        (403, "AccessDenied", "does not allow GetObject of s3://bucket/a", "s3:ListBucket"),
        (404, "NoSuchBucket", "there is no bucket bucket", "create the bucket"),
        (400, "ExpiredToken", "the credentials have expired", "aws sso login"),
        (403, "InvalidAccessKeyId", "the access key is unknown", "aws configure"),
        (403, "SignatureDoesNotMatch", "the secret key does not fit", "AWS_PROFILE"),
        (403, "RequestTimeTooSkewed", "the clock of this machine is wrong", "log in"),
        (400, "IllegalLocationConstraintException", "in another region", "AWS_REGION"),
        (503, "SlowDown", "S3 is too busy", "in a while"),
        (500, "InternalError", "S3 is too busy", "in a while"),
        (501, "NotImplemented", "NotImplemented", ""),
    ],
)
def test_answer(
    monkeypatch: pytest.MonkeyPatch, status: int, code: str, words: str, advice: str
) -> None:
    """An answer that is an error says what is wrong with the store."""
    with s3.fake((status, s3.error(code))) as served:
        for name, value in served.environment().items():
            monkeypatch.setenv(name, value)
        with pytest.raises(HashzipError) as caught:
            Bucket(SETTINGS).read("a", 10)
    assert words in caught.value.message
    assert advice in caught.value.hint
    assert caught.value.hint.endswith(LOCALLY)


def test_removal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an object may not be removed, the hint names that right."""
    with s3.fake((403, s3.error("AccessDenied"))) as served:
        for name, value in served.environment().items():
            monkeypatch.setenv(name, value)
        with pytest.raises(HashzipError, match="does not allow DeleteObject") as caught:
            Bucket(SETTINGS).delete("a")
    assert "allow s3:DeleteObject on arn:aws:s3:::bucket/lambda/*" in caught.value.hint


def test_control(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same server, where it has the object, and where it says that there is none."""
    with s3.fake((200, b"content"), (404, s3.error("NoSuchKey"))) as served:
        for name, value in served.environment().items():
            monkeypatch.setenv(name, value)
        bucket = Bucket(SETTINGS)
        assert bucket.read("a", 10) == b"content"
        assert bucket.read("b", 10) is None


@pytest.mark.parametrize(
    "error, words, advice",
    [
        (NoCredentialsError(), "Unable to locate credentials", "aws sso login"),
        (ProfileNotFound(profile="ci"), "ci", "AWS_PROFILE"),
        (ConnectTimeoutError(endpoint_url="https://s3"), "the connection to", "network"),
        (ReadTimeoutError(endpoint_url="https://s3"), "the connection to", "network"),
        (ResponseStreamingError(error="cut"), "the connection to", "network"),
    ],
)
def test_no_answer(error: Exception, words: str, advice: str) -> None:
    """Without an answer, the message says whether it is the login or the network."""
    with pytest.raises(HashzipError) as caught, s3_errors.translated(SETTINGS, "a"):
        raise error
    assert words in caught.value.message
    assert "s3://bucket/lambda" in caught.value.message
    assert advice in caught.value.hint
    assert caught.value.hint.endswith(LOCALLY)


def test_others_pass() -> None:
    """An error of something else stays what it is."""
    with pytest.raises(KeyError), s3_errors.translated(SETTINGS, "a"):
        raise KeyError
