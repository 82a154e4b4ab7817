"""Stores in the S3 of a local AWS, and machines that share them."""

import itertools
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from hashzip.artifacts.s3_store import S3Stores
from hashzip.aws.client import Endpoint
from hashzip.emulator.server import LocalAws
from hashzip.project.store_settings import StoreSettings
from tests.support import aws_project, program
from tests.support import project as projects
from tests.support.program import Finished

_numbers = itertools.count(1)


@lru_cache
def _client(endpoint: str, secret: str) -> Any:  # noqa: ANN401 - boto3's clients have no types
    """Return a client, of which each takes a third of a second to make."""
    return Endpoint(endpoint, secret=secret).client("s3")


@dataclass(frozen=True)
class Shared:
    """An empty bucket of a local AWS."""

    aws: LocalAws
    bucket: str

    @property
    def url(self) -> str:
        """The URL of a store in it."""
        return f"s3://{self.bucket}/lambda"

    @property
    def settings(self) -> StoreSettings:
        """The settings of that store."""
        return StoreSettings(self.url)

    @property
    def client(self) -> Any:  # noqa: ANN401 - boto3's clients have no types
        """A client of the local AWS."""
        return _client(self.aws.endpoint, self.aws.secret)

    def stores(self) -> S3Stores:
        """Return the stores of all functions, of which nothing is known yet."""
        return S3Stores(self.settings, self.client)

    def objects(self) -> dict[str, bytes]:
        """Return the content of all objects by their keys."""
        client = self.client
        answer = client.list_objects_v2(Bucket=self.bucket)
        return {
            row["Key"]: client.get_object(Bucket=self.bucket, Key=row["Key"])["Body"].read()
            for row in answer.get("Contents", [])
        }

    def key(self, suffix: str) -> str:
        """Return the key of the only object that ends so."""
        (key,) = [key for key in self.objects() if key.endswith(suffix)]
        return key

    def write(self, key: str, content: bytes) -> None:
        """Write an object, as somebody else might."""
        self.client.put_object(Bucket=self.bucket, Key=key, Body=content)


def make(aws: LocalAws) -> Shared:
    """Make an empty bucket."""
    shared = Shared(aws, f"shared-{next(_numbers)}")
    shared.client.create_bucket(Bucket=shared.bucket)
    return shared


@dataclass(frozen=True)
class Machine:
    """A folder with the project, and caches that no other machine has."""

    root: Path
    shared: Shared

    def settings(self) -> dict[str, str]:
        """Return the environment variables of the machine."""
        return {
            **self.shared.aws.environment,
            "HASHZIP_CACHE_DIR": str(self.root.with_name(f"{self.root.name}.cache")),
            "HASHZIP_STORE": self.shared.url,
        }

    def run(self, *arguments: str, settings: Mapping[str, str] | None = None) -> Finished:
        """Run hashzip in the project."""
        more = {**self.settings(), **(settings or {})}
        return program.run(*arguments, cwd=self.root, settings=more)

    def zips(self) -> list[Path]:
        """Return the zips in the project."""
        return sorted(self.root.rglob("dist/**/*.zip"))


def machine(root: Path, shared: Shared) -> Machine:
    """Make a machine with the project of the function hello, and nothing built."""
    return Machine(projects.make(root), shared)


@dataclass
class Fake:
    """A server that answers as it is told.

    Attributes:
        answers: The status and the body of each answer, in their order; the last one is repeated.
        requests: Method, path and headers of the requests.
        cut: By how many bytes each body is shorter than its announced length.
    """

    answers: list[tuple[int, bytes]]
    cut: int = 0
    endpoint: str = ""
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    @property
    def settings(self) -> StoreSettings:
        """The settings of a store there."""
        return StoreSettings("s3://bucket/lambda", endpoint_url=self.endpoint)

    def environment(self) -> dict[str, str]:
        """Return variables of a user of it, without retries."""
        account = aws_project.nobody() | aws_project.account(self.endpoint)
        return {**account, "AWS_MAX_ATTEMPTS": "1"}


def error(code: str, message: str = "No.") -> bytes:
    """Return the body of an answer of S3 that is an error."""
    return (
        f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    ).encode()


@contextmanager
def fake(*answers: tuple[int, bytes], cut: int = 0) -> Iterator[Fake]:
    """Run a server that gives these answers."""
    served = Fake(list(answers), cut)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with lock:
                served.requests.append((self.command, self.path, dict(self.headers)))
                first, *rest = served.answers
                served.answers = rest or [first]
            status, body = first
            self.send_response(status)
            self.send_header("Content-Length", str(len(body) + served.cut))
            self.send_header("ETag", '"1"')
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else body)
            self.close_connection = bool(served.cut)

        do_POST = do_PUT = do_HEAD = do_DELETE = do_GET  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served.endpoint = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
