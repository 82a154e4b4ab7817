"""`hashzip logs`: print a function's log, and follow it."""

import fcntl
import json
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support import aws_project, program
from tests.support import project as projects
from tests.support.aws_project import Running

DEADLINE = 60.0  # seconds
TIME = r"\d\d:\d\d:\d\d\.\d\d\d"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Run a project's function in a local AWS, without access to an AWS account."""
    with pytest.MonkeyPatch.context() as patch:
        aws_project.hide_account(patch)
        with aws_project.running(tmp_path_factory.mktemp("logs") / "project") as project:
            yield project


@pytest.fixture
def name(running: Running, request: pytest.FixtureRequest) -> str:
    """Deploy a function for one test, which has logged nothing yet."""
    name = re.sub(r"\W+", "-", request.node.name)
    running.deploy(name)
    return name


def log(running: Running, name: str, text: str) -> None:
    """Make a function log something, and wait until it is in the log."""
    client, event = running.client("lambda"), {"log": text}
    end = time.monotonic() + DEADLINE
    while True:
        answer = client.invoke(FunctionName=name, Payload=json.dumps(event), LogType="Tail")
        if text in b64decode(answer["LogResult"]).decode():
            return
        # On a busy machine, the local AWS logs a line only with the next invocation.
        event = {}
        assert time.monotonic() < end


def put(running: Running, group: str, *events: tuple[int, str]) -> None:
    """Write events with these times, in milliseconds since 1970, into a new stream."""
    logs = running.client("logs")
    stream = f"by-hand-{time.monotonic_ns()}"
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    rows = [{"timestamp": when, "message": text} for when, text in events]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=rows)


class Terminal:
    """A terminal on which a program was started."""

    def __init__(self, ours: int) -> None:
        self.ours = ours
        self.text = ""

    def wait_for(self, text: str) -> None:
        """Read until a text is on it."""
        end = time.monotonic() + DEADLINE
        while text not in self.text:
            left = end - time.monotonic()
            assert left > 0, f"no {text!r} in {self.text!r}"
            if select.select([self.ours], [], [], left)[0]:
                self.text += os.read(self.ours, 65536).decode()

    def press(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self.ours, keys)


@contextmanager
def on_a_terminal(
    running: Running, *arguments: str
) -> Iterator[tuple[Terminal, subprocess.Popen[bytes]]]:
    """Run hashzip on a terminal of its own for as long as the block lasts."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, program.BUILD, *arguments],
        cwd=running.root,
        env=program.environment(),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        # The terminal sends SIGINT on Ctrl-C, as for a person.
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - one system call
    )
    os.close(theirs)
    try:
        yield Terminal(ours), process
    finally:
        process.kill()
        process.wait()
        os.close(ours)


class TestLogs:
    """The log so far."""

    def test_readable(self, running: Running, name: str) -> None:
        """An invocation is printed as its lines and one with duration and memory."""
        log(running, name, "here")

        finished = running.run("logs", "hello", "--function-name", name)

        assert (finished.code, finished.err) == (0, "")
        first, second = finished.out.splitlines()
        assert re.fullmatch(rf"{TIME} INFO  here tries=1", first)
        assert re.fullmatch(rf"{TIME} -- \d+ ms, \d+ of 128 MB, request [0-9a-f-]+", second)

    def test_json(self, running: Running, name: str) -> None:
        """`--json` prints each event as AWS returned it."""
        log(running, name, "here")

        finished = running.run("logs", "hello", "--function-name", name, "--json")

        events = [json.loads(line) for line in finished.out.splitlines()]
        words = [event["message"].split()[0] for event in events]
        assert words == ["START", '{"level":', "END", "REPORT"]
        assert all(isinstance(event["timestamp"], int) for event in events)

    def test_since(self, running: Running, name: str) -> None:
        """`--since` leaves out older events."""
        log(running, name, "new")
        now = int(time.time() * 1000)
        put(running, f"/aws/lambda/{name}", (now - 90 * 60_000, "old"))

        def shown(*since: str) -> str:
            return running.run("logs", "hello", "--function-name", name, *since).out

        assert "new" in shown()
        assert "old" not in shown()
        assert "old" not in shown("--since", "1h")
        for since in ("2h", "91m", "5500s", "1d"):
            assert "old" in shown("--since", since)

    @pytest.mark.parametrize("since", ["", "10", "m", "-1m", "1w", "1.5h"])
    def test_no_time(self, running: Running, since: str) -> None:
        """An invalid duration is bad usage; the error says how to write one."""
        finished = running.run("logs", "hello", f"--since={since}")

        assert finished.code == 2
        assert "write 30s, 10m, 2h or 1d" in finished.err

    def test_own_group(self, running: Running) -> None:
        """A log group with another name, set in the function's configuration, is read."""
        running.deploy("elsewhere", LoggingConfig={"LogGroup": "/my/group"})
        log(running, "elsewhere", "here")

        finished = running.run("logs", "hello", "--function-name", "elsewhere")

        assert "INFO  here" in finished.out

    def test_nothing_logged(self, running: Running, name: str) -> None:
        """A function that was never invoked is an error that says so."""
        error, hint = projects.complaint(running.run("logs", "hello", "--function-name", name))

        assert f"no log group /aws/lambda/{name} yet" in error
        assert "invoke" in hint

    def test_unknown(self, running: Running) -> None:
        """A function that is not in AWS is reported as missing, and not as one without a log."""
        finished = running.run("logs", "hello", "--function-name", "hallo")

        error, hint = projects.complaint(finished)
        assert 'no function "hallo"' in error
        assert 'did you mean "hello"?' in hint


class TestFollow:
    """`--follow` prints new events."""

    def test_each_once(self, running: Running, name: str) -> None:
        """Each event is printed once, also the first ones of a function and late ones."""
        with on_a_terminal(running, "logs", "hello", "-f", "--function-name", name) as (seen, run):
            seen.wait_for(f"in {running.endpoint}")
            for number in range(3):
                log(running, name, f"line-{number}.")
                seen.wait_for(f"line-{number}.")
            put(running, f"/aws/lambda/{name}", (int(time.time() * 1000) - 5_000, "late."))
            seen.wait_for("late.")
            log(running, name, "last.")
            seen.wait_for("last.")

            assert run.poll() is None
        for text in ("line-0.", "line-1.", "line-2.", "late.", "last."):
            assert seen.text.count(text) == 1

    def test_interrupt(self, running: Running, name: str) -> None:
        """Ctrl-C ends it with exit code 130 and no message, as it ends `tail -f`."""
        with on_a_terminal(running, "logs", "hello", "-f", "--function-name", name) as (seen, run):
            log(running, name, "line.")
            seen.wait_for("request")
            seen.press(b"\x03")

            assert run.wait(DEADLINE) == 130
        assert "error" not in seen.text
        assert "Traceback" not in seen.text

    def test_reader_goes(self, running: Running, name: str) -> None:
        """It ends at the next line after the reader, such as `head`, has closed the pipe."""
        log(running, name, "first.")
        command = [sys.executable, str(program.BUILD), "logs", "hello", "--function-name", name]
        with subprocess.Popen(
            [*command, "--follow"],
            cwd=running.root,
            env=program.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stdout
            assert b"first." in process.stdout.readline()
            process.stdout.close()
            log(running, name, "second.")

            assert process.wait(DEADLINE) == 1
            assert process.stderr
            assert process.stderr.read() == b""
