"""The port of a function passes requests and responses on unchanged."""

from __future__ import annotations

import socket
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from hashzip.emulator import signature
from hashzip.errors import HashzipError
from hashzip.watch import http_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "its own"
URL = "http://abc123.lambda-url.us-east-1.localhost:4566/"


class Local:
    """Takes the place of the local AWS: it records requests, and sends one response.

    Attributes:
        endpoint: Its URL.
        requests: Method, path, headers and body of each request.
    """

    def __init__(self) -> None:
        self.endpoint = ""
        self.requests: list[tuple[str, str, list[tuple[str, str]], bytes]] = []


@contextmanager
def serving(
    status: int = 200, headers: tuple[tuple[str, str], ...] = (), body: bytes = b""
) -> Iterator[Local]:
    """Run it for as long as the block lasts."""
    local = Local()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            local.requests.append((self.command, self.path, self.headers.items(), sent))
            self.send_response(status)
            for name, value in (*headers, ("Content-Length", str(len(body)))):
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_POST = do_HEAD = do_GET  # noqa: N815 - the standard library's names

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        local.endpoint = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield local
        finally:
            server.shutdown()


def get(url: str, **options: Any) -> tuple[int, Any, bytes]:  # noqa: ANN401 - urllib's own
    """Return status, headers and body of a response."""
    request = urllib.request.Request(url, **options)  # noqa: S310 - it is on loopback
    try:
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
            return response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def test_request() -> None:
    """Method, path, query, headers and body arrive as they were sent, and nothing is added."""
    with serving() as local, http_proxy.running(local.endpoint, KEY, 0) as proxy:
        address = proxy.open(URL, "hello")
        get(f"{address}health/a%20b?c=1&d=%2F", data=b"body", headers={"X-A": "b"})
        port = urlsplit(address).port
        with socket.create_connection(("127.0.0.1", port or 0)) as connection:
            connection.sendall(
                f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-B: 1\r\nX-B: 2\r\n\r\n".encode()
            )
            connection.recv(1)

    (method, path, headers, body), bare = local.requests
    assert (method, body) == ("POST", b"body")
    assert path == "/_aws/lambda-url/abc123/health/a%20b?c=1&d=%2F"
    assert ("x-a", "b") in [(name.lower(), value) for name, value in headers]
    names = sorted(name.lower() for name, _ in bare[2])
    assert names == ["host", "x-b", "x-b", "x-hashzip-token"]


def test_token() -> None:
    """Each request has the token of the local AWS, in place of what a client sends as one."""
    with serving() as local, http_proxy.running(local.endpoint, KEY, 0) as proxy:
        get(proxy.open(URL, "hello"), headers={"X-Hashzip-Token": "of the client"})

    (request,) = local.requests
    tokens = [value for name, value in request[2] if name.lower() == signature.TOKEN_HEADER]
    assert tokens == [signature.token(KEY)]


def test_pages() -> None:
    """A page of another origin reaches a function only where pages of any origin may."""
    foreign = {"headers": {"Origin": "http://127.0.0.1:1"}}
    with serving() as local:
        for cors, status in ((False, 403), (True, 200)):
            with http_proxy.running(local.endpoint, KEY, 0, cors=cors) as proxy:
                address = proxy.open(URL, "hello")
                assert get(address, **foreign)[0] == status
                assert get(address, headers={"Origin": address.rstrip("/")})[0] == 200
    assert len(local.requests) == 3


def test_response() -> None:
    """Status, body, and headers come back, also those that are there twice."""
    headers = (("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Content-Type", "image/x"))
    with (
        serving(418, headers, b"\0\1") as local,
        http_proxy.running(local.endpoint, KEY, 0) as proxy,
    ):
        status, answered, body = get(proxy.open(URL, "hello"))

    assert (status, body, answered["content-type"]) == (418, b"\0\1", "image/x")
    assert answered.get_all("set-cookie") == ["a=1", "b=2"]
    assert answered.get_all("content-length") == ["2"]


def test_head() -> None:
    """The response to HEAD has no body."""
    with serving(body=b"body") as local, http_proxy.running(local.endpoint, KEY, 0) as proxy:
        status, _, body = get(proxy.open(URL, "hello"), method="HEAD")

    assert (status, body) == (200, b"")
    assert local.requests[0][0] == "HEAD"


def test_local_aws_is_gone() -> None:
    """Without a local AWS, the response is 502, with the reason."""
    with serving() as local:
        pass
    with http_proxy.running(local.endpoint, KEY, 0) as proxy:
        status, _, body = get(proxy.open(URL, "hello"))

    assert status == 502
    assert body.startswith(b"the local AWS: ")


def test_ports_are_closed() -> None:
    """At the end of the block, nobody listens any more."""
    with serving() as local:
        with http_proxy.running(local.endpoint, KEY, 0) as proxy:
            address = proxy.open(URL, "hello")
            assert get(address)[0] == 200
        with pytest.raises(urllib.error.URLError):
            get(address)


class TestPorts:
    """Which port a function gets."""

    @pytest.fixture
    def used(self) -> Iterator[int]:
        """Return a port that another program uses."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            yield listener.getsockname()[1]

    def test_any(self) -> None:
        """With 0, each function gets any free port."""
        with http_proxy.running("http://127.0.0.1:1", KEY, 0) as proxy:
            assert proxy.open(URL, "hello") != proxy.open(URL, "hello")

    def test_used(self, used: int) -> None:
        """A port that was asked for and is used is an error, with what to do."""
        with (
            http_proxy.running("http://127.0.0.1:1", KEY, used) as proxy,
            pytest.raises(HashzipError, match=f"cannot listen on 127.0.0.1:{used}") as caught,
        ):
            proxy.open(URL, "hello")

        assert "--port" in caught.value.hint

    def test_last(self) -> None:
        """Behind the last port that there is comes none."""
        with (
            http_proxy.running("http://127.0.0.1:1", KEY, 65_536) as proxy,
            pytest.raises(HashzipError, match="there is no port 65536 for a function"),
        ):
            proxy.open(URL, "hello")

    def test_default(self, used: int) -> None:
        """Of the default ports, used ones are skipped; if all are used, that is an error."""
        ports = range(used, used + 100)
        with http_proxy.running("http://127.0.0.1:1", KEY, default_ports=ports) as proxy:
            port = urlsplit(proxy.open(URL, "hello")).port or 0
            assert used < port < used + 100

        with (
            http_proxy.running("http://127.0.0.1:1", KEY, default_ports=ports[:1]) as proxy,
            pytest.raises(HashzipError, match=f"cannot listen on 127.0.0.1:{used}"),
        ):
            proxy.open(URL, "hello")
