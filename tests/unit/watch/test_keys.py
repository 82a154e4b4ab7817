"""Keys that are pressed on the terminal of `hashzip watch`."""

import os
import pty
import signal
import termios
import threading
from collections.abc import Iterator
from typing import TextIO

import pytest

from hashzip.watch import keys


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, TextIO]]:
    """Make standard input a new terminal; return its other side, and it."""
    ours, theirs = pty.openpty()
    monkeypatch.setattr(os, "tcgetpgrp", lambda _descriptor: os.getpgrp())
    with open(theirs, encoding="utf-8") as stream:
        yield ours, stream
    os.close(ours)


def test_keys(terminal: tuple[int, TextIO], monkeypatch: pytest.MonkeyPatch) -> None:
    """A key calls its action at once, without Enter, in either case; others do nothing."""
    ours, stream = terminal
    monkeypatch.setattr("sys.stdin", stream)
    before = termios.tcgetattr(stream)
    pressed, opened = threading.Semaphore(0), threading.Event()

    with keys.listening({"r": pressed.release, "o": opened.set}) as has_keys:
        assert has_keys
        assert not termios.tcgetattr(stream)[3] & termios.ECHO
        assert termios.tcgetattr(stream)[3] & termios.ISIG  # Ctrl-C stays what it is
        os.write(ours, b"xrRo")
        assert opened.wait(30)
        assert pressed.acquire(timeout=30)
        assert pressed.acquire(timeout=30)

    assert termios.tcgetattr(stream) == before


def test_quit(terminal: tuple[int, TextIO], monkeypatch: pytest.MonkeyPatch) -> None:
    """The key q has the effect of Ctrl-C."""
    ours, stream = terminal
    monkeypatch.setattr("sys.stdin", stream)
    killed: list[tuple[int, int]] = []
    done = threading.Event()

    def kill(process: int, number: int) -> None:
        killed.append((process, number))
        done.set()

    monkeypatch.setattr(os, "kill", kill)

    with keys.listening({}):
        os.write(ours, b"q")
        assert done.wait(30)

    assert killed == [(os.getpid(), signal.SIGINT)]


def test_not_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a pipe, there are no keys."""
    with open(os.devnull, encoding="utf-8") as stream:
        monkeypatch.setattr("sys.stdin", stream)

        with keys.listening({}) as has_keys:
            assert not has_keys


def test_background(terminal: tuple[int, TextIO], monkeypatch: pytest.MonkeyPatch) -> None:
    """In the background, the terminal is left as it is."""
    _, stream = terminal
    monkeypatch.setattr("sys.stdin", stream)
    monkeypatch.setattr(os, "tcgetpgrp", lambda _descriptor: 1)
    before = termios.tcgetattr(stream)

    with keys.listening({}) as has_keys:
        assert not has_keys
        assert termios.tcgetattr(stream) == before
