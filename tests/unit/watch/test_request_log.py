"""The lines of requests."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import pytest

from hashzip.watch import request_log

if TYPE_CHECKING:
    from hypercorn.typing import HTTPScope


def serve(*messages: Mapping[str, object], path: bytes = b"/abc", query: bytes = b"") -> list[str]:
    """Answer a request with messages, and return the lines that are reported."""
    lines: list[str] = []
    sent: list[object] = []

    async def app(_scope: object, _receive: object, send: Any) -> None:  # noqa: ANN401 - ASGI's
        for message in messages:
            await send(message)

    async def send(message: object) -> None:
        sent.append(message)

    async def run() -> None:
        scope = cast("HTTPScope", {"method": "GET", "raw_path": path, "query_string": query})
        await request_log.logged(app, "hello", lines.append)(scope, cast("Any", None), send)

    asyncio.run(run())
    assert sent == list(messages)
    return lines


START = {"type": "http.response.start", "status": 200}
BODY = {"type": "http.response.body", "body": b"{}"}


def test_line() -> None:
    """A request has a line once it is answered: method, path, status, time and function."""
    (line,) = serve(START, BODY, query=b"a=1")

    start, status, time, name = line.split("  ")
    assert (start, status, name) == ("GET /abc?a=1", "200", "hello")
    assert time.endswith(" ms")


def test_refused() -> None:
    """A request that did not reach the function has the reason, in a form that is safe."""
    line = request_log.refused("GET", "/a", 403, "a page of \x1b sent it", "hello")

    assert line == r"GET /a  403  refused: a page of \x1b sent it  hello"


def test_client_has_gone() -> None:
    """A request that nobody answered has none."""
    assert serve() == []


def test_safe() -> None:
    """A path cannot steer the terminal, and a long one is cut."""
    (line,) = serve(START, path=b"/\x1b[2J\n::error::" + b"x" * 500)

    assert line.isprintable()
    assert len(line) < 200
    assert "…" in line


@pytest.mark.parametrize(
    "status, style", [(204, "1;32"), (302, "1;36"), (404, "1;33"), (502, "1;31")]
)
def test_colours(monkeypatch: pytest.MonkeyPatch, status: int, style: str) -> None:
    """The status has the colour of its kind."""
    assert request_log.line("GET", "/", status, 0.0121, "f") == f"GET /  {status}  12 ms  f"

    monkeypatch.setenv("FORCE_COLOR", "1")

    line = request_log.line("GET", "/", status, 0.0121, "f")
    assert line == f"GET /  \x1b[{style}m{status}\x1b[0m  12 ms  f"
