"""Projects whose function runs in a local AWS, for tests of the commands that talk to AWS."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from hashzip.aws.client import Endpoint
from hashzip.emulator import server, session
from tests.support import program
from tests.support import project as projects
from tests.support.program import Finished

SOURCE = b"""
import json


def handler(event, context):
    if isinstance(event, dict) and "log" in event:
        print(json.dumps({"level": "INFO", "message": event["log"], "tries": 1}))
    if isinstance(event, dict) and event.get("fail"):
        raise ValueError("as the event says")
    return event
"""

ROLE = "arn:aws:iam::000000000000:role/any"


@dataclass(frozen=True)
class Running:
    """A project, and the local AWS that runs its function `hello`."""

    root: Path
    endpoint: Endpoint

    def run(self, *arguments: str, **more: Any) -> Finished:  # noqa: ANN401 - as `program.run`
        """Run hashzip in the project."""
        return program.run(*arguments, cwd=self.root, **more)

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3's clients have no types
        """Return a boto3 client of the local AWS."""
        return self.endpoint.client(service)

    def deploy(self, name: str, **more: object) -> None:
        """Build the function as it is now, and deploy it under a name."""
        settings = {"Runtime": "python3.13", "Handler": "app.handler", "Role": ROLE} | more
        code = {"ZipFile": zip_file(self.root).read_bytes()}
        self.client("lambda").create_function(FunctionName=name, Code=code, **settings)


def make(root: Path) -> Path:
    """Make a project with a function that returns its event."""
    root.mkdir()
    projects.configure(root, handler="app.handler", architecture="x86_64")
    projects.write_files(root / "src", {"app.py": SOURCE})
    return root


def zip_file(root: Path) -> Path:
    """Build the function as it is now and return the path of its zip."""
    return root / str(projects.built(root)["file"])


@contextmanager
def running(root: Path) -> Iterator[Running]:
    """Run a local AWS with the function for as long as the block lasts."""
    with server.running() as local, session.announce(make(root), local):
        project = Running(root, Endpoint(local.endpoint, secret=local.secret))
        project.deploy("hello")
        yield project


def hide_account(patch: pytest.MonkeyPatch) -> None:
    """Remove everything from the environment that leads to an AWS account."""
    for name in [name for name in program.environment() if name.startswith("AWS_")]:
        patch.delenv(name)
    for name, value in nobody().items():
        patch.setenv(name, value)


def nobody() -> dict[str, str]:
    """Return environment variables of a user without an AWS account."""
    return {
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def account(endpoint: str) -> dict[str, str]:
    """Return environment variables of a user whose AWS account is at an endpoint."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


@dataclass
class Refusing:
    """A server that answers every request with one error.

    Attributes:
        endpoint: Its URL.
        asked: The requested paths, in order.
    """

    endpoint: str = ""
    asked: list[str] = field(default_factory=list)


@contextmanager
def refusing(status: int, code: str) -> Iterator[Refusing]:
    """Run a server that answers every request with an error in AWS's format."""
    refusal = Refusing()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            refusal.asked.append(self.path)
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("x-amzn-errortype", code)
            self.send_header("Content-Length", "20")
            self.end_headers()
            self.wfile.write(b'{"message":"no: it"}')

        do_POST = do_GET  # noqa: N815 - the standard library's name

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        refusal.endpoint = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield refusal
        finally:
            server.shutdown()
