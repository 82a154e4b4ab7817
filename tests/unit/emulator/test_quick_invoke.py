"""The quick way to invoke a function of the local AWS."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from hashzip.emulator import quick_invoke
from tests.support import program

EDITION = "e" * 16


@dataclass
class Aws:
    """What stands in for the local AWS.

    Attributes:
        root: A project that it has announced itself to.
        status: The status of its response to an invocation; 0 to hang up.
        edition: The edition that it reports.
        requests: Method, path, token and body of what it was asked.
    """

    root: Path
    port: int = 0
    status: int = 200
    edition: str = EDITION
    requests: list[tuple[str, str, str, bytes]] = field(default_factory=list)

    def announce(self, **changes: object) -> Path:
        """Write the file that announces it."""
        document = {
            "endpoint": f"http://127.0.0.1:{self.port}",
            "pid": os.getpid(),
            "edition": EDITION,
            "token": "abc123",
        }
        path = self.root / quick_invoke.SESSION
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(document | changes), encoding="utf-8")
        path.chmod(0o600)
        return path


@pytest.fixture
def aws(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """Run a server that answers like the local AWS, and announce it to the project."""
    aws = Aws(project)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            token = self.headers["x-hashzip-token"]
            aws.requests.append((self.command, self.path, token, body))
            is_health = self.path == "/_ministack/health"
            if not is_health and not aws.status:
                return
            answer = json.dumps({"edition": aws.edition}).encode() if is_health else b'{"a": 1}'
            self.send_response(200 if is_health else aws.status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_GET  # noqa: N815 - the standard library's name

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        aws.port = server.server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()
        aws.announce()
        monkeypatch.chdir(project / "src")
        yield aws
        server.shutdown()


@pytest.mark.parametrize(
    "words, event",
    [
        (["hello"], b"{}"),
        (["hello", "--data", '{"a": "\u00e9"}'], '{"a": "\u00e9"}'.encode()),
        (["--data=[1]", "hello", "--local"], b"[1]"),
        (["hello", "--data", " null\n"], b" null\n"),
    ],
)
def test_invoked(aws: Aws, words: list[str], event: bytes) -> None:
    """The event is sent as it is, once, after the local AWS has confirmed who it is."""
    response = quick_invoke.run(words)

    assert response is not None
    assert (response.status, response.body, response.is_plain) == (200, b'{"a": 1}', True)
    assert aws.requests == [
        ("GET", "/_ministack/health", "abc123", b""),
        ("POST", "/2015-03-31/functions/hello/invocations", "abc123", event),
    ]


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["hello", "other"],
        ["hello", "--remote"],
        ["hello", "--logs"],
        ["hello", "--help"],
        ["hello", "--data", "-"],
        ["hello", "--data"],
        ["hello", "--data", "{"],
        ["hello", "--data", "NaN"],
        ["hello", "--data", "{} {}"],
        ["hello", "--data", "\udcff"],
        ["hello", "--data", "[" * 100_000],
        ["other"],
        ["layer.deps"],
        ["../hello"],
    ],
)
def test_left_alone(aws: Aws, words: list[str]) -> None:
    """All else is for the command itself, and nobody is asked anything."""
    assert quick_invoke.run(words) is None
    assert aws.requests == []


@pytest.mark.parametrize(
    "changes",
    [
        {"endpoint": "http://192.0.2.1:80"},
        {"endpoint": "https://127.0.0.1:80"},
        {"pid": 2**22 + 1},
        {"pid": "x"},
        {"token": "a\r\nb: c"},
        {"token": None},
        {"edition": ""},
    ],
)
def test_not_believed(aws: Aws, changes: dict[str, object]) -> None:
    """An announcement that is of no running local AWS does not count."""
    aws.announce(**changes)

    response = quick_invoke.run(["hello"])

    assert response is None or changes == {"token": None}
    assert aws.requests == [] or changes == {"token": None}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"pid": 1}'])
def test_damaged(aws: Aws, text: str) -> None:
    """A damaged announcement does not count."""
    aws.announce().write_text(text, encoding="utf-8")

    assert quick_invoke.run(["hello"]) is None


def test_not_private(aws: Aws) -> None:
    """One that others can read or write, or that is a link, does not count."""
    path = aws.announce()
    path.chmod(0o640)
    assert quick_invoke.run(["hello"]) is None
    path.chmod(0o600)
    target = path.rename(path.with_name("elsewhere"))
    path.symlink_to(target)
    assert quick_invoke.run(["hello"]) is None
    assert aws.requests == []


def test_another_program(aws: Aws) -> None:
    """Another program that has the port by now gets no event."""
    aws.edition = "another"

    assert quick_invoke.run(["hello"]) is None
    assert [method for method, *_ in aws.requests] == ["GET"]


@pytest.mark.parametrize("status", [403, 404, 429])
def test_refused(aws: Aws, status: int) -> None:
    """A refusal invoked nothing, and is explained by the command itself."""
    aws.status = status

    assert quick_invoke.run(["hello"]) is None


def test_failed(aws: Aws) -> None:
    """An error of the server is a response: the function may have run."""
    aws.status = 500

    response = quick_invoke.run(["hello"])

    assert response is not None
    assert (response.status, response.is_plain) == (500, False)


def test_lost(aws: Aws) -> None:
    """A response that is lost is an error, and the event is not sent again."""
    aws.status = 0

    with pytest.raises(quick_invoke.LostError):
        quick_invoke.run(["hello"])
    assert len(aws.requests) == 2


def test_loads_little(aws: Aws) -> None:
    """An invocation loads no module that takes time."""
    script = (
        "import sys\n"
        f"sys.path.insert(0, {str(program.BUILD)!r})\n"
        "from hashzip import start\n"
        "start.os._exit = lambda code: print(code, *sys.modules)\n"
        "sys.argv = ['hashzip', 'invoke', 'hello']\n"
        "try:\n    start.run()\nfinally:\n    pass\n"
    )
    script = script.replace("print(code, *sys.modules)", "sys.exit(print(code, *sys.modules))")

    finished = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script],
        cwd=aws.root,
        capture_output=True,
        text=True,
        check=False,
    )

    answer, modules = finished.stdout.splitlines()
    code, *names = modules.split()
    assert (answer, code) == ('{"a": 1}', "0")
    slow = {"argparse", "boto3", "enum", "http.client", "json", "re", "socket", "typing"}
    assert slow.isdisjoint(names)
    own = {name for name in names if name.startswith("hashzip.")}
    assert own == {"hashzip.start", "hashzip.emulator", "hashzip.emulator.quick_invoke"}
