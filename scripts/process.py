"""Run a program that must not be cut short, and read what it prints."""

from __future__ import annotations

import subprocess
import tempfile
from typing import IO, TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def run(
    command: Sequence[str], folder: str, environment: Mapping[str, str], *, echo: bool
) -> tuple[int, str, str]:
    """Run a program until it ends, also when Ctrl-C comes in between.

    Args:
        command: The program and its arguments.
        folder: Its current folder.
        environment: All of its environment variables.
        echo: Whether to show what it prints, as it comes.

    Returns:
        Its exit code, stdout and stderr.
    """
    # stderr goes to a file, so that neither of the two can fill up while the other is read.
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
            # Terraform has got the same Ctrl-C, and has its state to save: let it end by itself.
            _read(process, lines, echo=echo)
            raise
        errors.seek(0)
        return process.returncode, "".join(lines), errors.read()


def _read(process: subprocess.Popen[str], lines: list[str], *, echo: bool) -> None:
    """Collect what a program prints until it ends."""
    stdout = cast("IO[str]", process.stdout)
    for line in stdout:
        lines.append(line)
        if echo:
            print(line, end="", flush=True)
    stdout.close()
    process.wait()
