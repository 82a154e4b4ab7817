"""Lambda's Runtime API on loopback, for one invocation: how long a function takes to its answer.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from scripts.errors import ScriptError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

EVENT = b'{"name": "world"}'

_HEADERS = {
    "Content-Type": "application/json",
    "Content-Length": str(len(EVENT)),
    "Lambda-Runtime-Aws-Request-Id": "request-1",
    "Lambda-Runtime-Deadline-Ms": "4102444800000",
    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:123456789012:function:hello",
    "Lambda-Runtime-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793",
}
# What Lambda sets and runtimes cannot do without:
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
_IN_LAMBDA = {
    "AWS_LAMBDA_FUNCTION_NAME": "hello",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_REGION": "eu-west-1",
    "PATH": os.defpath,
}
_DEADLINE = 60.0  # seconds
_LOOK_SECONDS = 0.1  # how often to see whether the function has ended; no part of what is measured


@dataclass(frozen=True)
class Start:
    """A function to start.

    Attributes:
        command: The program and its arguments.
        folder: Its current folder.
        environment: What to add to the variables that Lambda sets; no others are there.
    """

    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)


class _Api(ThreadingHTTPServer):
    """Gives out one event, and takes what is said to it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.is_given = False
        self.answered = threading.Event()
        self.seconds = 0.0
        self.answer = ("", b"")

    def handle_error(self, *_arguments: object) -> None:
        """Say nothing of connections that break off: functions are ended in the middle of one."""


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Api

    def do_GET(self) -> None:
        """Give out the event; to who asks for another, say nothing, as Lambda does."""
        if self.server.is_given:
            self.server.answered.wait()
            self.close_connection = True
            return
        self.server.is_given = True
        self.send_response(200)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(EVENT)

    def do_POST(self) -> None:
        """Take an answer, or an error."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seconds = time.perf_counter()
        self.server.answer = (self.path, body)
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.server.answered.set()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing of single requests."""


def seconds_to_answer(start: Start) -> float:
    """Start a function, invoke it once, and end it.

    Returns:
        Seconds from the start of its process to its answer.

    Raises:
        ScriptError: It ended, answered with an error, or not at all.
    """
    with _serving() as api, tempfile.TemporaryFile() as words:
        environment = {
            **_IN_LAMBDA,
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_address[1]}",
            "LAMBDA_TASK_ROOT": str(start.folder),
            **start.environment,
        }
        began = time.perf_counter()
        process = subprocess.Popen(
            start.command,
            cwd=start.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=words,
        )
        end = began + _DEADLINE
        while not api.answered.wait(_LOOK_SECONDS) and time.perf_counter() < end:
            if process.poll() is not None:
                break
        process.kill()
        process.wait()
        path, body = api.answer
        if not path.endswith("/response"):
            words.seek(0)
            said = (body + words.read()).decode(errors="replace").strip()[-2000:]
            raise ScriptError(
                f"`{' '.join(start.command)}` in {start.folder} did not answer {EVENT!r}:\n{said}",
                "what is measured must work: it is to be mended first",
            )
        return api.seconds - began


@contextmanager
def _serving() -> Iterator[_Api]:
    with _Api() as api:
        # Asked once a second whether to end, it would take half a second to.
        thread = threading.Thread(target=api.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield api
        finally:
            api.answered.set()  # lets go who waits for another event
            api.shutdown()
