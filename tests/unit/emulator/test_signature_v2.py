"""The URLs of S3 that boto3 signs by default are valid with the key that it used."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

import boto3
import pytest

from hashzip.emulator import signature_v2
from hashzip.emulator.signature import Request

KEY = "the key of this run"


def presigned(operation: str = "get_object", **more: object) -> Request:
    """Return a request that boto3 signed."""
    client = boto3.client(
        "s3",
        endpoint_url="http://127.0.0.1:4566",
        region_name="us-east-1",
        aws_access_key_id="AKID",
        aws_secret_access_key=KEY,
    )
    url = client.generate_presigned_url(operation, {"Bucket": "bucket", "Key": "a b/ü", **more})
    parts = urlsplit(url)
    method = "PUT" if operation == "put_object" else "GET"
    return Request(method, parts.path, parts.query, [("host", parts.netloc)])


@pytest.mark.parametrize(
    "request_of_boto3",
    [
        presigned(),
        presigned(VersionId="1"),
        presigned(ResponseContentDisposition='attachment; filename="a b"'),
        presigned("put_object", ContentType="text/plain"),
        presigned("put_object", Metadata={"a": "b"}),
    ],
    ids=["get", "version", "response", "type", "metadata"],
)
def test_boto3(request_of_boto3: Request) -> None:
    """What boto3 signs is valid; not with another key, and not for another object."""
    request = request_of_boto3

    assert signature_v2.key_id(request) == "AKID"
    assert signature_v2.is_valid(request, KEY)
    assert not signature_v2.is_valid(request, "another key")
    assert not signature_v2.is_valid(request._replace(path="/bucket/b"), KEY)
    assert not signature_v2.is_valid(request._replace(method="DELETE"), KEY)
    assert not signature_v2.is_valid(request._replace(query=f"{request.query}&acl"), KEY)


def test_expiry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A URL is valid for as long as it says, and its time is signed."""
    request, now = presigned(), time.time()
    later = request.query.replace("Expires=", "Expires=9")

    assert signature_v2.is_valid(request, KEY)
    assert not signature_v2.is_valid(request._replace(query=later), KEY)
    monkeypatch.setattr("time.time", lambda: now + 3700)
    assert not signature_v2.is_valid(request, KEY)


@pytest.mark.parametrize("query", ["", "AWSAccessKey=AKID", "X-Amz-Credential=AKID"])
def test_another_kind(query: str) -> None:
    """Other requests are not signed in this version."""
    assert signature_v2.key_id(Request("GET", "/", query, [])) is None


@pytest.mark.parametrize("query", ["", "&Expires=x", "&Expires=9999999999", "&Signature=%FF"])
def test_incomplete(query: str) -> None:
    """A request that lacks a part of its signature is not valid."""
    request = Request("GET", "/", f"AWSAccessKeyId=AKID{query}", [])

    assert signature_v2.key_id(request) == "AKID"
    assert not signature_v2.is_valid(request, KEY)
