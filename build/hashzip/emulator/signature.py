"""Sign requests to the local AWS, and verify signatures: AWS's Signature Version 4.

The secret access key of a local AWS is random, and new in each run. It never travels: a request
has a signature that only the key can make. So a request that bears one comes from a program that
has the key, and not from a web page or another user of this machine.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import posixpath
import re
import time
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

KEY_ID = "test"  # MiniStack's account 000000000000; which key it is says nothing
TOKEN_HEADER = "x-hashzip-token"  # noqa: S105 - a name, not a secret

_ALGORITHM = "AWS4-HMAC-SHA256"
_UNSIGNED = "UNSIGNED-PAYLOAD"
_EMPTY = hashlib.sha256(b"").hexdigest()
_TIME = "%Y%m%dT%H%M%SZ"
_UNESCAPED = "/-_.~"  # in a path
_FIELD = re.compile(r"(Credential|SignedHeaders|Signature)=([^,\s]+)")
_CREDENTIAL = re.compile(r"(.+?)/((?:[^/]+/){3}aws4_request)")
_MOMENT = re.compile(r"[0-9]{8}T[0-9]{6}Z")


class Request(NamedTuple):
    """A request, as it came.

    Attributes:
        method: Its method.
        path: Its path, percent-encoded.
        query: Its query string, percent-encoded, without `?`.
        headers: Name, in lower case, and value of each header.
    """

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]

    def header(self, name: str) -> str:
        """Return the values of a header, joined by commas; "" if there is none."""
        return ",".join(value for key, value in self.headers if key == name)


class Signature(NamedTuple):
    """What a request says of its signature.

    Attributes:
        key_id: The access key ID.
        scope: Date, region, service and `aws4_request`, with slashes.
        time: When it was signed, as `20261127T080000Z`.
        signed_headers: The names of the signed headers, in lower case.
        digest: The signature.
        expires: For how many seconds it is valid; None for as long as the key.
    """

    key_id: str
    scope: str
    time: str
    signed_headers: Sequence[str]
    digest: str
    expires: str | None = None

    @property
    def service(self) -> str:
        """The service that the request is for, such as `lambda`."""
        return self.scope.split("/")[2]


def token(secret: str) -> str:
    """Return a header's value that stands for a signature, for requests that cannot have one.

    A request may have an `Authorization` of its own, for the function or API that it calls.
    """
    return hmac.new(secret.encode(), b"hashzip-token", hashlib.sha256).hexdigest()


def read(request: Request) -> Signature | None:
    """Return the signature of a request, from its header or its query; None without one."""
    authorization = request.header("authorization")
    if authorization:
        algorithm, _, rest = authorization.partition(" ")
        fields = dict(_FIELD.findall(rest)) if algorithm == _ALGORITHM else {}
        names = ("Credential", "SignedHeaders", "Signature")
        moment, expires = request.header("x-amz-date"), None
    else:
        fields = dict(_pairs(request.query))
        names = ("X-Amz-Credential", "X-Amz-SignedHeaders", "X-Amz-Signature")
        moment, expires = fields.get("X-Amz-Date", ""), fields.get("X-Amz-Expires", "0")
        if fields.get("X-Amz-Algorithm") != _ALGORITHM:
            return None
    credential, signed_headers, digest = (fields.get(name, "") for name in names)
    match = _CREDENTIAL.fullmatch(credential)
    if match is None or not signed_headers or not _MOMENT.fullmatch(moment):
        return None
    return Signature(match[1], match[2], moment, signed_headers.split(";"), digest, expires)


def needs_body(request: Request, signature: Signature) -> bool:
    """Return whether the body is part of what was signed, and no header has its digest."""
    return not (request.header("x-amz-content-sha256") or _is_presigned_object(signature))


def is_valid(request: Request, signature: Signature, secret: str, body: bytes = b"") -> bool:
    """Return whether a secret access key made a signature, and it has not expired.

    Args:
        request: The request.
        signature: Its signature.
        secret: The secret access key.
        body: The body of the request, if `needs_body`.
    """
    if signature.expires is not None and not _is_current(signature):
        return False
    payload = request.header("x-amz-content-sha256")
    if not payload:
        payload = _UNSIGNED if _is_presigned_object(signature) else hashlib.sha256(body).hexdigest()
    return any(
        hmac.compare_digest(_digest(signature, secret, canonical), signature.digest.encode())
        for canonical in _canonical_requests(request, signature.signed_headers, payload)
    )


def headers(method: str, url: str, secret: str, *, now: float | None = None) -> dict[str, str]:
    """Return the headers that sign a request without a body, for the local AWS itself.

    Args:
        method: Its method.
        url: Its URL.
        secret: The secret access key.
        now: The time, in seconds since 1970; by default, the current one.
    """
    parts, moment = urlsplit(url), time.strftime(_TIME, time.gmtime(now))
    signed = [("host", parts.netloc), ("x-amz-date", moment)]
    request = Request(method, parts.path, parts.query, signed)
    signature = Signature(KEY_ID, _scope(moment), moment, [name for name, _ in signed], "")
    canonical = next(_canonical_requests(request, signature.signed_headers, _EMPTY))
    return {
        "X-Amz-Date": moment,
        "Authorization": f"{_ALGORITHM} Credential={KEY_ID}/{signature.scope}, "
        f"SignedHeaders={';'.join(signature.signed_headers)}, "
        f"Signature={_digest(signature, secret, canonical).decode()}",
    }


def presigned(url: str, secret: str, seconds: int, *, now: float | None = None) -> str:
    """Return a URL of the local AWS with a signature to download from it.

    Args:
        url: The URL, without a query.
        secret: The secret access key.
        seconds: For how long the signature is valid.
        now: The time, in seconds since 1970; by default, the current one.
    """
    parts, moment = urlsplit(url), time.strftime(_TIME, time.gmtime(now))
    scope = _scope(moment)
    query = "&".join(
        f"{name}={quote(value, safe='-_.~')}"
        for name, value in (
            ("X-Amz-Algorithm", _ALGORITHM),
            ("X-Amz-Credential", f"{KEY_ID}/{scope}"),
            ("X-Amz-Date", moment),
            ("X-Amz-Expires", str(seconds)),
            ("X-Amz-SignedHeaders", "host"),
        )
    )
    request = Request("GET", parts.path, query, [("host", parts.netloc)])
    signature = Signature(KEY_ID, scope, moment, ["host"], "")
    canonical = next(_canonical_requests(request, ["host"], _UNSIGNED))
    return f"{url}?{query}&X-Amz-Signature={_digest(signature, secret, canonical).decode()}"


def _scope(moment: str) -> str:
    return f"{moment[:8]}/us-east-1/s3/aws4_request"


def _is_presigned_object(signature: Signature) -> bool:
    # The payload of a presigned URL of S3 is not signed; that of other services is.
    return signature.expires is not None and signature.service == "s3"


def _is_current(signature: Signature) -> bool:
    try:
        start = time.mktime(time.strptime(signature.time, _TIME)) - time.timezone
        return time.time() <= start + int(signature.expires or 0)
    except (ValueError, OverflowError):
        return False


def _digest(signature: Signature, secret: str, canonical: str) -> bytes:
    """Return the signature that a secret access key makes of a canonical request."""
    key = f"AWS4{secret}".encode()
    for part in signature.scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    digest = hashlib.sha256(canonical.encode(errors="surrogateescape")).hexdigest()
    text = f"{_ALGORITHM}\n{signature.time}\n{signature.scope}\n{digest}"
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest().encode()


def _canonical_requests(
    request: Request, signed_headers: Sequence[str], payload: str
) -> Iterator[str]:
    """Yield the canonical forms of a request that clients sign.

    S3's clients sign the path as they send it. Those of other services encode it once more, and
    some resolve `//` and `..` in it first. None of these helps without the key.
    """
    values: dict[str, list[str]] = {}
    for name, value in request.headers:
        values.setdefault(name, []).append(" ".join(value.split()))
    block = "".join(f"{name}:{','.join(values.get(name, []))}\n" for name in signed_headers)
    end = f"{block}\n{';'.join(signed_headers)}\n{payload}"
    for path in dict.fromkeys(_canonical_paths(request.path)):
        for query in dict.fromkeys(_canonical_queries(request.query)):
            yield f"{request.method}\n{path}\n{query}\n{end}"


def _canonical_paths(path: str) -> Iterable[str]:
    resolved = posixpath.normpath(path).replace("//", "/")
    if path.endswith("/") and resolved != "/":
        resolved += "/"
    for form in (path, resolved):
        decoded = quote(
            unquote(form, errors="surrogateescape"), _UNESCAPED, errors="surrogateescape"
        )
        again = quote(form, _UNESCAPED, errors="surrogateescape")
        yield from (form, again, decoded, quote(decoded, _UNESCAPED))


def _canonical_queries(query: str) -> Iterable[str]:
    pairs = [pair for pair in query.split("&") if pair and not pair.startswith("X-Amz-Signature=")]
    decoded = _pairs("&".join(pairs))
    yield "&".join(
        sorted(f"{quote(name, '-_.~')}={quote(value, '-_.~')}" for name, value in decoded)
    )
    yield "&".join(sorted(pair if "=" in pair else f"{pair}=" for pair in pairs))


def _pairs(query: str) -> Iterator[tuple[str, str]]:
    """Yield the decoded names and values of a query string. A `+` in it is no space."""
    for pair in query.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            yield unquote(name), unquote(value)
