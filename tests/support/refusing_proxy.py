"""An HTTP proxy in front of the local AWS that refuses chosen operations and forwards the rest.

It answers for AWS where a test needs AWS to say no: a role that may not update a function, a
service that is overloaded. A request belongs to an operation as botocore's service models define
it, so a test names `UpdateFunctionCode` and no paths.
"""

import http.client
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

import botocore.session

from hashzip.emulator import signature
from hashzip.emulator.server import LocalAws

# https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/[^/]+/(?P<service>[^/]+)/aws4_request")
_PARAMETER = re.compile(r"\\\{\w+\\\}")  # as `re.escape` leaves it
# They describe one connection: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})
_TIMEOUT = 120.0  # seconds: an invocation lasts as long as its function


@dataclass(frozen=True)
class Refusal:
    """The error that a refused operation gets.

    Attributes:
        status: The HTTP status.
        code: AWS's name of the error.
        message: What AWS would write for people.
    """

    status: int = 403
    code: str = "AccessDeniedException"
    message: str = "User: test is not authorized to perform this action"


@dataclass
class RefusingProxy:
    """A running proxy.

    Attributes:
        aws: The local AWS as its clients must see it: endpoint and environment lead to the proxy.
        operations: `service.Operation` of each request so far, such as `lambda.GetFunction`, in
            order; refused ones included.
    """

    aws: LocalAws
    operations: list[str] = field(default_factory=list)
    _refusals: dict[str, Refusal] = field(default_factory=dict)

    def refuse(
        self, operation: str, refusal: Refusal | None = None, *, service: str = "lambda"
    ) -> None:
        """Refuse an operation from now on.

        Args:
            operation: Its name in AWS's API, such as `UpdateFunctionCode`.
            refusal: The error; by default, that the user may not.
            service: The service's name in botocore.

        Raises:
            ValueError: The service has no such operation.
        """
        if operation not in _model(service).operation_names:
            raise ValueError(f"{service} has no operation {operation}")
        self._refusals[f"{service}.{operation}"] = refusal or Refusal()

    def allow(self, operation: str, *, service: str = "lambda") -> None:
        """Forward an operation again that was refused.

        Raises:
            KeyError: It was not refused.
        """
        del self._refusals[f"{service}.{operation}"]

    @contextmanager
    def refusing(
        self, operation: str, refusal: Refusal | None = None, *, service: str = "lambda"
    ) -> Iterator[None]:
        """Refuse an operation for as long as the block lasts; the arguments are `refuse`'s."""
        self.refuse(operation, refusal, service=service)
        try:
            yield
        finally:
            self.allow(operation, service=service)

    def record(self, operation: str) -> Refusal | None:
        """Record a request, and return the error that it gets, if any; the server calls this."""
        self.operations.append(operation)
        return self._refusals.get(operation)


@contextmanager
def before(aws: LocalAws) -> Iterator[RefusingProxy]:
    """Run a proxy on loopback in front of a local AWS for as long as the block lasts.

    Args:
        aws: Where requests go that are not refused.

    Yields:
        The proxy, which refuses nothing yet.
    """
    with _Server(aws) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.proxy
        finally:
            server.shutdown()


class _Server(ThreadingHTTPServer):
    daemon_threads = True  # a connection that a client keeps open must not keep a test from ending
    request_queue_size = 100  # Terraform opens many at once

    def __init__(self, aws: LocalAws) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        endpoint = f"http://127.0.0.1:{self.server_port}"
        environment = {
            name: endpoint if value == aws.endpoint else value
            for name, value in aws.environment.items()
        }
        self.upstream = urlsplit(aws.endpoint)
        # What is signed names the proxy as its host.
        self.token = {signature.TOKEN_HEADER: signature.token(aws.secret)}
        self.proxy = RefusingProxy(replace(aws, endpoint=endpoint, environment=environment))


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        service, operation = _operation(self.command, self.path, self.headers, body)
        refusal = self.server.proxy.record(f"{service}.{operation}")
        if refusal:
            headers, content = _error(_model(service).protocol, refusal)
            self._answer(refusal.status, headers, content)
        else:
            self._forward(body)

    do_DELETE = do_GET = do_HEAD = do_POST = do_PUT = _handle  # noqa: N815 - the library's names

    def _forward(self, body: bytes) -> None:
        upstream = self.server.upstream
        assert upstream.hostname
        connection = http.client.HTTPConnection(upstream.hostname, upstream.port, timeout=_TIMEOUT)
        try:
            headers = _end_to_end(self.headers.items()) | self.server.token
            headers["Content-Length"] = str(len(body))
            connection.request(self.command, self.path, body, headers)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        self._answer(response.status, _end_to_end(response.getheaders()), content)

    def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Write nothing to standard error."""


def _end_to_end(headers: Any) -> dict[str, str]:  # noqa: ANN401 - pairs of text, in any iterable
    return {name: value for name, value in headers if name.lower() not in _HOP_BY_HOP}


def _operation(method: str, target: str, headers: Any, body: bytes) -> tuple[str, str]:  # noqa: ANN401 - a mapping that knows no case
    """Return service and operation of a request; of an unsigned one, its method and path."""
    scope = _SCOPE.search(headers.get("Authorization", ""))
    if scope is None:
        return method, target
    service = scope["service"]
    if "X-Amz-Target" in headers:
        return service, headers["X-Amz-Target"].rpartition(".")[2]
    if "x-www-form-urlencoded" in headers.get("Content-Type", ""):
        return service, parse_qs(body.decode())["Action"][0]
    path = urlsplit(target).path.rstrip("/")
    for operation, its_method, pattern in _paths(service):
        if its_method == method and pattern.fullmatch(path):
            return service, operation
    return service, f"{method} {path}"


@cache
def _model(service: str) -> Any:  # noqa: ANN401 - botocore has no types
    return botocore.session.get_session().get_service_model(service)


@cache
def _paths(service: str) -> list[tuple[str, str, re.Pattern[str]]]:
    """Return name, method and path of each operation of a service that speaks REST."""
    model = _model(service)
    bindings = [(name, model.operation_model(name).http) for name in model.operation_names]
    return [
        (
            name,
            binding["method"],
            re.compile(_PARAMETER.sub("[^/]+", re.escape(binding["requestUri"].rstrip("/")))),
        )
        for name, binding in bindings
    ]


def _error(protocol: str, refusal: Refusal) -> tuple[dict[str, str], bytes]:
    """Return an error's headers and body as a protocol of AWS writes them.

    https://smithy.io/2.0/aws/protocols/index.html
    """
    if protocol == "query":
        text = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{escape(refusal.code)}</Code>"
            f"<Message>{escape(refusal.message)}</Message></Error></ErrorResponse>"
        )
        return {"Content-Type": "text/xml"}, text.encode()
    document = {"__type": refusal.code, "Message": refusal.message, "message": refusal.message}
    return {
        "Content-Type": "application/json",
        "x-amzn-ErrorType": refusal.code,
    }, json.dumps(document).encode()
