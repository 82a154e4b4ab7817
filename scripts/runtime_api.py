"""A Lambda Runtime API on loopback, which sends events to a function and takes its responses.

The API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEADERS = {
    "Content-Type": "application/json",
    "Lambda-Runtime-Deadline-Ms": "4102444800000",  # in 2100
    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:123456789012:function:hello",
}


class RuntimeApi(ThreadingHTTPServer):
    """The Runtime API of one function, for a given list of events. Use it as a context."""

    daemon_threads = True

    def __init__(self, events: Sequence[object]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.events = list(events)  # those that were not sent yet
        self.responses: list[Any] = []  # errors included
        self.errors: list[Any] = []  # those that report that the function failed
        self.done = threading.Event()  # set when each event has its response
        self.count = len(self.events)
        # By default it looks twice a second whether to stop, and so takes half a second to.
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def server_close(self) -> None:
        """Stop the serving thread and close the socket."""
        self.shutdown()
        super().server_close()

    @property
    def environment(self) -> dict[str, str]:
        """The variables of Lambda that a function reads."""
        return {
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_LAMBDA_FUNCTION_NAME": "hello",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_REGION": "eu-west-1",
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.server_port}",
            "POWERTOOLS_TRACE_DISABLED": "true",  # there is no X-Ray daemon
        }

    def handle_error(self, *_: object) -> None:
        """Ignore broken connections: functions are killed in the middle of a request."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: RuntimeApi

    def do_GET(self) -> None:
        """Send the next event; after the last one, block, as Lambda does."""
        if not self.server.events:
            threading.Event().wait()
        request = {"Lambda-Runtime-Aws-Request-Id": f"request-{len(self.server.responses)}"}
        self._send(200, json.dumps(self.server.events.pop(0)).encode(), _HEADERS | request)

    def do_POST(self) -> None:
        """Take a response or an error."""
        response = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.responses.append(response)
        if self.path.endswith("/error"):
            self.server.errors.append(response)
        if len(self.server.responses) == self.server.count:
            self.server.done.set()
        self._send(202, b"", {})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing: only the function's own output matters."""
