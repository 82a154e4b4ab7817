"""Run a program that never outlives the process that started it.

`supervised` runs this file as a small process, the supervisor, which starts the program. The
starter holds the other end of the supervisor's stdin. If the starter ends, even by SIGKILL, that
pipe is closed, and the supervisor ends the program and all its children. This needs process groups:
Linux, macOS, or WSL.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


@contextmanager
def supervised(
    command: Sequence[str | Path],
    *,
    folder: Path,
    environment: Mapping[str, str],
    log: IO[bytes],
    scratch: Path,
    grace: float = 0,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program for as long as the block lasts, and never longer than this process.

    Args:
        command: The program and its arguments.
        folder: Its current folder.
        environment: All of its environment variables.
        log: The file for its stdout and stderr.
        scratch: A folder for its files, removed when it has ended.
        grace: The seconds between SIGTERM and SIGKILL; 0 for SIGKILL at once.

    Yields:
        The supervisor; it ends when the program does, with the same exit code.
    """
    # -I and -S: it needs the standard library only, and starts in 15 ms that way.
    options = [sys.executable, "-I", "-S", __file__, str(grace), str(scratch)]
    supervisor = subprocess.Popen(
        [*options, *command],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=environment,
        # Ctrl-C in a terminal must reach the starter only, which then closes the pipe.
        start_new_session=True,
    )
    try:
        yield supervisor
    finally:
        # Not `with supervisor`: after Ctrl-C, that waits for only a quarter of a second.
        cast("IO[bytes]", supervisor.stdin).close()
        supervisor.wait()


def main(grace: float, scratch: str, command: list[str]) -> int:
    """Run a program until it ends or stdin does; return its exit code."""
    try:
        program = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
        # SIGTERM has the same effect as the end of stdin.
        signal.signal(signal.SIGTERM, lambda *_: _end(program, grace))
        threading.Thread(target=_end_with_stdin, args=(program, grace), daemon=True).start()
        code = program.wait()
        _kill_group(program)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return code if code >= 0 else 128 - code


def _end_with_stdin(program: subprocess.Popen[bytes], grace: float) -> None:
    # Not `sys.stdin.read`: its lock, held by this thread, would crash the interpreter's exit.
    while os.read(sys.stdin.fileno(), 1):
        pass
    _end(program, grace)


def _end(program: subprocess.Popen[bytes], grace: float) -> None:
    if grace:
        program.terminate()
        with suppress(subprocess.TimeoutExpired):
            program.wait(grace)
    _kill_group(program)


def _kill_group(program: subprocess.Popen[bytes]) -> None:
    """Kill the program and its children: it leads their process group."""
    with suppress(ProcessLookupError):
        os.killpg(program.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2], sys.argv[3:]))
