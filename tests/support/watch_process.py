"""Run `hashzip watch` on a terminal of its own, as a person does."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from hashzip.emulator import session
from tests.support import program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

DEADLINE = 30.0  # seconds


class Watch:
    """A running `hashzip watch`.

    Args:
        root: The project's folder.
        words: More arguments.
        settings: More environment variables.
    """

    def __init__(self, root: Path, words: tuple[str, ...], settings: Mapping[str, str]) -> None:
        self._root = root
        self._terminal, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, str(program.BUILD), "watch", *words],
            cwd=root,
            env=program.environment(NO_COLOR="1", **settings),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            preexec_fn=_own_terminal,  # noqa: PLW1509 - no other thread runs yet
        )
        os.close(theirs)
        self._text = ""
        self._grown = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def text(self) -> str:
        """The text on the terminal so far."""
        return self._text

    def wait_for(self, pattern: str, start: int = 0) -> re.Match[str]:
        """Wait until the text on the terminal matches a pattern, from a position on."""
        end = time.monotonic() + DEADLINE
        with self._grown:
            while True:
                match = re.compile(pattern).search(self._text, start)
                if match:
                    return match
                left = end - time.monotonic()
                assert left > 0, f"no {pattern!r} in:\n{self._text[start:]}"
                self._grown.wait(left)

    def type(self, text: str) -> None:
        r"""Type on the terminal; `\\x03` is Ctrl-C."""
        os.write(self._terminal, text.encode())

    def end(self, how: int = 0) -> int:
        """Stop it with Ctrl-C, or with a signal, and return its exit code."""
        if how:
            self.process.send_signal(how)
        else:
            self.type("\x03")
        code = self.process.wait(DEADLINE)
        self._reader.join(DEADLINE)
        return code

    def close(self) -> None:
        """Stop it if it still runs, and close its terminal."""
        if self.process.poll() is None:
            self.end(signal.SIGTERM)
        os.close(self._terminal)

    @property
    def endpoint(self) -> str:
        """The URL of the local AWS."""
        return self.wait_for(r"local AWS: (http://\S+)")[1]

    @property
    def secret(self) -> str:
        """The secret access key of the local AWS."""
        running = session.find(self._root)
        assert running
        return running.secret

    def url(self, function: str = "hello") -> str:
        """Return the URL at which a function answers HTTP requests."""
        return self.wait_for(rf"{function}:? +(http://\S+/)")[1]

    def client(self, service: str = "lambda") -> Any:  # noqa: ANN401 - boto3 has no types
        """Return a boto3 client of the local AWS, which does not retry."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key=self.secret,
            config=Config(retries={"total_max_attempts": 1}),
        )

    def _read(self) -> None:
        with suppress(OSError):  # the other end was closed
            while chunk := os.read(self._terminal, 4096):
                with self._grown:
                    self._text += chunk.decode(errors="replace").replace("\r\n", "\n")
                    self._grown.notify_all()


def _own_terminal() -> None:
    os.setsid()
    import fcntl  # noqa: PLC0415 - in the new process
    import termios  # noqa: PLC0415

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@contextmanager
def watching(root: Path, *words: str, **settings: str) -> Iterator[Watch]:
    """Run `hashzip watch` for as long as the block lasts."""
    watch = Watch(root, ("--port", "0", *words), settings)
    try:
        yield watch
    finally:
        watch.close()


def get(url: str, **more: Any) -> tuple[int, Any, Any]:  # noqa: ANN401 - urllib's own
    """Send a request and return status, headers and body of the response."""
    request = urllib.request.Request(url, **more)  # noqa: S310 - it is on loopback
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE) as answer:  # noqa: S310
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def answer(url: str) -> object:
    """Return a function's response: the value if it is JSON, else the text."""
    body = get(url)[2].decode()
    try:
        return json.loads(body)
    except ValueError:
        return body


def until(holds: Callable[[], object]) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < end
        threading.Event().wait(0.02)
