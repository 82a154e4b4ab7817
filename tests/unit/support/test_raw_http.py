"""Requests arrive as they are written."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from hashzip.watch import http_proxy
from tests.support import raw_http

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def port() -> Iterator[int]:
    """Run a server that answers with what it gets."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(f"{self.requestline}\n{self.headers}".encode() + body)

        do_GET = do_POST  # noqa: N815 - the standard library's name

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_send(port: int) -> None:
    """Method, target, version, headers and body are those that are given, and no other."""
    response = raw_http.send(
        port, "Origin: null", method="POST", target="*", host="a", version="HTTP/1.0", body=b"body"
    )

    assert response.status == 200
    assert response.body.decode().split() == [
        *("POST", "*", "HTTP/1.0", "Host:", "a", "Content-Length:", "4"),
        *("Connection:", "close", "Origin:", "null", "body"),
    ]


@pytest.mark.parametrize("host, has_host", [("", True), (None, False)])
def test_host(port: int, host: str | None, *, has_host: bool) -> None:
    """The header `Host` names the port, or is missing."""
    body = raw_http.send(port, host=host).body
    assert (f"Host: 127.0.0.1:{port}\n".encode() in body) is has_host
    assert (b"Host" in body) is has_host


def test_upgrade(port: int) -> None:
    """A WebSocket is asked for with the headers of a browser."""
    assert b"Upgrade: websocket" in raw_http.upgrade(port, "Origin: null").body


def test_http2() -> None:
    """The authority of a request of HTTP/2 is the given one."""
    with http_proxy.running("http://127.0.0.1:1", "key", 0) as proxy:
        address = proxy.open("http://a.example/", "hello").removeprefix("http://").rstrip("/")
        port = int(address.partition(":")[2])
        assert raw_http.send_http2(port, address) == 502
        assert raw_http.send_http2(port, "rebound.example") == 403
