"""Hello as a function, as Lambda's handler, and in a worker process with its logs and spans."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import hello
from tests.handler import worker

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Run:
    """What a worker left behind: a log line and a span are a decoded JSON object each."""

    log: list[dict[str, Any]]
    spans: list[dict[str, Any]]
    stderr: str


def lambda_environment(**settings: str) -> dict[str, str]:
    """Give Lambda's environment with these settings, and none that the tests' own process has."""
    mine = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "LAMBDA_", "LOG_LEVEL", "POWERTOOLS_", "_X_AMZN_"))
    }
    code = str(Path(hello.__file__).parent)
    return mine | {"LAMBDA_TASK_ROOT": code, "PYTHONPATH": code} | settings


def run_worker(*events: object, **settings: str) -> Run:
    """Invoke hello with each event, in one fresh worker with these settings."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        host, port = daemon.getsockname()
        result = subprocess.run(
            [sys.executable, worker.__file__],
            input="".join(f"{json.dumps(event)}\n" for event in events),
            env=lambda_environment(**{"AWS_XRAY_DAEMON_ADDRESS": f"{host}:{port}"} | settings),
            capture_output=True,
            check=True,
            encoding="utf-8",
            timeout=60,
        )
        return Run(
            log=[json.loads(line) for line in result.stdout.splitlines()],
            spans=list(received(daemon)),
            stderr=result.stderr,
        )


def received(daemon: socket.socket) -> Iterator[dict[str, Any]]:
    """Take what was sent to the daemon: a datagram a span, its JSON behind a line of header."""
    daemon.settimeout(0)
    with contextlib.suppress(BlockingIOError):
        while True:
            yield json.loads(daemon.recv(65_536).partition(b"\n")[2])


@pytest.fixture(scope="module")
def two_invocations() -> Run:
    """One worker, invoked twice, at the default settings."""
    return run_worker({"name": "world"}, {"name": "again"})


class TestSayHello:
    """The core function."""

    def test_name_provided(self) -> None:
        """A name is greeted."""
        assert hello.say_hello("world") == hello.HelloResponse(message="Hello, world!")

    @pytest.mark.parametrize("name", [None, ""])
    def test_no_name_provided(self, name: str | None) -> None:
        """Without a name, or with an empty one, a stranger is greeted."""
        assert hello.say_hello(name) == hello.HelloResponse(message="Hello, stranger!")


class TestLambdaHandler:
    """The wrapper."""

    @pytest.mark.parametrize("name", ["world", "Zoë 🌍", '"quoted"'])
    def test_name_provided(self, name: str) -> None:
        """The event's name is greeted, whatever its characters."""
        answer = hello.lambda_handler({"name": name}, worker.Context())

        assert answer == {"message": f"Hello, {name}!"}

    @pytest.mark.parametrize(
        "event",
        [{}, {"meaningless_key": "meaningless_value"}, {"name": None}, {"name": ""}],
    )
    def test_no_name_provided(self, event: dict[str, object]) -> None:
        """An event without a name, or with a null or empty one, greets a stranger."""
        answer = hello.lambda_handler(event, worker.Context())

        assert answer == {"message": "Hello, stranger!"}

    @pytest.mark.parametrize(
        "name, kind",
        [
            (7, "a number"),
            (0, "a number"),
            (1.5, "a number"),
            (False, "a boolean"),
            (["world"], "an array"),
            ({}, "an object"),
        ],
    )
    def test_name_must_be_a_string(self, name: object, kind: str) -> None:
        """Any other name, falsy ones too, is an error that names the key and both types."""
        with pytest.raises(hello.InvalidEventError, match=f"^name must be a string, not {kind}$"):
            hello.lambda_handler({"name": name}, worker.Context())

    @pytest.mark.parametrize(
        "event, kind",
        [
            (None, "null"),
            ("world", "a string"),
            (7, "a number"),
            (True, "a boolean"),
            ([{"name": "world"}], "an array"),
        ],
    )
    def test_event_must_be_an_object(self, event: object, kind: str) -> None:
        """Any other event is an error that says what came instead."""
        with pytest.raises(
            hello.InvalidEventError, match=f"^the event must be an object, not {kind}$"
        ):
            hello.lambda_handler(event, worker.Context())


