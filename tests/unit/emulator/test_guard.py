"""The local AWS answers programs that have its key, and no web page and no other user.

The requests are those that browsers send, byte for byte.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from hashzip.emulator import guard, server, signature
from tests.support import raw_http

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hashzip.emulator.server import LocalAws

FUNCTIONS = "/2015-03-31/functions/"
CROSS = ("Origin: https://evil.example", "Sec-Fetch-Site: cross-site")
REBOUND = "rebound.example"


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    """Run a local AWS."""
    with server.running() as running:
        yield running


@pytest.fixture(scope="module")
def port(aws: LocalAws) -> int:
    """Return the port of the local AWS."""
    return urlsplit(aws.endpoint).port or 0


def client(aws: LocalAws, service: str, **more: Any) -> Any:  # noqa: ANN401 - boto3 has no types
    """Return a client of the local AWS, with its key by default."""
    settings = {
        "endpoint_url": aws.endpoint,
        "region_name": "us-east-1",
        "aws_access_key_id": "test",
        "aws_secret_access_key": aws.secret,
        "config": Config(retries={"total_max_attempts": 1}),
    }
    return boto3.client(service, **settings | more)


def signed(aws: LocalAws, target: str, method: str = "GET") -> list[str]:
    """Return the lines that sign a request."""
    headers = signature.headers(method, aws.endpoint + target, aws.secret)
    return [f"{name}: {value}" for name, value in headers.items()]


@pytest.mark.parametrize(
    "method, target",
    [
        ("GET", "/"),
        ("GET", FUNCTIONS),
        ("POST", FUNCTIONS),
        ("PUT", "/bucket"),
        ("POST", "/bucket"),
        ("GET", "/health"),
        ("GET", "/_ministack/health"),
        ("GET", "/_localstack/health"),
        ("POST", "/_ministack/reset"),
        ("POST", "/_ministack/config"),
        ("GET", "/_ministack/lambda-code/000000000000/us-east-1/hello"),
        ("GET", "/_aws/lambda-url/abc/"),
        ("GET", "/_aws/execute-api/abc/stage/"),
        ("POST", "/_aws/sqs/messages"),
        ("GET", "/pool/.well-known/jwks.json"),
        ("OPTIONS", "/"),
        ("HEAD", "/"),
    ],
)
def test_unsigned(aws: LocalAws, port: int, method: str, target: str) -> None:
    """Nothing is answered without the key, whatever MiniStack itself asks for."""
    assert raw_http.send(port, method=method, target=target).status == 403
    made_up = "Authorization: AWS4-HMAC-SHA256 Credential=test/20261127/us-east-1/s3/aws4_request"
    rest = ", SignedHeaders=host, Signature=0"
    date = "X-Amz-Date: 20261127T000000Z"
    assert raw_http.send(port, made_up + rest, date, method=method, target=target).status == 403
    own = signed(aws, target, method)
    if method not in {"POST", "PUT", "OPTIONS"}:  # these would change it, or are no request of AWS
        assert raw_http.send(port, *own, method=method, target=target).status != 403


@pytest.mark.parametrize(
    "lines",
    [
        CROSS,
        ("Origin: null", "Sec-Fetch-Site: cross-site"),
        ("Origin: http://localhost:3000", "Sec-Fetch-Site: same-site"),
        ("Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"),
        ("Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_page(aws: LocalAws, port: int, method: str, lines: tuple[str, ...]) -> None:
    """A page is refused even with the key, and its preflight has no CORS headers."""
    own = signed(aws, "/", method)
    preflight = ("Access-Control-Request-Method: POST", "Access-Control-Request-Headers: x-a")

    refused = raw_http.send(port, *own, *lines, *preflight, method=method)
    answered = raw_http.send(port, *own, *preflight, method=method)

    assert refused.status == 403
    assert b"hashzip env" not in refused.body  # it would not help
    assert answered.status == 200
    for response in (refused, answered):
        assert not [name for name in response.headers if name.startswith("access-control")]


def test_rebinding(aws: LocalAws, port: int) -> None:
    """A page under a name that leads here is refused, even with the key."""
    for host in (f"{REBOUND}:{port}", REBOUND, f"localhost:{port + 1}"):
        url = f"http://{host}{FUNCTIONS}"
        headers = signature.headers("GET", url, aws.secret)
        lines = [f"{name}: {value}" for name, value in headers.items()]
        same = ("Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty")
        assert raw_http.send(port, *lines, *same, host=host, target=FUNCTIONS).status == 403
    for host in (f"localhost:{port}", f"bucket.localhost:{port}", f"[::1]:{port}"):
        headers = signature.headers("GET", f"http://{host}{FUNCTIONS}", aws.secret)
        lines = [f"{name}: {value}" for name, value in headers.items()]
        assert raw_http.send(port, *lines, host=host, target=FUNCTIONS).status != 403


def test_websocket(aws: LocalAws, port: int) -> None:
    """A WebSocket needs the key, and is not for pages of other origins."""
    target = "/_aws/execute-api/abc/stage"
    assert raw_http.upgrade(port, target=target).status == 403
    assert raw_http.upgrade(port, *CROSS, target=target).status == 403
    assert raw_http.upgrade(port, *signed(aws, target), *CROSS, target=target).status == 403


def test_http2(aws: LocalAws, port: int) -> None:
    """HTTP/2 has the same rules."""
    assert raw_http.send_http2(port, f"127.0.0.1:{port}") == 403
    headers = signature.headers("GET", f"{aws.endpoint}/", aws.secret)
    own = [(name.lower(), value) for name, value in headers.items()]
    assert raw_http.send_http2(port, f"127.0.0.1:{port}", *own) == 200
    assert raw_http.send_http2(port, REBOUND, *own) == 403


@pytest.mark.parametrize(
    "service, operation",
    [
        ("dynamodb", "list_tables"),  # JSON
        ("ec2", "describe_vpcs"),  # EC2's
        ("iam", "list_roles"),  # a form
        ("lambda", "list_functions"),  # JSON, with paths
        ("s3", "list_buckets"),  # XML
        ("route53", "list_hosted_zones"),  # XML
        ("sqs", "list_queues"),
    ],
)
def test_clients(aws: LocalAws, service: str, operation: str) -> None:
    """A client with the key is answered; one without it gets an error that says what to do."""
    assert getattr(client(aws, service), operation)()

    with pytest.raises(ClientError, match=r"hashzip env") as caught:
        getattr(client(aws, service, aws_secret_access_key="test"), operation)()  # noqa: S106 - the wrong one

    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_accounts(aws: LocalAws) -> None:
    """The access key ID still names the account, and says nothing about who may use it."""
    assert client(aws, "sts").get_caller_identity()["Account"] == "000000000000"
    other = client(aws, "sts", aws_access_key_id="123456789012")
    assert other.get_caller_identity()["Account"] == "123456789012"
    with pytest.raises(ClientError):
        client(
            aws,
            "sts",
            aws_access_key_id="123456789012",
            aws_secret_access_key="test",  # noqa: S106 - the wrong one
        ).get_caller_identity()


@pytest.mark.parametrize("kind", ["session", "user"])
def test_given_keys(aws: LocalAws, kind: str) -> None:
    """Keys that the local AWS gives out are good for it: of a role's session, of an IAM user."""
    iam = client(aws, "iam")
    if kind == "session":
        role = iam.create_role(RoleName="role", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        given = client(aws, "sts").assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    else:
        iam.create_user(UserName="me")
        given = iam.create_access_key(UserName="me")["AccessKey"]
    keys = {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given.get("SessionToken"),
    }

    assert client(aws, "sts", **keys).get_caller_identity()["Arn"].endswith("/me")
    with pytest.raises(ClientError, match="another key"):
        client(aws, "sts", **keys | {"aws_secret_access_key": "0"}).get_caller_identity()


@pytest.mark.parametrize("version", [None, "s3v4"])
def test_objects(aws: LocalAws, port: int, version: str | None) -> None:
    """Objects are written and read, also in parts, and by URLs that a program makes for others."""
    s3 = client(aws, "s3", config=Config(signature_version=version))
    s3.create_bucket(Bucket="bucket")
    key = {"Bucket": "bucket", "Key": "a b/ü+1"}
    s3.put_object(**key, Body=b"content")
    assert s3.get_object(**key)["Body"].read() == b"content"
    assert [row["Key"] for row in s3.list_objects_v2(Bucket="bucket")["Contents"]] == [key["Key"]]

    url = urlsplit(s3.generate_presigned_url("get_object", key))

    assert raw_http.send(port, target=f"{url.path}?{url.query}").body == b"content"
    assert raw_http.send(port, target=url.path).status == 403
    assert raw_http.send(port, target=f"{url.path}x?{url.query}").status == 403
    assert raw_http.send(port, *CROSS, target=f"{url.path}?{url.query}").status == 403


def test_downloads(aws: LocalAws, port: int) -> None:
    """Code is downloaded by a URL that is signed, as in an account."""
    archive = b"PK\x05\x06" + bytes(18)
    lambdas = client(aws, "lambda")
    lambdas.create_function(
        FunctionName="hello",
        Role="arn:aws:iam::000000000000:role/r",
        Runtime="python3.13",
        Handler="a.b",
        Code={"ZipFile": archive},
    )
    lambdas.publish_layer_version(LayerName="layer", Content={"ZipFile": archive})
    for location in (
        lambdas.get_function(FunctionName="hello")["Code"]["Location"],
        lambdas.get_layer_version(LayerName="layer", VersionNumber=1)["Content"]["Location"],
    ):
        url = urlsplit(location)
        target = f"{url.path}?{url.query}"
        assert raw_http.send(port, host=url.netloc, target=target).body == archive
        assert raw_http.send(port, host=url.netloc, target=target[:-1]).status == 403


def test_token(aws: LocalAws, port: int) -> None:
    """A request that has an `Authorization` of its own has the token; a wrong one is refused."""
    own = f"X-Hashzip-Token: {signature.token(aws.secret)}"
    bearer = "Authorization: Bearer a"
    assert raw_http.send(port, own, bearer, target="/_ministack/health").status == 200
    assert raw_http.send(port, own[:-1], bearer, target="/_ministack/health").status == 403
    assert raw_http.send(port, own, own[:-1], target="/_ministack/health").status == 403
    assert raw_http.send(port, "X-Hashzip-Token: \xff", target="/_ministack/health").status == 403


class TestPassing:
    """What reaches MiniStack, and what comes back."""

    KEY = "key"
    TOKEN = (b"x-hashzip-token", signature.token(KEY).encode())
    CORS = (b"Access-Control-Allow-Origin", b"*")

    def call(self, path: str, headers: list[tuple[bytes, bytes]]) -> tuple[Any, list[Any]]:
        """Send a request; return its scope in MiniStack, and the headers of the response."""
        scopes: list[Any] = []
        sent: list[Any] = []

        async def app(scope: Any, _receive: object, send: Any) -> None:  # noqa: ANN401 - ASGI's
            scopes.append(scope)
            headers = [self.CORS, (b"content-type", b"a/b")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})

        async def send(message: Any) -> None:  # noqa: ANN401 - ASGI's
            sent.append(message)

        async def receive() -> Any:  # noqa: ANN401 - ASGI's
            return {"type": "http.request", "body": b"", "more_body": False}

        scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode()}
        guarded = guard.Guard(app, 4566, self.KEY, lambda _: None)
        asyncio.run(guarded({**scope, "query_string": b"", "headers": headers}, receive, send))
        return scopes[0] if scopes else None, sent[0]["headers"]

    def test_token_is_removed(self) -> None:
        """A function does not see the token."""
        scope, _ = self.call("/_aws/lambda-url/a/", [self.TOKEN, (b"x-a", b"1")])
        assert scope["headers"] == [(b"x-a", b"1")]
        assert self.call("/_aws/lambda-url/a/", [(b"x-a", b"1")])[0] is None

    def test_cors(self) -> None:
        """A function keeps its CORS headers; no other response has any."""
        assert self.CORS in self.call("/_aws/lambda-url/a/", [self.TOKEN])[1]
        assert self.call("/", [self.TOKEN])[1] == [(b"content-type", b"a/b")]

    def test_error(self) -> None:
        """A refused request gets JSON if it does not show that it is one of XML."""
        _, headers = self.call("/", [])
        assert dict(headers)[b"content-type"] == b"application/json"


def test_refusal_is_json(port: int) -> None:
    """The error of a request that is not signed names the reason."""
    body = json.loads(raw_http.send(port).body)
    assert body["__type"] == "AccessDenied"
    assert "it is not signed" in body["message"]
