"""A package index on loopback, for tests that need certain packages or a faulty index.

It serves the simple API: https://packaging.python.org/en/latest/specifications/simple-repository-api/
"""

import hashlib
import http.server
import re
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from html import escape
from pathlib import Path


@dataclass(frozen=True)
class _File:
    """A wheel or sdist.

    Attributes:
        package: The name of its package.
        link: Its line on the page of its package.
        content: The bytes that a download returns.
    """

    package: str
    link: str
    content: bytes


@dataclass(frozen=True)
class Index:
    """A running index.

    Attributes:
        url: The value for uv's `--default-index`.
        cache: A folder for uv's cache. Each index needs its own: a later one may get the same
            port, and uv would trust what it has cached of this one.
        status: The HTTP status of each response; with any other than 200, the body is empty.
        requests: The requested paths, in order. A test that nothing was asked of the network
            checks that this is empty.
    """

    url: str
    cache: Path
    status: int = 200
    requests: list[str] = field(default_factory=list)
    _files: dict[str, _File] = field(default_factory=dict)

    @property
    def settings(self) -> Mapping[str, str]:
        """Environment variables that point uv at this index and at nothing else."""
        return {"UV_DEFAULT_INDEX": self.url, **self.caches()}

    def caches(self, name: str = "uv-cache") -> Mapping[str, str]:
        """Return environment variables that give uv and hashzip caches of their own."""
        return {
            "UV_CACHE_DIR": str(self.cache.with_name(name)),
            "HASHZIP_CACHE_DIR": str(self.cache.with_name(f"{name}-trees")),
        }

    def add(
        self,
        file: Path,
        *,
        yanked: str | None = None,
        requires_python: str = "",
        served: bytes | None = None,
        hashed: bool = True,
    ) -> None:
        """Upload a wheel or an sdist.

        Args:
            file: The file, which is read now.
            yanked: Why it was yanked (PEP 592), or None if it was not.
            requires_python: The Python versions that it runs on.
            served: What a download returns instead of the content; the page keeps the hash of the
                content.
            hashed: Whether the page has the hash.
        """
        content = file.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        mark = "" if yanked is None else f' data-yanked="{escape(yanked)}"'
        if requires_python:
            mark += f' data-requires-python="{escape(requires_python)}"'
        name = escape(file.name)
        fragment = f"#sha256={digest}" if hashed else ""
        link = f'<a href="/files/{name}{fragment}"{mark}>{name}</a><br>'
        self._files[file.name] = _File(
            _package(file.name), link, content if served is None else served
        )

    def answer(self, path: str) -> bytes | None:
        """Return the content at a path, or None."""
        self.requests.append(path)
        folder, _, name = path.strip("/").partition("/")
        if folder == "files":
            return self._files[name].content if name in self._files else None
        links = [file.link for file in self._files.values() if file.package == name]
        if folder != "simple" or not links:
            return None
        return "\n".join(["<!DOCTYPE html>", *links]).encode()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True  # a test ends even if uv keeps a connection open

    def __init__(self, folder: Path, status: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        url = f"http://127.0.0.1:{self.server_port}/simple"
        self.index = Index(url, folder / "uv-cache", status)


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Answer a request."""
        content = self._answer()
        with suppress(ConnectionError):  # uv closes the connection when it sees that it is no zip
            self.wfile.write(content)

    def do_HEAD(self) -> None:
        """Answer without `Accept-Ranges`: uv asks for it before it locks."""
        self._answer()

    def _answer(self) -> bytes:
        content = self.server.index.answer(self.path)
        status = self.server.index.status
        self.send_response(404 if content is None and status == 200 else status)
        page = self.path.startswith("/simple/")
        self.send_header("Content-Type", "text/html" if page else "application/octet-stream")
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        return content or b""

    def log_message(self, *_: object) -> None:
        """Write nothing to standard error: `Index.requests` has the requests."""


@contextmanager
def serve(folder: Path, status: int = 200) -> Iterator[Index]:
    """Run an empty index.

    Args:
        folder: The folder for uv's cache.
        status: The HTTP status of each response.
    """
    with _Server(folder, status) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.index
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def unreachable(folder: Path) -> Iterator[Index]:
    """Yield an index that refuses every connection: it has a port and does not listen.

    Args:
        folder: The folder for uv's cache.
    """
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield Index(f"http://127.0.0.1:{bound.getsockname()[1]}/simple", folder / "uv-cache")


def _package(file: str) -> str:
    """Return the normalized name (PEP 503) of a file's package."""
    name = file.removesuffix(".tar.gz").rpartition("-")[0] if file.endswith(".gz") else ""
    return re.sub(r"[-_.]+", "-", name or file.partition("-")[0]).lower()
