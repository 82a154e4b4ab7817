"""Run programs, and capture their output."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from scripts.errors import ScriptError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_INSTALL = {
    "go": "Go: https://go.dev/dl/",
    "terraform": "Terraform: https://developer.hashicorp.com/terraform/install",
}


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
    code, stdout, stderr = run(command, folder, os.environ | dict(environment or {}))
    if code:
        text = f"{stdout.strip()}\n{stderr.strip()}".strip()[-4000:]
        raise ScriptError(f"`{' '.join(command)}` failed with exit code {code}:\n{text}", hint)
    return stdout, stderr


def run(
    command: Sequence[str], folder: str | None, environment: Mapping[str, str]
) -> tuple[int, str, str]:
    """Run a program to its end, even after Ctrl-C; return its exit code, stdout and stderr.

    The environment is complete: nothing is added to it.

    Raises:
        ScriptError: It is not installed.
    """
    name = command[0]
    if not shutil.which(name):
        hint = f"install {_INSTALL.get(name, name)}"
        raise ScriptError(f"there is no program {name} on the PATH", hint)
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    ) as process:
        try:
            stdout, stderr = process.communicate()
        except KeyboardInterrupt:
            # Terraform received the same Ctrl-C and must save its state: let it finish.
            process.communicate()
            raise
    return process.returncode, stdout, stderr
