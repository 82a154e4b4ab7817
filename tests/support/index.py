"""A package index on loopback, so that a test can have any package, and any fault of an index.

It speaks the simple API: https://packaging.python.org/en/latest/specifications/simple-repository-api/
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
        package: Whose it is.
        link: Its line on the page of its package.
        content: What a download of it gives.
    """

    package: str
    link: str
    content: bytes


@dataclass(frozen=True)
class Index:
    """A running index.

    Attributes:
        url: What uv's `--default-index` takes.
        cache: A folder for uv's cache: an index that comes later may have the same port, and uv
            would trust what it remembers of this one.
        status: What it answers each request with; with another one than 200, and nothing else.
        requests: The paths that were asked for, in order. A test that wants to see that nothing
            was asked of the network looks here.
    """

    url: str
    cache: Path
    status: int = 200
    requests: list[str] = field(default_factory=list)
    _files: dict[str, _File] = field(default_factory=dict)

    @property
    def settings(self) -> Mapping[str, str]:
        """The environment that points uv at this index and at nothing else."""
        return {"UV_DEFAULT_INDEX": self.url, **self.caches()}

    def caches(self, name: str = "uv-cache") -> Mapping[str, str]:
        """Environment variables that give uv and hashzip caches of their own."""
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
    ) -> None:
        """Uploads a wheel or an sdist.

        Args:
            file: On this machine; it is read now.
            yanked: Why it was yanked (PEP 592), or None where it was not.
            requires_python: Which Pythons it runs on.
            served: What a download gives instead of the content, whose hash stays on the page.
        """
        content = file.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        mark = "" if yanked is None else f' data-yanked="{escape(yanked)}"'
        if requires_python:
            mark += f' data-requires-python="{escape(requires_python)}"'
        name = escape(file.name)
        link = f'<a href="/files/{name}#sha256={digest}"{mark}>{name}</a><br>'
        self._files[file.name] = _File(
            _package(file.name), link, content if served is None else served
        )

    def answer(self, path: str) -> bytes | None:
        """Answers what is at a path, or None."""
        self.requests.append(path)
        folder, _, name = path.strip("/").partition("/")
        if folder == "files":
            return self._files[name].content if name in self._files else None
        links = [file.link for file in self._files.values() if file.package == name]
        if folder != "simple" or not links:
            return None
        return "\n".join(["<!DOCTYPE html>", *links]).encode()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True  # a connection that uv keeps open must not keep a test from ending

    def __init__(self, folder: Path, status: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        url = f"http://127.0.0.1:{self.server_port}/simple"
        self.index = Index(url, folder / "uv-cache", status)


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Answers a request."""
        content = self._answer()
        with suppress(ConnectionError):  # uv hangs up on what it has seen to be no zip
            self.wfile.write(content)

    def do_HEAD(self) -> None:
        """Says that there are no parts of files to be had, as uv asks before it locks."""
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
        """Says nothing: `Index.requests` has it."""


@contextmanager
def serve(folder: Path, status: int = 200) -> Iterator[Index]:
    """Runs an index, with nothing in it.

    Args:
        folder: Where uv's cache may be.
        status: What it answers each request with.
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
    """Answers an index that refuses each connection: it has a port, and does not listen.

    Args:
        folder: Where uv's cache may be.
    """
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield Index(f"http://127.0.0.1:{bound.getsockname()[1]}/simple", folder / "uv-cache")


def _package(file: str) -> str:
    """Answers the name of a file's package as the index spells it (PEP 503)."""
    name = file.removesuffix(".tar.gz").rpartition("-")[0] if file.endswith(".gz") else ""
    return re.sub(r"[-_.]+", "-", name or file.partition("-")[0]).lower()