class TestLog:
    """What a worker writes to its log."""

    def test_one_line_an_invocation(self, two_invocations: Run) -> None:
        """Each invocation is one line, however many went before."""
        assert len(two_invocations.log) == 2

    def test_event(self, two_invocations: Run) -> None:
        """A line holds the event as JSON, not as text."""
        assert [line["event"] for line in two_invocations.log] == [
            {"name": "world"},
            {"name": "again"},
        ]

    def test_context(self, two_invocations: Run) -> None:
        """A line holds what identifies the function and the request."""
        context = worker.Context(aws_request_id="request-0")
        expected = {
            "function_arn": context.invoked_function_arn,
            "function_memory_size": context.memory_limit_in_mb,
            "function_name": context.function_name,
            "function_request_id": context.aws_request_id,
        }

        assert two_invocations.log[0] | expected == two_invocations.log[0]

    def test_each_line_has_its_own_request(self, two_invocations: Run) -> None:
        """The second line has the second request's id, not the first one's."""
        assert [line["function_request_id"] for line in two_invocations.log] == [
            "request-0",
            "request-1",
        ]

    def test_cold_start(self, two_invocations: Run) -> None:
        """Only a worker's first invocation is a cold start."""
        assert [line["cold_start"] for line in two_invocations.log] == [True, False]

    def test_timestamp(self, two_invocations: Run) -> None:
        """The time is in UTC and RFC 3339's form, else Lambda would put its own in its place."""
        timestamp = two_invocations.log[0]["timestamp"]

        assert datetime.fromisoformat(timestamp).utcoffset() == timedelta(0)

    def test_nothing_on_stderr(self, two_invocations: Run) -> None:
        """Nothing beside the log lines is written: no warning, no second copy."""
        assert two_invocations.stderr == ""

    def test_invalid_event(self) -> None:
        """The event of a failed invocation is logged as well: there it is needed most."""
        assert [line["event"] for line in run_worker({"name": 7}).log] == [{"name": 7}]

    @pytest.mark.parametrize("variable", ["AWS_LAMBDA_LOG_LEVEL", "POWERTOOLS_LOG_LEVEL"])
    def test_level_from_the_environment(self, variable: str) -> None:
        """Above `INFO`, the line is not written."""
        assert run_worker({}, **{variable: "INFO"}).log
        assert not run_worker({}, **{variable: "ERROR"}).log

    def test_event_once(self) -> None:
        """Powertools' own switch for logging the event does not log it a second time."""
        assert len(run_worker({}, POWERTOOLS_LOGGER_LOG_EVENT="true").log) == 1

    def test_service_from_the_environment(self) -> None:
        """A line names the service that the environment names."""
        assert run_worker({}, POWERTOOLS_SERVICE_NAME="greeter").log[0]["service"] == "greeter"


class TestTrace:
    """What a worker sends to X-Ray."""

    def test_one_span_an_invocation(self, two_invocations: Run) -> None:
        """Each invocation is one span, named after the handler."""
        assert [span["name"] for span in two_invocations.spans] == ["## lambda_handler"] * 2

    def test_log_and_span_share_a_trace(self, two_invocations: Run) -> None:
        """A log line leads to the span of its invocation."""
        assert [line["xray_trace_id"] for line in two_invocations.log] == [
            span["trace_id"] for span in two_invocations.spans
        ]

    def test_invalid_event(self) -> None:
        """The span of a failed invocation is marked as a fault, and only that one."""
        assert [span.get("fault", False) for span in run_worker({"name": 7}, {}).spans] == [
            True,
            False,
        ]

    def test_tracing_disabled(self) -> None:
        """With tracing off, hello answers and logs, and sends no span."""
        run = run_worker({}, POWERTOOLS_TRACE_DISABLED="true")

        assert run.log
        assert not run.spans

    def test_no_daemon(self) -> None:
        """A missing X-Ray daemon is no error and no noise."""
        run = run_worker({}, AWS_XRAY_DAEMON_ADDRESS="127.0.0.1:9")

        assert run.log
        assert run.stderr == ""


class TestStart:
    """What a cold start loads."""

    def test_without_botocore(self) -> None:
        """In Lambda hello loads nothing of botocore, which is slow to load and not in its lock."""
        program = "import sys, hello; print(*(n for n in sys.modules if n.startswith('botocore.')))"

        result = subprocess.run(
            [sys.executable, "-c", program],
            env=lambda_environment(),
            capture_output=True,
            check=True,
            encoding="utf-8",
        )

        assert result.stdout.split() == []
