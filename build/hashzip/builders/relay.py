"""Show what programs print, line by line, so that no line is a command to what runs a workflow.

On a terminal, programs print by themselves, because they draw on it. Elsewhere, such as in the log
of a CI system, their lines are shown as hashzip shows all text of others.
"""

import os
import select
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Any

from hashzip import terminal
from hashzip.printable import escaped, without_colours, without_credentials

_STDERR = 2
_READ = 1 << 16
_PIPE = 1 << 20  # bytes; no pipe holds more by default
_LONGEST = 1 << 20  # bytes of a line


def run(arguments: Sequence[str], *, stdout: int | IO[bytes], **options: Any) -> int:  # noqa: ANN401
    """Run a program, show what it prints to standard error as it comes, and return its exit code.

    Args:
        arguments: The program and its arguments.
        stdout: Where its standard output goes; 2 for standard error.
        options: As for `subprocess.run`.

    Raises:
        OSError: It cannot be started.
    """
    # Windows cannot wait for two pipes.
    if sys.platform == "win32" or terminal.is_terminal(sys.stderr):
        return subprocess.run(arguments, stdout=stdout, check=False, **options).returncode
    with _shown() as writer:
        output = writer if stdout == _STDERR else stdout
        return subprocess.run(
            arguments, stdout=output, stderr=writer, check=False, **options
        ).returncode


def show(line: bytes) -> None:
    """Show a line of a program on standard error."""
    text = line.decode("utf-8", "replace").rstrip("\r\n").rpartition("\r")[2]
    plain = without_credentials(without_colours(text))
    safe = escaped(plain, "\t")
    if safe == text or (safe == plain and terminal.has_colour(sys.stderr)):
        safe = text
    data = f"{safe}\n".encode("utf-8", "backslashreplace")
    with suppress(OSError):  # the reader may have gone
        while data:
            data = data[os.write(_STDERR, data) :]


@contextmanager
def _shown() -> Iterator[int]:
    """Yield a pipe, and show the lines that are written to it until the block ends.

    A program may leave others running, which keep the pipe open. Nothing waits for them.
    """
    reader, writer = os.pipe()
    ended, end = os.pipe()
    thread = threading.Thread(target=_show_all, args=(reader, ended))
    try:
        thread.start()
        yield writer
    finally:
        os.close(writer)
        os.close(end)
        thread.join()
        os.close(reader)
        os.close(ended)


def _show_all(reader: int, ended: int) -> None:
    """Show the lines of a pipe until its end, or what is in it when the other one ends."""
    rest = b""
    left = _PIPE
    while left > 0:
        ready, _, _ = select.select([reader, ended], [], [])
        if reader not in ready:
            break
        block = os.read(reader, _READ)
        if ended in ready:
            left -= len(block)  # a program that was left running may print for ever
        if not block:
            break
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            show(line)
        if len(rest) > _LONGEST:
            show(rest)
            rest = b""
    if rest:
        show(rest)
