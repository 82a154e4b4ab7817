"""Give each function a port of this machine that works like its function URL.

MiniStack makes the event and reads the response by the rules of function URLs, but at an address
that nobody can remember. The proxy passes requests on to it, and responses back, unchanged. It
refuses requests of web pages: see `port_guard`.
https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import urllib3
from hypercorn.asyncio import serve
from hypercorn.config import Config
from urllib3.util import SKIP_HEADER

from hashzip.emulator import signature
from hashzip.emulator.guard import FUNCTION_URLS
from hashzip.emulator.server import HOST
from hashzip.errors import HashzipError
from hashzip.watch import port_guard, request_log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hypercorn.typing import (
        ASGIFramework,
        ASGIReceiveCallable,
        ASGISendCallable,
        HTTPScope,
    )

# Headers of one connection: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
_PER_CONNECTION = {
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "server",
    "transfer-encoding",
    "upgrade",
}
_TOKEN = signature.TOKEN_HEADER
_HIGHEST_PORT = 65_535
_MAX_CONNECTIONS = 64  # to the local AWS, that are kept open
_DEFAULT_PORTS = range(8000, 8101)
_END_SECONDS = 2.0


class Proxy:
    """The ports of functions.

    Args:
        endpoint: The URL of the local AWS.
        secret: Its secret access key.
        loop: The event loop that serves the ports.
        first: The first port, which the next ones follow; 0 for any free port, and None for the
            default ports that are free.
        default_ports: The default ports.
        cors: Whether pages of any origin may call the functions.
        report: Called with a line for the user for each request, and when one is refused.
    """

    def __init__(
        self,
        endpoint: str,
        secret: str,
        loop: asyncio.AbstractEventLoop,
        first: int | None,
        default_ports: range = _DEFAULT_PORTS,
        *,
        cors: bool = False,
        report: Callable[[str], None] = lambda _: None,
    ) -> None:
        url = urlsplit(endpoint)
        self._pool = urllib3.HTTPConnectionPool(
            str(url.hostname), url.port, maxsize=_MAX_CONNECTIONS
        )
        self._token = signature.token(secret)
        self._cors = cors
        self._report = report
        self._loop = loop
        self._ended = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._next = default_ports[0] if first is None else first
        # A port after which a used one is an error: the last default port, or any that was chosen.
        self._last = default_ports[-1] if first is None else first

    def open(self, url: str, name: str) -> str:
        """Open a port for a function.

        Args:
            url: The function URL, as the local AWS gives it.
            name: The name of the function.

        Returns:
            The address of the port.

        Raises:
            HashzipError: Another program uses the port.
        """
        listener = self._listen()
        identifier = str(urlsplit(url).hostname).partition(".")[0]
        # By path, not by host: MiniStack answers some paths itself, such as /health.
        forward = partial(_forward, self._pool, f"{FUNCTION_URLS}{identifier}", self._token)
        port: int = listener.getsockname()[1]
        logged = request_log.logged(forward, name, self._report)
        app = port_guard.guarded(logged, port, name, self._report, cors=self._cors)
        self._loop.call_soon_threadsafe(self._serve, listener, app)
        return f"http://{HOST}:{port}/"

    async def end(self) -> None:
        """Close all ports."""
        self._ended.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._pool.close()

    def _listen(self) -> socket.socket:
        while True:
            port = self._next
            self._next += 1 if port else 0
            if port > _HIGHEST_PORT:
                raise HashzipError(
                    f"there is no port {port} for a function", "choose a lower one with --port"
                )
            try:
                return socket.create_server((HOST, port))
            except OSError as error:
                if port < self._last:
                    continue
                raise HashzipError(
                    f"cannot listen on {HOST}:{port}: {error.strerror}",
                    "stop the program that uses this port, or choose another one with --port; "
                    "--port 0 takes any free port",
                ) from error

    def _serve(self, listener: socket.socket, app: ASGIFramework) -> None:
        config = Config()
        config.bind = [f"fd://{listener.detach()}"]
        config.errorlog = None
        config.include_server_header = False
        config.graceful_timeout = 0.1
        server = serve(app, config, shutdown_trigger=self._ended.wait)
        self._tasks.append(self._loop.create_task(server))


async def _forward(
    pool: urllib3.HTTPConnectionPool,
    prefix: str,
    token: str,
    scope: HTTPScope,
    receive: ASGIReceiveCallable,
    send: ASGISendCallable,
) -> None:
    """Forward a request to the local AWS."""
    body = bytearray()
    is_complete = False
    while not is_complete:
        message = await receive()
        if message["type"] != "http.request":
            return  # the client has gone
        body += message["body"]
        is_complete = not message["more_body"]
    answer = await asyncio.to_thread(_request, pool, prefix, token, scope, bytes(body))
    await port_guard.answer(send, *answer)


def _request(
    pool: urllib3.HTTPConnectionPool, prefix: str, token: str, scope: HTTPScope, body: bytes
) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Send a request to the local AWS; return status, headers and body of its response."""
    # urllib3 adds these two unless they are there.
    headers = urllib3.HTTPHeaderDict({"accept-encoding": SKIP_HEADER, "user-agent": SKIP_HEADER})
    for name, _ in scope["headers"]:
        headers.discard(name.decode("latin-1"))
    for name, value in scope["headers"]:
        if name.decode("latin-1") not in _PER_CONNECTION:
            headers.add(name.decode("latin-1"), value.decode("latin-1"))
    headers.discard(_TOKEN)  # a client's own would be no use
    headers.add(_TOKEN, token)
    query = scope["query_string"].decode("latin-1")
    url = prefix + scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
    try:
        response = pool.urlopen(
            scope["method"],
            url,
            body=body or None,
            headers=headers,
            redirect=False,
            retries=False,
            decode_content=False,
        )
    except urllib3.exceptions.HTTPError as error:
        return 502, port_guard.TEXT, f"the local AWS: {error}\n".encode()
    kept = [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in response.headers.iteritems()
        if name.lower() not in _PER_CONNECTION
    ]
    if scope["method"] != "HEAD":
        kept.append((b"content-length", b"%d" % len(response.data)))
    return response.status, kept, response.data


@contextmanager
def running(
    endpoint: str,
    secret: str,
    first: int | None = None,
    default_ports: range = _DEFAULT_PORTS,
    *,
    cors: bool = False,
    report: Callable[[str], None] = lambda _: None,
) -> Iterator[Proxy]:
    """Run a proxy for as long as the block lasts; see `Proxy`."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    proxy = Proxy(endpoint, secret, loop, first, default_ports, cors=cors, report=report)
    try:
        yield proxy
    finally:
        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(proxy.end(), loop).result(timeout=_END_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
