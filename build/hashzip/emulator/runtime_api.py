"""Guard MiniStack's servers of the Lambda Runtime API.

Each worker of a function with a `bootstrap` has one, on a port of its own. It gives events to
any program that asks, and takes any response.
The clients of functions cannot be given a secret: the variable that names the server,
`AWS_LAMBDA_RUNTIME_API`, is a host and a port. So web pages are refused by how a browser names
itself, and other users of this machine by what the kernel says of their connection.
"""

from __future__ import annotations

import http.server
import os
import socket
import sys
from typing import TYPE_CHECKING, Any

from hashzip.emulator import web_pages

if TYPE_CHECKING:
    from collections.abc import Callable

    Address = tuple[str, int]

# https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html
_CONNECTIONS = "/proc/net/tcp"
_USER = 4  # a column, of those after the two addresses


def guard_servers() -> None:
    """Guard every server of this process that `http.server` makes, from now on."""
    handler: Any = http.server.BaseHTTPRequestHandler
    handler.parse_request = guarded(handler.parse_request)


def guarded(parse_request: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Return a `parse_request` of `BaseHTTPRequestHandler` that refuses pages and other users."""

    def parse_guarded_request(handler: http.server.BaseHTTPRequestHandler) -> bool:
        if not parse_request(handler):
            return False
        server: Any = handler.server
        headers = [
            (name.encode("latin-1", "replace"), value.encode("latin-1", "replace"))
            for name, value in handler.headers.items()
        ]
        target = handler.path.partition("?")[0].encode()
        reason = web_pages.refusal(handler.command, target, headers, server.server_address[1])
        if reason is None and not is_own(handler.client_address, server.server_address):
            reason = "another user of this machine sent it"
        if reason is None:
            return True
        handler.send_error(403, "Forbidden", f"the Runtime API refuses this request: {reason}")
        return False

    return parse_guarded_request


def is_own(client: Address, server: Address, connections: str = _CONNECTIONS) -> bool:
    """Return whether a connection of IPv4 is of this user, as far as the kernel says so.

    Args:
        client: Address and port that it comes from.
        server: Address and port that it leads to.
        connections: The kernel's table; a system without one has no file of this name.
    """
    try:
        with open(connections, "rb") as file:
            table = file.read()
    except OSError:
        return True
    _, row, rest = table.partition(f" {_hexadecimal(client)} {_hexadecimal(server)} ".encode())
    return not row or int(rest.split()[_USER]) == os.getuid()


def _hexadecimal(address: Address) -> str:
    """Write an address as the table does: the number that its bytes are in memory."""
    number = int.from_bytes(socket.inet_aton(address[0]), sys.byteorder)
    return f"{number:08X}:{address[1]:04X}"
