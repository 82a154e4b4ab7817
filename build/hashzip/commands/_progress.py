"""Show the phases of builds: live lines on a terminal, and one line for each long phase elsewhere.

Several builds may run at once, in threads. All that is printed meanwhile stands above the live
lines, whole.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, TextIO, cast

from hashzip import terminal
from hashzip.commands import _output, _table
from hashzip.printable import printable
from hashzip.system import phases

_LONG_SECONDS = 2.0  # before a phase has a line where nothing is live
_FIRST_SECONDS = 0.15  # before the first live line: most builds are done by then
_FRAME_SECONDS = 0.1
_MAX_LINES = 8
_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_ASCII_FRAMES = "-\\|/"

Packed = Callable[[str, int], None]  # a function's name, and the size of a file that is packed


class _Phase(NamedTuple):
    text: str
    prints: bool
    start: float


@contextmanager
def shown() -> Iterator[Packed]:
    """Show on standard error what builds in this block do.

    Yields:
        What to call with a function's name, and the size in bytes of each file that is packed.
    """
    if _active:  # the block around this one shows them
        yield _active[-1].packed
        return
    stream = sys.stderr
    listener: Live | Lines = Live(stream) if terminal.is_live(stream) else Lines(stream)
    _active.append(listener)
    with phases.listening(listener):
        try:
            yield listener.packed
        finally:
            _active.remove(listener)
            listener.close()


class Lines:
    """Prints a line for each phase that takes long.

    Args:
        stream: Where to print.
        seconds: How long is long.
    """

    def __init__(self, stream: TextIO, seconds: float = _LONG_SECONDS) -> None:
        self._stream = stream
        self._seconds = seconds
        self._timers: dict[str, list[threading.Timer]] = {}

    def begin(self, name: str, text: str, *, prints: bool) -> None:  # noqa: ARG002 - a program's own lines say no name
        """Print a phase, once it has taken long."""
        timer = threading.Timer(self._seconds, self._print, (_line(name, text) + "\n",))
        timer.daemon = True
        self._timers.setdefault(name, []).append(timer)
        timer.start()

    def end(self, name: str) -> None:
        """Print nothing of a phase that was short."""
        self._timers[name].pop().cancel()

    def packed(self, name: str, size: int) -> None:
        """Print nothing."""

    def close(self) -> None:
        """Print nothing more."""
        for timers in self._timers.values():
            for timer in timers:
                timer.cancel()

    def _print(self, line: str) -> None:
        self._stream.write(line)
        self._stream.flush()


class Live:
    """Draws the current phase of each build, again and again, below all that is printed.

    Args:
        stream: The terminal. Until `close`, `sys.stderr` and a terminal in `sys.stdout` are
            replaced by streams that print above the lines.
        first: Seconds until the first lines are drawn.
    """

    def __init__(self, stream: TextIO, first: float = _FIRST_SECONDS) -> None:
        self._stream = stream
        self._first = first
        self._frames = _FRAMES if terminal.can_show(_FRAMES, stream) else _ASCII_FRAMES
        self._lock = threading.RLock()
        self._phases: dict[str, list[_Phase]] = {}
        self._packed: dict[str, int] = {}
        self._drawn = 0
        self._frame = 0
        self._is_mid_line = False
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._streams = (sys.stdout, sys.stderr)

    def begin(self, name: str, text: str, *, prints: bool) -> None:
        """Draw a phase from now on. Print it instead, if a program of it prints."""
        with self._lock:
            if self._thread is None:
                self._start()
            self._phases.setdefault(name, []).append(_Phase(text, prints, time.monotonic()))
            if prints:
                self.write(
                    self._stream,
                    terminal.paint(_line(name, text), terminal.DIM, self._stream) + "\n",
                )

    def end(self, name: str) -> None:
        """Draw the phase no longer."""
        with self._lock:
            phase = self._phases[name].pop()
            self._is_mid_line |= phase.prints  # nobody knows whether the program ended its line
            if not self._phases[name]:
                del self._phases[name]
                self._packed.pop(name, None)

    def packed(self, name: str, size: int) -> None:
        """Draw how much of a function is packed."""
        with self._lock:
            self._packed[name] = self._packed.get(name, 0) + size

    def close(self) -> None:
        """Remove the lines, and give the streams back."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join()
            with self._lock:
                self._clear()
            sys.stdout, sys.stderr = self._streams

    def write(self, stream: TextIO, text: str) -> int:
        """Write to a stream, above the lines."""
        with self._lock:
            self._clear()
            number = stream.write(text)
            stream.flush()
            if text:
                self._is_mid_line = not text.endswith("\n")
            return number

    def draw(self) -> None:
        """Draw the lines anew."""
        with self._lock:
            self._clear()
            # A program that prints would print into them.
            if self._is_mid_line or any(
                each.prints for stack in self._phases.values() for each in stack
            ):
                return
            lines = self._lines()
            self._frame += 1
            self._drawn = len(lines)
            self._stream.write("\n".join(lines))
            self._stream.flush()

    def _lines(self) -> list[str]:
        spinner = self._frames[self._frame % len(self._frames)]
        width = terminal.columns(self._stream) - len(spinner) - 2
        texts = [self._text(name, stack[-1]) for name, stack in self._phases.items()]
        more = len(texts) - _MAX_LINES
        if more > 0:
            texts[_MAX_LINES - 1 :] = [f"and {more + 1} more builds"]
        painted = terminal.paint(spinner, terminal.HINT, self._stream)
        return [f"{painted} {_table.shorten(text, width, self._stream)}" for text in texts]

    def _text(self, name: str, phase: _Phase) -> str:
        seconds = time.monotonic() - phase.start
        packed = self._packed.get(name, 0)
        text = _line(name, phase.text) + (f", {_output.megabytes(packed)} done" if packed else "")
        return text if seconds < _LONG_SECONDS else f"{text} ({seconds:.0f} s)"

    def _clear(self) -> None:
        if self._drawn:
            up = f"\x1b[{self._drawn - 1}A" if self._drawn > 1 else ""
            self._stream.write(f"\r{up}\x1b[J")
            self._stream.flush()
            self._drawn = 0

    def _start(self) -> None:
        stdout, stderr = self._streams
        if terminal.is_terminal(stdout):
            sys.stdout = cast("TextIO", _Above(stdout, self))
        sys.stderr = cast("TextIO", _Above(stderr, self))
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        seconds = self._first
        while not self._closed.wait(seconds):
            self.draw()
            seconds = _FRAME_SECONDS


class _Above:
    """A stream that prints above the live lines."""

    def __init__(self, stream: TextIO, live: Live) -> None:
        self._stream = stream
        self._live = live

    def write(self, text: str) -> int:
        """Write a text, above the lines."""
        return self._live.write(self._stream, text)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the stream has
        """Return what the stream itself has."""
        return getattr(self._stream, name)


def _line(name: str, text: str) -> str:
    return printable(f"{name}: {text}" if name else text)


_active: list[Live | Lines] = []
