"""Run programs, and capture their output."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from typing import IO, TYPE_CHECKING, cast

from scripts.errors import ScriptError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def output(
    command: Sequence[str],
    hint: str,
    *,
    folder: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> tuple[str, str]:
    """Run a program, and return its stdout and stderr.

    Args:
        command: The program and its arguments.
        hint: What to do if it fails.
        folder: Its current folder.
        environment: Variables to add to the environment.

    Raises:
        ScriptError: It is not installed, or failed; its output is in the message.
    """
    if not shutil.which(command[0]):
        raise ScriptError(f"there is no program {command[0]}", f"install {command[0]}")
    result = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        encoding="utf-8",
        errors="replace",
    )
    if result.returncode:
        text = f"{result.stdout.strip()}\n{result.stderr.strip()}".strip()[-4000:]
        message = f"`{' '.join(command)}` failed with exit code {result.returncode}:\n{text}"
        raise ScriptError(message, hint)
    return result.stdout, result.stderr


def run(
    command: Sequence[str], folder: str, environment: Mapping[str, str], *, echo: bool
) -> tuple[int, str, str]:
    """Run a program to its end, even after Ctrl-C.

    Args:
        command: The program and its arguments.
        folder: Its current folder.
        environment: Its complete environment.
        echo: Whether to print its stdout while it runs.

    Returns:
        The exit code, stdout and stderr.
    """
    # stderr goes to a file: with two pipes, one could fill up while the other is read.
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            encoding="utf-8",
        )
        lines: list[str] = []
        try:
            _read(process, lines, echo=echo)
        except KeyboardInterrupt:
            # Terraform received the same Ctrl-C and must save its state: let it finish.
            _read(process, lines, echo=echo)
            raise
        errors.seek(0)
        return process.returncode, "".join(lines), errors.read()


def _read(process: subprocess.Popen[str], lines: list[str], *, echo: bool) -> None:
    """Collect the lines of a program's stdout until it ends."""
    stdout = cast("IO[str]", process.stdout)
    for line in stdout:
        lines.append(line)
        if echo:
            print(line, end="", flush=True)
    stdout.close()
    process.wait()
