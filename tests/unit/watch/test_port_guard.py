"""The port of a function answers programs, the user and its own pages, and no others.

The requests are those that browsers send, byte for byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from hashzip.watch import http_proxy
from tests.support import raw_http, watch_process

if TYPE_CHECKING:
    from collections.abc import Iterator

REFUSED = 403
REACHED = 502  # it was forwarded to a local AWS that does not run

IMAGE = ("Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image")
FRAME = ("Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe")
LINK = ("Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Fetch-User: ?1")
SIMPLE = ("Content-Type: text/plain", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: empty")
FORM = ("Content-Type: application/x-www-form-urlencoded", *LINK)
PREFLIGHT = ("Access-Control-Request-Method: POST", "Access-Control-Request-Private-Network: true")
CROSS, SAME = "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-origin"
FOREIGN = "Origin: https://evil.example"
ANOTHER_PORT = ("Origin: http://localhost:1", "Sec-Fetch-Site: same-site")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Return the port of a function."""
    with http_proxy.running("http://127.0.0.1:1", "key", 0) as proxy:
        yield urlsplit(proxy.open("http://a.example/", "hello")).port or 0


@pytest.fixture(scope="module")
def cors_port() -> Iterator[int]:
    """Return the port of a function that pages of any origin may call."""
    with http_proxy.running("http://127.0.0.1:1", "key", 0, cors=True) as proxy:
        yield urlsplit(proxy.open("http://a.example/", "hello")).port or 0


@pytest.mark.parametrize(
    "method, lines",
    [
        ("GET", (CROSS, *IMAGE)),
        ("GET", (CROSS, *FRAME)),
        ("GET", (FOREIGN, CROSS, "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty")),
        ("GET", (FOREIGN,)),  # a browser without Sec-Fetch
        ("POST", (FOREIGN, CROSS, *SIMPLE)),
        ("POST", (FOREIGN, CROSS, *FORM)),
        ("POST", ("Origin: null", CROSS, *FORM)),
        ("POST", (*ANOTHER_PORT, *SIMPLE)),
        ("OPTIONS", (FOREIGN, CROSS, *PREFLIGHT)),
        ("DELETE", (FOREIGN, CROSS)),
    ],
)
def test_page(port: int, cors_port: int, method: str, lines: tuple[str, ...]) -> None:
    """A page of another origin is refused; one of the port is not; with `cors`, none is."""
    response = raw_http.send(port, *lines, method=method)

    assert response.status == REFUSED
    assert b"--cors" in response.body
    assert not [name for name in response.headers if name.startswith("access-control")]
    own = {FOREIGN: f"Origin: http://127.0.0.1:{port}", CROSS: SAME}
    own |= dict(zip(ANOTHER_PORT, own.values(), strict=True)) | {"Origin: null": own[FOREIGN]}
    same = [own.get(line, line) for line in lines]
    assert raw_http.send(port, *same, method=method).status == REACHED
    assert raw_http.send(cors_port, *lines, method=method).status == REACHED


@pytest.mark.parametrize(
    "lines", [(), ("User-Agent: curl/8",), ("Sec-Fetch-Site: none", *LINK), (CROSS, *LINK)]
)
def test_not_a_page(port: int, lines: tuple[str, ...]) -> None:
    """A program, an address that the user types, and a link that the user follows are answered."""
    assert raw_http.send(port, *lines).status == REACHED


@pytest.mark.parametrize(
    "host", ["rebound.example", "rebound.example:{port}", "127.0.0.1:{port}.example", "localhost"]
)
def test_rebinding(port: int, cors_port: int, host: str) -> None:
    """A page under a name that leads here is of the same origin as the port, and is refused."""
    for number in (port, cors_port):
        name = host.format(port=number)
        lines = (f"Origin: http://{name}", SAME)
        for method in ("GET", "POST"):
            response = raw_http.send(number, *lines, method=method, host=name)
            assert response.status == REFUSED
            assert b"--cors" not in response.body  # it would not help
        for own in ("127.0.0.1", "localhost", "LOCALHOST", "[::1]"):
            assert raw_http.send(number, host=f"{own}:{number}").status == REACHED


def test_odd_requests(port: int) -> None:
    """A host that is missing, given twice, or part of the target is no way around it."""
    own, foreign = f"127.0.0.1:{port}", "rebound.example"
    assert raw_http.send(port, version="HTTP/1.0").status == REACHED
    assert raw_http.send(port, host=None, version="HTTP/1.0").status == REFUSED
    assert raw_http.send(port, target=f"http://{foreign}/").status == REFUSED
    assert raw_http.send(port, host=foreign, target=f"http://{own}/").status == REFUSED
    for hosts in ((own, foreign), (foreign, own)):
        assert raw_http.send(port, f"Host: {hosts[1]}", host=hosts[0]).status in {400, REFUSED}
    assert raw_http.send(port, method="CONNECT", target=own).status in {400, REFUSED}


def test_websocket(port: int, cors_port: int) -> None:
    """A function has no WebSockets, which browsers let pages of any origin open."""
    for number in (port, cors_port):
        assert raw_http.upgrade(number, FOREIGN).status == REFUSED
        assert raw_http.upgrade(number).status == REFUSED
        assert raw_http.send(number).status == REACHED


def test_http2(port: int) -> None:
    """HTTP/2 has the same rules: a browser does not speak it without TLS, but programs may."""
    own = f"localhost:{port}"
    assert raw_http.send_http2(port, own) == REACHED
    assert raw_http.send_http2(port, own, ("origin", "https://evil.example")) == REFUSED
    assert raw_http.send_http2(port, own, ("sec-fetch-site", "cross-site")) == REFUSED
    assert raw_http.send_http2(port, "rebound.example") == REFUSED
    with pytest.raises(ConnectionError):  # hypercorn itself refuses two hosts
        raw_http.send_http2(port, "rebound.example", ("host", own))


def test_report() -> None:
    """The user learns why a request was refused: once for each reason, and not without end."""
    texts: list[str] = []
    with http_proxy.running("http://127.0.0.1:1", "key", 0, report=texts.append) as proxy:
        port = urlsplit(proxy.open("http://a.example/", "hello")).port or 0
        raw_http.send(port)
        watch_process.until(lambda: texts)  # the line comes after the response
        (served,) = texts
        assert served.startswith("GET /  502  ")
        texts.clear()
        for _ in range(2):
            raw_http.send(port, "Origin: http://localhost:3000")
        (text,) = texts
        assert text.startswith("GET /  403  refused: ")
        assert "'http://localhost:3000'" in text
        assert "--cors" in text
        raw_http.send(port, host="rebound.example")
        assert "--cors" not in texts[-1]
        for number in range(20):
            raw_http.send(port, f"Origin: http://\x1b{number}.example")
    assert 3 <= len(texts) <= 10
    assert all(line.isprintable() for text in texts for line in text.split("\n"))
