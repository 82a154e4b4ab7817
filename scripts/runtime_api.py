"""A Lambda Runtime API on loopback, which sends events to a function and takes its responses.

The API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from scripts.errors import ScriptError

if TYPE_CHECKING:
    from collections.abc import Sequence

_DEADLINE_MS = "4102444800000"  # in 2100


class RuntimeApi(ThreadingHTTPServer):
    """The Runtime API of one function, for a given list of events. Use it as a context.

    Attributes:
        events: The events that were not sent yet.
        responses: The responses, errors included, in the order of the events.
        errors: The responses that report that the function failed.
        done: Set when each event has its response.
        done_at: The time of the last response, by `time.perf_counter`.
    """

    daemon_threads = True

    def __init__(self, events: Sequence[object]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.events = list(events)
        self.responses: list[Any] = []
        self.errors: list[Any] = []
        self.done = threading.Event()
        self.done_at = 0.0
        self._count = len(self.events)
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

    def take(self, response: object, *, is_error: bool) -> None:
        """Store a response, which may be an error."""
        self.responses.append(response)
        if is_error:
            self.errors.append(response)
        if len(self.responses) == self._count:
            self.done_at = time.perf_counter()
            self.done.set()

    def wait(self, seconds: float) -> list[Any]:
        """Wait until each event has its response, and return the responses.

        Raises:
            ScriptError: It took longer than this many seconds.
        """
        if not self.done.wait(seconds):
            raise ScriptError(
                f"got {len(self.responses)} of {self._count} responses within {seconds} s",
                "look at its output above",
            )
        return self.responses


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: RuntimeApi

    def do_GET(self) -> None:
        """Send the next event; after the last one, block, as Lambda does."""
        if not self.server.events:
            threading.Event().wait()
        body = json.dumps(self.server.events.pop(0)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/json")
        self.send_header("Lambda-Runtime-Aws-Request-Id", f"request-{len(self.server.responses)}")
        self.send_header("Lambda-Runtime-Deadline-Ms", _DEADLINE_MS)
        self.send_header(
            "Lambda-Runtime-Invoked-Function-Arn",
            "arn:aws:lambda:eu-west-1:123456789012:function:hello",
        )
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        """Take a response or an error."""
        response = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.take(response, is_error=self.path.endswith("/error"))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing: only the function's own output matters."""
