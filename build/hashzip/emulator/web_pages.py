"""Refuse requests that a web page makes a browser send to a port of this machine.

A page of any site can make the browser send requests to this machine, and can do so under a name
of its own, which its DNS lets lead to 127.0.0.1 (DNS rebinding). What such a page cannot choose is
how the browser names itself: the headers `Host`, `Origin` and `Sec-Fetch-*`.
https://www.w3.org/TR/fetch-metadata/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAMES = ("127.0.0.1", "localhost", "[::1]")
_HTTP_PORT = 80  # which a browser leaves out
_MAX_TEXT = 200  # characters of a header that a reason shows
_OWN = {"same-origin", "none"}  # a page of this port; nothing but the user


def refusal(
    method: str,
    target: bytes,
    headers: Iterable[tuple[bytes, bytes]],
    port: int,
    *,
    any_origin: bool = False,
    subdomains: bool = False,
) -> str | None:
    """Return why a request is refused; None if a program, the user or a page of this port sent it.

    Args:
        method: Its method.
        target: Its target, up to the query.
        headers: Name, in any case, and value of each header.
        port: The port that it came to.
        any_origin: Whether pages of any origin may send requests.
        subdomains: Whether names below `localhost` are names of this machine, too.
    """
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    if not target.startswith(b"/"):
        return "the target of the request is not a path"
    hosts = values.get("host", [])
    if not hosts or not all(_is_local(host, port, subdomains=subdomains) for host in hosts):
        given = ascii(", ".join(hosts)[:_MAX_TEXT]) if any(hosts) else "missing"
        return f"the header Host is {given}, not 127.0.0.1:{port} or localhost:{port}"
    if any_origin:
        return None
    for origin in values.get("origin", []):
        scheme, _, host = origin.partition("://")
        if scheme != "http" or not _is_local(host, port, subdomains=subdomains):
            return f"a page of another origin sent it: {origin[:_MAX_TEXT]!a}"
    if set(values.get("sec-fetch-site", ())) <= _OWN or _is_visit(method, values):
        return None
    return "a page of another origin sent it"


def _is_local(host: str, port: int, *, subdomains: bool) -> bool:
    """Return whether a host, with its port, names this port of this machine.

    Names below `localhost` lead to this machine only: https://www.rfc-editor.org/rfc/rfc6761#section-6.3
    """
    host = host.lower()
    name = host.removesuffix(f":{port}")
    if name == host and port != _HTTP_PORT:
        return False
    return name in _NAMES or (
        subdomains and re.fullmatch(r"(?:[a-z0-9_-]+\.)+localhost", name) is not None
    )


def _is_visit(method: str, values: dict[str, list[str]]) -> bool:
    """Return whether the user follows a link on a page of another origin.

    As on any site, that is allowed: the page that the link is on sees nothing of the response. It
    is not allowed inside a frame, or ahead of the visit.
    """
    return (
        method in {"GET", "HEAD"}
        and "origin" not in values
        and values.get("sec-fetch-mode") == ["navigate"]
        and values.get("sec-fetch-dest") == ["document"]
        and not {"purpose", "sec-purpose"} & values.keys()
    )
