"""Requests that a page makes a browser send are refused, and those of programs are not."""

from __future__ import annotations

import pytest

from hashzip.emulator import web_pages

PORT = 8000
OWN = "127.0.0.1:8000"


def refusal(
    *headers: tuple[str, str],
    method: str = "GET",
    target: bytes = b"/",
    host: str | None = OWN,
    port: int = PORT,
    any_origin: bool = False,
    subdomains: bool = False,
) -> str | None:
    """Return why a request is refused."""
    pairs = [("Host", host), *headers] if host is not None else headers
    return web_pages.refusal(
        method,
        target,
        [(name.encode(), value.encode("latin-1")) for name, value in pairs],
        port,
        any_origin=any_origin,
        subdomains=subdomains,
    )


class TestHost:
    """The name that the client has for this machine."""

    @pytest.mark.parametrize("host", [OWN, "localhost:8000", "LocalHost:8000", "[::1]:8000"])
    def test_own(self, host: str) -> None:
        """Names and addresses of this machine, with the port, are its own."""
        assert refusal(host=host) is None

    @pytest.mark.parametrize(
        "host",
        [
            "rebound.example:8000",
            "rebound.example",
            "127.0.0.1.example:8000",
            "localhost.example:8000",
            "notlocalhost:8000",
            "localhost",
            "127.0.0.1",
            "localhost:8001",
            "localhost:80000",
            "localhost:8000:8000",
            "localhost.:8000",
            "a.localhost:8000",
            "a@localhost:8000",
            "localhost:8000@rebound.example",
            "localhost:8000, rebound.example",
            "127.0.0.2:8000",
            "127.1:8000",
            "2130706433:8000",
            "0.0.0.0:8000",
            "[::]:8000",
            "[::ffff:127.0.0.1]:8000",
            "::1:8000",
            "\xff:8000",
            "",
            None,
        ],
    )
    @pytest.mark.parametrize("any_origin", [True, False])
    def test_foreign(self, host: str | None, *, any_origin: bool) -> None:
        """Every other name may be one that a page's DNS leads here."""
        assert refusal(host=host, any_origin=any_origin)
        assert refusal(host=OWN, any_origin=any_origin) is None

    def test_several(self) -> None:
        """Of several names, each must be this machine's."""
        assert refusal(("Host", "localhost:8000")) is None
        assert refusal(("host", "rebound.example:8000"))

    def test_default_port(self) -> None:
        """A browser leaves out port 80."""
        assert refusal(host="localhost", port=80) is None
        assert refusal(host="localhost:80", port=80) is None
        assert refusal(host="rebound.example", port=80)

    def test_subdomains(self) -> None:
        """Where they are asked for, names below localhost are this machine's, too."""
        assert refusal(host="bucket.localhost:8000", subdomains=True) is None
        assert refusal(host="a.b-c.localhost:8000", subdomains=True) is None
        assert refusal(host="a/b.localhost:8000", subdomains=True)
        assert refusal(host="localhost.example:8000", subdomains=True)

    @pytest.mark.parametrize(
        "target", [b"http://rebound.example/", b"127.0.0.1:8000", b"*", b"", b"a"]
    )
    def test_target(self, target: bytes) -> None:
        """The target of a request is a path, which cannot name another host."""
        assert refusal(target=target)
        assert refusal(target=b"/" + target) is None

    def test_message(self) -> None:
        """The reason names the header, without the controls in it."""
        reason = refusal(host="\x1b[31m")
        assert reason
        assert "Host" in reason
        assert reason.isprintable()
        assert len(refusal(host="a" * 8_000) or "") < 300


class TestOrigin:
    """The page that sent a request."""

    @pytest.mark.parametrize("origin", ["http://127.0.0.1:8000", "http://localhost:8000"])
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_own(self, origin: str, method: str) -> None:
        """A page of the port itself may send requests to it."""
        assert refusal(("Origin", origin), ("Sec-Fetch-Site", "same-origin"), method=method) is None

    @pytest.mark.parametrize(
        "origin",
        [
            "https://evil.example",
            "http://evil.example:8000",
            "http://localhost:3000",
            "http://localhost",
            "https://localhost:8000",
            "http://localhost:8000.evil.example",
            "http://localhost:8000@evil.example",
            "chrome-extension://a",
            "null",
            "",
        ],
    )
    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "OPTIONS", "HEAD"])
    def test_foreign(self, origin: str, method: str) -> None:
        """A page of another origin may not, unless pages of any origin may."""
        assert refusal(("Origin", origin), method=method)
        assert refusal(("Origin", origin), method=method, any_origin=True) is None

    def test_several(self) -> None:
        """Of several origins, each must be the port's own."""
        own, foreign = ("Origin", "http://localhost:8000"), ("Origin", "https://evil.example")
        assert refusal(own) is None
        assert refusal(own, foreign)

    def test_program(self) -> None:
        """A program sends neither header."""
        assert refusal(("User-Agent", "curl/8"), method="POST") is None


class TestFetchMetadata:
    """What a browser says of requests without an `Origin`."""

    @pytest.mark.parametrize("site", ["cross-site", "same-site", "new-value", ""])
    @pytest.mark.parametrize(
        "mode, dest",
        [
            ("no-cors", "image"),
            ("no-cors", "script"),
            ("no-cors", "style"),
            ("no-cors", "empty"),
            ("cors", "empty"),
            ("websocket", "websocket"),
            ("navigate", "iframe"),
            ("navigate", "frame"),
            ("navigate", "object"),
            ("navigate", "embed"),
        ],
    )
    def test_foreign(self, site: str, mode: str, dest: str) -> None:
        """A picture, script or frame of a page of another origin is refused, its own is not."""
        rest = ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", dest)
        assert refusal(("Sec-Fetch-Site", site), *rest)
        assert refusal(("Sec-Fetch-Site", site), *rest, any_origin=True) is None
        assert refusal(("Sec-Fetch-Site", "same-origin"), *rest) is None

    def test_user(self) -> None:
        """The user may type the address."""
        assert refusal(("Sec-Fetch-Site", "none"), ("Sec-Fetch-Mode", "navigate")) is None

    def test_link(self) -> None:
        """A link on another page may be followed: with GET, to a page of its own, and on demand."""
        link = (
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Mode", "navigate"),
            ("Sec-Fetch-Dest", "document"),
        )
        assert refusal(*link) is None
        assert refusal(*link, method="POST")
        assert refusal(*link, ("Origin", "null"))
        assert refusal(*link, ("Sec-Purpose", "prefetch;prerender"))
        assert refusal(*link, ("Sec-Fetch-Dest", "iframe"))
