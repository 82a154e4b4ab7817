"""The servers of the Runtime API answer the functions of this user, and no page."""

from __future__ import annotations

import http.server
import os
import threading
from typing import TYPE_CHECKING

import pytest

from hashzip.emulator import runtime_api
from tests.support import raw_http

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NEXT = "/2018-06-01/runtime/invocation/next"


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Run a server that is guarded."""
    handler = http.server.BaseHTTPRequestHandler
    monkeypatch.setattr(handler, "parse_request", handler.parse_request)  # put back in the end
    runtime_api.guard_servers()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"event")

        do_POST = do_GET  # noqa: N815 - the standard library's name

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_function(port: int) -> None:
    """A function of this user gets its event."""
    assert raw_http.send(port, target=NEXT).body == b"event"


@pytest.mark.parametrize(
    "lines",
    [
        ("Origin: https://evil.example",),
        ("Origin: null",),
        ("Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_page(port: int, method: str, lines: tuple[str, ...]) -> None:
    """A page of another origin gets no event, and cannot answer one."""
    refused = raw_http.send(port, *lines, method=method, target=NEXT)
    assert refused.status == 403
    assert b"event" not in refused.body
    assert raw_http.send(port, method=method, target=NEXT).status == 200


@pytest.mark.parametrize("host", ["rebound.example", "rebound.example:{port}", None])
def test_rebinding(port: int, host: str | None) -> None:
    """A page under a name that leads here gets no event."""
    name = host and host.format(port=port)
    assert raw_http.send(port, host=name, target=NEXT).status == 403


HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
ROW = "   0: 0100007F:{0:04X} 0100007F:{1:04X} 01 00000000:00000000 00:00000000 00000000 {2} 0 1\n"


def test_other_users(tmp_path: Path) -> None:
    """By the kernel's table, a connection of another user is not this user's."""
    table = tmp_path / "tcp"
    own, other = os.getuid(), os.getuid() + 1
    client, server = ("127.0.0.1", 50_000), ("127.0.0.1", 9_000)

    def is_own(*rows: tuple[int, int, int]) -> bool:
        table.write_text(HEAD + "".join(ROW.format(*row) for row in rows), encoding="ascii")
        return runtime_api.is_own(client, server, str(table))

    assert is_own((50_000, 9_000, own), (9_000, 50_000, other))
    assert not is_own((9_000, 50_000, own), (50_000, 9_000, other))
    assert is_own()


def test_without_a_table(tmp_path: Path) -> None:
    """Where the kernel has no such table, nobody is refused."""
    addresses = ("127.0.0.1", 1), ("127.0.0.1", 2)
    assert runtime_api.is_own(*addresses, str(tmp_path / "missing"))
