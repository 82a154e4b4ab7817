"""Run hashzip with its output on a terminal."""

import os
import pty
import subprocess
import sys
from pathlib import Path

from tests.support import program

_TIMEOUT = 60.0  # seconds


def run(*arguments: str, cwd: Path, **settings: str) -> tuple[int, str]:
    """Run `python3 build ARGUMENTS` on a new terminal; return exit code and output.

    Args:
        arguments: The arguments of hashzip.
        cwd: The current folder.
        settings: Environment variables on top of `program.environment()`.
    """
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, str(program.BUILD), *arguments],
            cwd=cwd,
            env=program.environment(**settings),
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        text = _read(ours)
    finally:
        os.close(ours)
    return process.wait(_TIMEOUT), text


def _read(terminal: int) -> str:
    """Read a terminal until all programs have closed it."""
    text = b""
    while True:
        try:
            chunk = os.read(terminal, 1 << 16)
        except OSError:  # Linux reports the end so
            chunk = b""
        if not chunk:
            return text.decode()
        text += chunk
