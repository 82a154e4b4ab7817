"""Say on the terminal which requests came: `GET /abc  200  12 ms  hello`."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from hashzip import terminal
from hashzip.printable import printable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hypercorn.typing import (
        ASGIReceiveCallable,
        ASGISendCallable,
        ASGISendEvent,
        HTTPScope,
    )

    App = Callable[[HTTPScope, ASGIReceiveCallable, ASGISendCallable], Awaitable[None]]

_MAX_PATH = 100  # characters
_STYLES = {2: terminal.GOOD, 3: terminal.HINT, 4: terminal.WARNING, 5: terminal.ERROR}


def logged(app: App, name: str, report: Callable[[str], None]) -> App:
    """Return an ASGI application that reports each request once it is answered.

    Args:
        app: Answers HTTP requests: https://asgi.readthedocs.io/.
        name: The name of the function that it calls.
        report: Called with a line for each request.
    """

    async def serve(scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        start = time.perf_counter()
        status = 0

        async def observe(message: ASGISendEvent) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        await app(scope, receive, observe)
        if status:  # otherwise the client has gone
            target = scope["raw_path"].decode("latin-1")
            if scope["query_string"]:
                target += "?" + scope["query_string"].decode("latin-1")
            report(line(scope["method"], target, status, time.perf_counter() - start, name))

    return serve


def line(method: str, target: str, status: int, seconds: float, name: str) -> str:
    """Return the line of a request.

    Args:
        method: Its method.
        target: Its path and query, as they came.
        status: The status of its response.
        seconds: How long the response took.
        name: The name of the function.
    """
    return f"{_start(method, target, status)}  {seconds * 1000:.0f} ms  {name}"


def refused(method: str, target: str, status: int, reason: str, name: str) -> str:
    """Return the line of a request that did not reach the function.

    Args:
        method: As for `line`.
        target: As for `line`.
        status: As for `line`.
        reason: Why it was refused.
        name: As for `line`.
    """
    return f"{_start(method, target, status)}  refused: {printable(reason)}  {name}"


def _start(method: str, target: str, status: int) -> str:
    if len(target) > _MAX_PATH:
        target = target[:_MAX_PATH] + "…"
    style = _STYLES.get(status // 100, terminal.BOLD)
    painted = terminal.paint(str(status), style, sys.stdout)
    return f"{printable(f'{method} {target}')}  {painted}"
