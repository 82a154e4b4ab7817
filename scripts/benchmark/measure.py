"""Run whole programs, and measure time, memory and output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from scripts.errors import ScriptError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# The interpreter itself: a shim or a virtual environment in front of it costs time.
PYTHON = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
BARE = (PYTHON, "-I", "-S")  # with nothing installed, as at plan time

# Without the user's settings.
GIT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}

_LAUNCHER = str(Path(__file__).with_name("launcher.py"))


@dataclass(frozen=True)
class Program:
    """A program to measure."""

    command: Sequence[str]
    folder: Path  # its current folder
    stdin: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)  # added to this process's
    before: Callable[[], object] = lambda: None  # called before each run, and not measured
    output: Callable[[], Path] | None = None  # returns the file whose size is measured


class Figures(NamedTuple):
    """The figures of one run, or the medians of several."""

    seconds: float  # wall clock
    memory: float  # bytes: the peak of its largest process
    cpu: float  # seconds of CPU time of all its processes
    size: float  # bytes of its output


def in_turn(programs: Mapping[str, Program], runs: int) -> dict[str, Figures]:
    """Run programs one after the other, again and again, so that a slow moment affects all of them.

    A first round is not counted: it warms the caches of the machine and of the programs.

    Returns:
        The medians of each program.

    Raises:
        ScriptError: A program failed.
    """
    rounds = [[once(program) for program in programs.values()] for _ in range(runs + 1)]
    columns = [zip(*column, strict=True) for column in zip(*rounds[1:], strict=True)]
    figures = [Figures(*map(median, column)) for column in columns]
    return dict(zip(programs, figures, strict=True))


def once(program: Program) -> Figures:
    """Run a program once.

    Raises:
        ScriptError: It failed.
    """
    program.before()
    environment = {name: value for name, value in os.environ.items() if name[:6] != "PYTHON"}
    with tempfile.TemporaryDirectory(prefix="hashzip-run-") as scratch:
        stdin, stderr = Path(scratch, "stdin"), Path(scratch, "stderr")
        stdin.write_text(program.stdin, encoding="utf-8")
        request = {
            "command": list(program.command),
            "folder": str(program.folder),
            "environment": {**environment, **GIT, **program.environment},
            "stdin": str(stdin),
            "stderr": str(stderr),
        }
        query = json.dumps(request).encode()
        report = subprocess.check_output([*BARE, _LAUNCHER], input=query)
        code, seconds, memory, cpu = json.loads(report)
        if code != 0:
            errors = stderr.read_text(encoding="utf-8", errors="replace").strip()[-2000:]
            raise ScriptError(
                f"`{' '.join(program.command)[:300]}` in {program.folder} failed with exit code "
                f"{code:.0f}:\n{errors}",
                "read its message above: only programs that succeed can be measured",
            )
    size = program.output().stat().st_size if program.output else 0
    return Figures(seconds, memory, cpu, size)
