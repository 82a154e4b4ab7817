"""Send requests as they are written, with the headers that a browser sends."""

from __future__ import annotations

import http.client
import socket
from contextlib import closing
from typing import NamedTuple

import h2.config
import h2.connection
import h2.events

_TIMEOUT = 30  # seconds


class Response(NamedTuple):
    """A response.

    Attributes:
        status: Its status.
        headers: Its headers, with names in lower case.
        body: Its body.
    """

    status: int
    headers: dict[str, str]
    body: bytes


def send(
    port: int,
    *lines: str,
    method: str = "GET",
    target: str = "/",
    host: str | None = "",
    version: str = "HTTP/1.1",
    body: bytes = b"",
) -> Response:
    """Send a request to a port of this machine.

    Args:
        port: The port.
        lines: Lines of the header, such as `Origin: null`.
        method: The method.
        target: The target.
        host: The value of the header `Host`; "" for this machine with the port, None for none.
        version: The version.
        body: The body.
    """
    head = [f"{method} {target} {version}"]
    if host is not None:
        head.append(f"Host: {host or f'127.0.0.1:{port}'}")
    if body or method in {"POST", "PUT"}:
        head.append(f"Content-Length: {len(body)}")
    if not any(line.startswith("Connection:") for line in lines):
        head.append("Connection: close")
    text = "".join(f"{line}\r\n" for line in [*head, *lines, ""])
    with socket.create_connection(("127.0.0.1", port), _TIMEOUT) as connection:
        connection.sendall(text.encode("latin-1") + body)
        response = http.client.HTTPResponse(connection, method=method)
        response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        # A WebSocket that is accepted has no end.
        is_open = response.status == http.HTTPStatus.SWITCHING_PROTOCOLS
        return Response(response.status, headers, b"" if is_open else response.read())


def upgrade(port: int, *lines: str, target: str = "/", host: str = "") -> Response:
    """Ask for a WebSocket, as a page does."""
    return send(
        port,
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        *lines,
        target=target,
        host=host,
    )


def send_http2(port: int, authority: str, *headers: tuple[str, str]) -> int:
    """Send a GET request of HTTP/2, and return the status of the response."""
    settings = h2.config.H2Configuration(
        client_side=True, validate_outbound_headers=False, normalize_outbound_headers=False
    )
    client = h2.connection.H2Connection(settings)
    client.initiate_connection()
    pseudo = [(":method", "GET"), (":path", "/"), (":scheme", "http"), (":authority", authority)]
    client.send_headers(1, [*pseudo, *headers], end_stream=True)
    with closing(socket.create_connection(("127.0.0.1", port), _TIMEOUT)) as connection:
        connection.sendall(client.data_to_send())
        while data := connection.recv(65_536):
            for event in client.receive_data(data):
                if isinstance(event, h2.events.ResponseReceived):
                    return int(dict(event.headers or [])[b":status"])
    raise ConnectionError("the server closed the connection")
