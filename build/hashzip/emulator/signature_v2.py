"""Verify the presigned URLs of S3 that boto3 makes by default: AWS's Signature Version 2.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from hashzip.emulator.signature import Request

# Parts of a query that are signed: those that name a part of a bucket or object, and those that
# choose headers of the response.
_SIGNED = frozenset(
    [
        "acl",
        "cors",
        "delete",
        "lifecycle",
        "location",
        "logging",
        "notification",
        "partNumber",
        "policy",
        "requestPayment",
        "restore",
        "tagging",
        "torrent",
        "uploadId",
        "uploads",
        "versionId",
        "versioning",
        "versions",
        "website",
        "response-cache-control",
        "response-content-disposition",
        "response-content-encoding",
        "response-content-language",
        "response-content-type",
        "response-expires",
    ]
)


def key_id(request: Request) -> str | None:
    """Return the access key ID of a presigned request; None if it is no such request."""
    return None if request.header("authorization") else _query(request).get("AWSAccessKeyId")


def is_valid(request: Request, secret: str) -> bool:
    """Return whether a secret access key made the signature of a request, and it has not expired.

    Args:
        request: A request with a `key_id`.
        secret: The secret access key.
    """
    query = _query(request)
    expires = query.get("Expires", "")
    if not expires.isdecimal() or time.time() > int(expires):
        return False
    text = "\n".join(
        (
            request.method,
            # A client may have signed these headers, and have put them into the URL.
            request.header("content-md5") or query.get("content-md5", ""),
            request.header("content-type") or query.get("content-type", ""),
            expires,
            *_amazon_headers(request, query),
            _resource(request),
        )
    )
    digest = hmac.new(secret.encode(), text.encode(errors="surrogateescape"), hashlib.sha1).digest()
    given = query.get("Signature", "").encode(errors="surrogateescape")
    return hmac.compare_digest(base64.b64encode(digest), given)


def _amazon_headers(request: Request, query: dict[str, str]) -> list[str]:
    names = {name for name, _ in request.headers} | query.keys()
    return [
        f"{name}:{request.header(name) or query[name]}"
        for name in sorted(names)
        if name.startswith("x-amz-")
    ]


def _resource(request: Request) -> str:
    pairs = (pair.partition("=") for pair in request.query.split("&"))
    signed = sorted((name, sign + unquote(value)) for name, sign, value in pairs if name in _SIGNED)
    query = "&".join(name + value for name, value in signed)
    return f"{request.path}?{query}" if query else request.path


def _query(request: Request) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in request.query.split("&"))
    return {name: unquote(value) for name, _, value in pairs}
