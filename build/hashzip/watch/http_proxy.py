"""A port of this machine for each function, for browsers and curl, as its function URL would be.

MiniStack makes the event and reads the answer by the rules of function URLs, at an address that
nobody can remember. This hands requests over to it, and answers back, as they are.
https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import urllib3
from hypercorn.asyncio import serve
from hypercorn.config import Config
from urllib3.util import SKIP_HEADER

from hashzip.emulator.server import HOST
from hashzip.errors import HashzipError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# What concerns one connection only: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
_OF_A_CONNECTION = {
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "server",
    "transfer-encoding",
    "upgrade",
}
_MOST = 64  # requests at a time that keep their connection


class Fronts:
    """The ports, one a function.

    Args:
        endpoint: Of the local AWS.
        loop: That serves them.
    """

    def __init__(self, endpoint: str, loop: asyncio.AbstractEventLoop) -> None:
        parts = urlsplit(endpoint)
        self._pool = urllib3.HTTPConnectionPool(str(parts.hostname), parts.port, maxsize=_MOST)
        self._loop = loop
        self._ended = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def open(self, port: int, url: str) -> str:
        """Open a port.

        Args:
            port: Its number; 0 for any that is free.
            url: The function URL that the local AWS has given out.

        Returns:
            The address.

        Raises:
            HashzipError: Somebody else has the port.
        """
        try:
            listener = socket.create_server((HOST, port))
        except OSError as error:
            raise HashzipError(
                f"cannot listen on {HOST}:{port}: {error.strerror}",
                "end what has that port, or name another with --port; --port 0 takes any",
            ) from error
        identifier = str(urlsplit(url).hostname).partition(".")[0]
        # By path, not by host: MiniStack keeps some paths, such as /health, for itself.
        app = partial(_application, self._pool, f"/_aws/lambda-url/{identifier}")
        address = f"http://{HOST}:{listener.getsockname()[1]}/"
        self._loop.call_soon_threadsafe(self._serve, listener, app)
        return address

    async def end(self) -> None:
        """Close all ports."""
        self._ended.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._pool.close()

    def _serve(self, listener: socket.socket, app: Callable[..., Any]) -> None:
        config = Config()
        config.bind = [f"fd://{listener.detach()}"]
        config.errorlog = None
        config.include_server_header = False
        config.graceful_timeout = 0.1
        running = serve(app, config, shutdown_trigger=self._ended.wait)
        self._tasks.append(self._loop.create_task(running))


async def _application(
    pool: urllib3.HTTPConnectionPool,
    prefix: str,
    scope: Any,
    receive: Any,
    send: Any,
) -> None:
    """Answer a request; an ASGI application: https://asgi.readthedocs.io/."""
    if scope["type"] == "lifespan":
        for _ in range(2):
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
        return
    if scope["type"] != "http":
        return  # a function URL knows nothing else
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    status, headers, content = await asyncio.to_thread(_ask, pool, prefix, scope, bytes(body))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def _ask(
    pool: urllib3.HTTPConnectionPool,
    prefix: str,
    scope: Any,
    body: bytes,
) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    # Nothing is added that the caller has not sent.
    headers = urllib3.HTTPHeaderDict({"accept-encoding": SKIP_HEADER, "user-agent": SKIP_HEADER})
    for name, _ in scope["headers"]:
        headers.discard(name.decode("latin-1"))
    for name, value in scope["headers"]:
        if name.decode("latin-1") not in _OF_A_CONNECTION:
            headers.add(name.decode("latin-1"), value.decode("latin-1"))
    query = scope["query_string"].decode("latin-1")
    url = prefix + scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
    try:
        answer = pool.urlopen(
            scope["method"],
            url,
            body=body or None,
            headers=headers,
            redirect=False,
            retries=False,
            decode_content=False,
        )
    except urllib3.exceptions.HTTPError as error:
        return 502, [(b"content-type", b"text/plain")], f"the local AWS: {error}\n".encode()
    kept = [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in answer.headers.iteritems()
        if name.lower() not in _OF_A_CONNECTION
    ]
    if scope["method"] != "HEAD":
        kept.append((b"content-length", b"%d" % len(answer.data)))
    return answer.status, kept, answer.data


@contextmanager
def fronts(endpoint: str) -> Iterator[Fronts]:
    """Lend ports for as long as the block lasts."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    found = Fronts(endpoint, loop)
    try:
        yield found
    finally:
        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(found.end(), loop).result(timeout=2)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
