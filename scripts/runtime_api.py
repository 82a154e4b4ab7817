"""A Runtime API on loopback: it gives a function its events, and takes the answers.

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
    """One function's API, for so many events; it ends with its context.

    Attributes:
        events: Those that no function has asked for yet.
        answers: Each one's payload, in the order of the events.
        errors: The payloads of those answers that say that the function failed.
        done: Set once each event has its answer.
        done_at: When that was, by `time.perf_counter`.
    """

    daemon_threads = True

    def __init__(self, events: Sequence[object]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.events = list(events)
        self.answers: list[Any] = []
        self.errors: list[Any] = []
        self.done = threading.Event()
        self.done_at = 0.0
        self._wanted = len(self.events)
        # Asked twice a second whether to end, as it would be, it takes half a second to.
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def server_close(self) -> None:
        """End, with the thread that serves."""
        self.shutdown()
        super().server_close()

    @property
    def environment(self) -> dict[str, str]:
        """The variables that a function reads, of those that Lambda sets."""
        return {
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_LAMBDA_FUNCTION_NAME": "hello",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_REGION": "eu-west-1",
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.server_port}",
            "POWERTOOLS_TRACE_DISABLED": "true",  # there is no X-Ray daemon
        }

    def handle_error(self, *_: object) -> None:
        """Say nothing of connections that break off: functions are ended in the middle of one."""

    def take(self, answer: object, *, is_error: bool) -> None:
        """Keep an answer, or what a function says of why there is none."""
        self.answers.append(answer)
        if is_error:
            self.errors.append(answer)
        if len(self.answers) == self._wanted:
            self.done_at = time.perf_counter()
            self.done.set()

    def wait(self, seconds: float) -> list[Any]:
        """Wait until each event has its answer.

        Raises:
            ScriptError: That took longer than so many seconds.
        """
        if not self.done.wait(seconds):
            raise ScriptError(
                f"the function gave {len(self.answers)} of {self._wanted} answers in {seconds} s",
                "what it printed above may say why",
            )
        return self.answers


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: RuntimeApi

    def do_GET(self) -> None:
        """Give the next event; after the last one, let the function wait."""
        if not self.server.events:
            threading.Event().wait()
        body = json.dumps(self.server.events.pop(0)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/json")
        self.send_header("Lambda-Runtime-Aws-Request-Id", f"request-{len(self.server.answers)}")
        self.send_header("Lambda-Runtime-Deadline-Ms", _DEADLINE_MS)
        self.send_header(
            "Lambda-Runtime-Invoked-Function-Arn",
            "arn:aws:lambda:eu-west-1:123456789012:function:hello",
        )
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        """Take an answer or an error."""
        answer = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.take(answer, is_error=self.path.endswith("/error"))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing: what counts is what the function says."""
