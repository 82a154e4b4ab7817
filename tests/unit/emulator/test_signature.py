"""Signatures of AWS's clients are valid with the key that they used, and with no other."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from hashzip.emulator import signature
from hashzip.emulator.signature import Request

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "the key of this run"
HOST = "127.0.0.1:4566"
PATHS = [
    "/",
    "/2015-03-31/functions/hello/invocations",
    "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af",
    "/bucket/a%20b/%C3%BC%2B1~",
    "/bucket/a//b/../c/",
]
QUERIES = ["", "Qualifier=1&a=b%20c", "list-type=2&prefix=a%2Fb&delimiter=", "acl", "a=2&a=1&A=3"]


def signed_by(
    signer: Any,  # noqa: ANN401 - botocore has no types
    service: str,
    *,
    path: str = "/",
    query: str = "",
    body: bytes = b"",
    method: str = "POST",
    key: str = KEY,
) -> Request:
    """Return a request that botocore signed."""
    headers = {"Host": HOST, "X-Amz-Meta-A": "b  c", "Content-Type": "application/x"}
    url = f"http://{HOST}{path}" + (f"?{query}" if query else "")
    request = AWSRequest(method, url, headers=headers, data=body)
    signer(Credentials("AKID", key), service, "eu-west-1").add_auth(request)
    parts = urlsplit(request.url)
    pairs = [(name.lower(), value) for name, value in request.headers.items()]
    return Request(method, parts.path, parts.query, pairs)


def is_valid(request: Request, key: str = KEY, body: bytes = b"") -> bool:
    """Return whether a request has a signature that is valid."""
    signed = signature.read(request)
    return signed is not None and signature.is_valid(request, signed, key, body)


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "signer, service",
    [
        (SigV4Auth, "lambda"),
        (S3SigV4Auth, "s3"),
        (SigV4QueryAuth, "sts"),
        (S3SigV4QueryAuth, "s3"),
    ],
)
def test_botocore(signer: object, service: str, path: str, query: str) -> None:
    """What botocore signs is valid, for each way to sign, path and query; not with another key."""
    request = signed_by(signer, service, path=path, query=query)

    assert is_valid(request)
    assert not is_valid(request, "another key")


@pytest.mark.parametrize(
    "change",
    [
        lambda request: request._replace(method="PUT"),
        lambda request: request._replace(path="/b"),
        lambda request: request._replace(query=f"{request.query}&b=2"),
        lambda request: request._replace(
            headers=[(name, value.replace(HOST, "a.example")) for name, value in request.headers]
        ),
        lambda request: request._replace(headers=[*request.headers, ("host", "a.example")]),
    ],
)
@pytest.mark.parametrize("signer", [SigV4Auth, SigV4QueryAuth])
def test_changed(change: Callable[[Request], Request], signer: object) -> None:
    """A signature is of one method, path, query and host."""
    request = signed_by(signer, "lambda", path="/a", query="a=1")

    assert is_valid(request)
    assert not is_valid(change(request))


def test_body() -> None:
    """The body is signed where no header has its digest."""
    request = signed_by(SigV4Auth, "lambda", body=b"{}")
    signed = signature.read(request)

    assert signed
    assert signature.needs_body(request, signed)
    assert is_valid(request, body=b"{}")
    assert not is_valid(request, body=b"[]")


@pytest.mark.parametrize("signer", [S3SigV4Auth, S3SigV4QueryAuth])
def test_no_body(signer: object) -> None:
    """S3's clients send the digest of the body, or sign none."""
    request = signed_by(signer, "s3")
    signed = signature.read(request)

    assert signed
    assert not signature.needs_body(request, signed)
    assert is_valid(request, body=b"content")


def test_stream() -> None:
    """Of a stream, the header says how its chunks are signed, and is signed itself."""
    digest = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"

    streaming = type("Streaming", (S3SigV4Auth,), {"payload": lambda *_: digest})
    request = signed_by(streaming, "s3", body=b"chunks")
    headers = [(n, v) for n, v in request.headers if n != "x-amz-content-sha256"]

    assert is_valid(request._replace(headers=[*headers, ("x-amz-content-sha256", digest)]))
    other = ("x-amz-content-sha256", hashlib.sha256(b"").hexdigest())
    assert not is_valid(request._replace(headers=[*headers, other]))


@pytest.mark.parametrize("signer, service", [(SigV4QueryAuth, "sts"), (S3SigV4QueryAuth, "s3")])
def test_expiry(signer: object, service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A URL is valid for as long as it says: an hour, by botocore's default."""
    request = signed_by(signer, service)
    now = time.time()

    for seconds, valid in ((3500, True), (3700, False)):
        monkeypatch.setattr("time.time", lambda seconds=seconds: now + seconds)
        assert is_valid(request) is valid


def test_own() -> None:
    """What hashzip signs itself has the signature that botocore would make of it."""
    url = f"http://{HOST}/_ministack/health"
    headers = signature.headers("GET", url, KEY)
    pairs = [(name.lower(), value) for name, value in headers.items()]

    assert is_valid(Request("GET", "/_ministack/health", "", [("host", HOST), *pairs]))
    request = AWSRequest("GET", url, headers={"Host": HOST})
    request.context["timestamp"] = headers["X-Amz-Date"]
    signer = SigV4Auth(Credentials(signature.KEY_ID, KEY), "s3", "us-east-1")
    signer._modify_request_before_signing(request)  # noqa: SLF001 - it sets the date
    request.headers.replace_header("X-Amz-Date", headers["X-Amz-Date"])
    text = signer.string_to_sign(request, signer.canonical_request(request))
    assert headers["Authorization"].endswith(f"Signature={signer.signature(text, request)}")


def test_own_url() -> None:
    """A URL that hashzip signs is valid for its seconds, and for nothing else."""
    url = f"http://{HOST}/_ministack/lambda-code/1/f"
    query = urlsplit(signature.presigned(url, KEY, 60)).query
    request = Request("GET", "/_ministack/lambda-code/1/f", query, [("host", HOST)])

    assert is_valid(request)
    assert not is_valid(request._replace(path="/_ministack/lambda-code/1/g"))
    old = urlsplit(signature.presigned(url, KEY, 60, now=time.time() - 61)).query
    assert not is_valid(request._replace(query=old))


@pytest.mark.parametrize(
    "headers, query",
    [
        ([], ""),
        ([("authorization", "Bearer a.b.c")], ""),
        ([("authorization", "Basic dGVzdDp0ZXN0")], ""),
        ([("authorization", "AWS4-HMAC-SHA256 Credential=test")], ""),
        (
            [("authorization", "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=x")],
            "",
        ),
        ([], "X-Amz-Algorithm=AWS4-HMAC-SHA256"),
        ([], "X-Amz-Signature=ministack-local-presigned&X-Amz-SignedHeaders=host"),
    ],
)
def test_unsigned(headers: list[tuple[str, str]], query: str) -> None:
    """A request without a signature, or with half of one, has none."""
    assert signature.read(Request("GET", "/", query, headers)) is None


def test_nothing_is_signed() -> None:
    """The headers of a signature are those that it names, and a made up one is invalid."""
    request = signed_by(SigV4Auth, "lambda")
    headers = dict(request.headers)
    made_up = headers["authorization"].partition("Signature=")[0] + "Signature=\xff0"

    assert is_valid(request)
    assert not is_valid(request._replace(headers=[*(headers | {"authorization": made_up}).items()]))


def test_token() -> None:
    """The token follows from the key, and does not show it."""
    assert signature.token(KEY) == signature.token(KEY) != signature.token("another key")
    assert KEY not in signature.token(KEY)
