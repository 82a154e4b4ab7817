"""How long a function takes from the start of its process to its answer."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scripts.errors import ScriptError
from scripts.runtime_api import RuntimeApi

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

EVENT = {"name": "world"}

_DEADLINE = 60.0  # seconds
_LOOK_SECONDS = 0.1  # how often to see whether the function has ended; no part of what is measured


@dataclass(frozen=True)
class Start:
    """A function to start.

    Attributes:
        command: The program and its arguments.
        folder: Its current folder.
        environment: What to add to the variables that Lambda sets; no others are there.
    """

    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)


def seconds_to_answer(start: Start) -> float:
    """Start a function, invoke it once, and end it.

    Returns:
        Seconds from the start of its process to its answer.

    Raises:
        ScriptError: It ended, answered with an error, or not at all.
    """
    with RuntimeApi([EVENT]) as api, tempfile.TemporaryFile() as words:
        environment = {
            "PATH": os.defpath,
            **api.environment,
            "LAMBDA_TASK_ROOT": str(start.folder),
            **start.environment,
        }
        began = time.perf_counter()
        process = subprocess.Popen(
            start.command,
            cwd=start.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=words,
        )
        end = began + _DEADLINE
        while not api.done.wait(_LOOK_SECONDS) and time.perf_counter() < end:
            if process.poll() is not None:
                break
        process.kill()
        process.wait()
        if api.errors or not api.done.is_set():
            words.seek(0)
            said = (json.dumps(api.errors) + words.read().decode(errors="replace")).strip()[-2000:]
            raise ScriptError(
                f"`{' '.join(start.command)}` in {start.folder} did not answer {EVENT}:\n{said}",
                "what is measured must work: it is to be mended first",
            )
        return api.done_at - began
