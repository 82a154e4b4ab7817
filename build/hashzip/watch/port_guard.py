"""Refuse requests of web pages to the port of a function.

Any page could call a function otherwise, and could read its responses under a name that leads to
this machine. So a request must name this machine, and, unless pages of any origin may call the
functions, must not come from a page of another origin. curl and other programs send no such
headers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hashzip.emulator import web_pages
from hashzip.watch import request_log

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from hypercorn.typing import (
        ASGIFramework,
        ASGIReceiveCallable,
        ASGISendCallable,
        HTTPScope,
        Scope,
    )

TEXT = [(b"content-type", b"text/plain; charset=utf-8")]

_HINT = "hashzip watch --cors lets pages of any origin call the functions"
_MAX_REPORTS = 5
_FORBIDDEN = 403
_POLICY_VIOLATION = 1008  # https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1


def guarded(
    app: Callable[[HTTPScope, ASGIReceiveCallable, ASGISendCallable], Awaitable[None]],
    port: int,
    name: str,
    report: Callable[[str], None],
    *,
    cors: bool,
) -> ASGIFramework:
    """Return an ASGI application that answers only what it may: https://asgi.readthedocs.io/.

    Args:
        app: Answers HTTP requests.
        port: The port that they come to.
        name: The name of the function.
        report: Called with a text for the user when a request is refused: once for each reason, and
            a few times at most, because a page may send as many as it likes.
        cors: Whether pages of any origin may send them.
    """
    reported: set[str] = set()

    async def serve(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["type"] == "websocket":  # function URLs have none
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": ""})
        elif scope["type"] == "http":
            method, path, headers = scope["method"], scope["raw_path"], scope["headers"]
            reason = web_pages.refusal(method, path, headers, port, any_origin=cors)
            if reason is None:
                await app(scope, receive, send)
                return
            hint = ""
            if web_pages.refusal(method, path, headers, port, any_origin=True) is None:
                hint = f"\n{_HINT}"
            if reason not in reported and len(reported) < _MAX_REPORTS:
                reported.add(reason)
                target = path.decode("latin-1")
                report(request_log.refused(method, target, _FORBIDDEN, reason, name) + hint)
            text = f"hashzip watch refuses this request: {reason}{hint}\n"
            await answer(send, _FORBIDDEN, TEXT, text.encode())

    return serve


async def answer(
    send: ASGISendCallable, status: int, headers: Iterable[tuple[bytes, bytes]], content: bytes
) -> None:
    """Send a response."""
    await send(
        {"type": "http.response.start", "status": status, "headers": headers, "trailers": False}
    )
    await send({"type": "http.response.body", "body": content, "more_body": False})
