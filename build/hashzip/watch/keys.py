"""Keys that are pressed while `hashzip watch` runs on a terminal: r, o and q."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from hashzip import terminal

try:
    import termios
except ImportError:  # Windows
    termios = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

HELP = "press Ctrl-C to stop"
KEYS_HELP = f"{HELP}, r to rebuild, o to open"

_SECONDS = 0.5  # how often a thread checks whether to stop
_QUIT = "q"


@contextmanager
def listening(actions: Mapping[str, Callable[[], None]]) -> Iterator[bool]:
    """Call an action for each key that is pressed, and end like Ctrl-C at `q`.

    Args:
        actions: What a key does, by its character. It runs in a thread of its own.

    Yields:
        Whether keys are listened to: standard input is a terminal that this process owns.
    """
    if termios is None or not terminal.is_terminal(sys.stdin) or not _is_ours(sys.stdin.fileno()):
        yield False
        return
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    changed = list(before)
    # Each key at once, and unseen; Ctrl-C and Ctrl-Z stay what they are.
    changed[3] &= ~(termios.ICANON | termios.ECHO)
    ended = threading.Event()
    thread = threading.Thread(target=_follow, args=(descriptor, actions, ended), daemon=True)
    termios.tcsetattr(descriptor, termios.TCSADRAIN, changed)
    thread.start()
    try:
        yield True
    finally:
        ended.set()
        if _is_ours(descriptor):
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _follow(
    descriptor: int, actions: Mapping[str, Callable[[], None]], ended: threading.Event
) -> None:
    while not ended.is_set():
        if not _is_ours(descriptor):  # in the background, reading would stop this process
            ended.wait(_SECONDS)
            continue
        try:
            ready, _, _ = select.select([descriptor], [], [], _SECONDS)
            if not ready or ended.is_set():
                continue
            key = os.read(descriptor, 1).decode(errors="replace").lower()
        except (OSError, ValueError):  # the terminal is gone
            return
        if not key:
            return  # the terminal is gone
        if key == _QUIT:
            os.kill(os.getpid(), signal.SIGINT)
            return
        if key in actions:
            actions[key]()


def _is_ours(descriptor: int) -> bool:
    """Return whether this process is in the foreground of its terminal."""
    with suppress(OSError):
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    return False
