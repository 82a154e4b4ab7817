"""Whole processes: how long they take, how much memory they have at most, what they write."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.errors import ScriptError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# The interpreter itself: a shim in front of it costs more than it does, and a virtual environment
# some more.
PYTHON = os.path.realpath(getattr(sys, "_base_executable", sys.executable))

# Keeps the user's settings out.
GIT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}

_LAUNCHER = Path(__file__).with_name("launcher.py")


def _nothing() -> None:
    """Prepare nothing."""


@dataclass(frozen=True)
class Program:
    """A program to measure.

    Attributes:
        command: The program and its arguments.
        folder: Its current folder.
        stdin: What it reads.
        environment: What to add to the environment.
        before: What to do before each run; it does not count.
        output: What it writes, if its size is to be known.
    """

    command: Sequence[str]
    folder: Path
    stdin: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[], None] = _nothing
    output: Callable[[], Path] | None = None


@dataclass(frozen=True)
class Run:
    """What one run of a program came to.

    Attributes:
        seconds: From its start to its end.
        memory: The most bytes that one of its processes had.
        size: Of its output, in bytes; 0 where nobody asked.
        processors: Seconds of all processors together.
    """

    seconds: float
    memory: float
    size: int
    processors: float


@dataclass(frozen=True)
class Figures:
    """What several runs of a program came to.

    Attributes:
        runs: In their order.
    """

    runs: Sequence[Run]

    @cached_property
    def seconds(self) -> float:
        """The median time."""
        return statistics.median(run.seconds for run in self.runs)

    @cached_property
    def memory(self) -> float:
        """The median of the most memory."""
        return statistics.median(run.memory for run in self.runs)

    @cached_property
    def size(self) -> float:
        """The median size of the output."""
        return statistics.median(run.size for run in self.runs)

    @cached_property
    def processors(self) -> float:
        """The median of the seconds of processors."""
        return statistics.median(run.processors for run in self.runs)


def in_turn(programs: Sequence[Program], runs: int) -> list[Figures]:
    """Run programs one after the other, again and again, so that a slow moment meets them all.

    Each runs once before, which does not count: it warms the caches of the machine, and those of
    the programs that have any.

    Args:
        programs: What to run.
        runs: How often.

    Returns:
        The figures of each program.

    Raises:
        ScriptError: A program failed.
    """
    rounds = [[once(program) for program in programs] for _ in range(runs + 1)]
    return [Figures(of_one) for of_one in zip(*rounds[1:], strict=True)]


def saves(
    save: Callable[[int], None], wait: Callable[[int], None], runs: int, pause: float = 2.0
) -> list[float]:
    """Save something again and again, and return how long each save took to take effect.

    Args:
        save: Writes what has a number in it.
        wait: Returns once that number is what answers.
        runs: How often.
        pause: Seconds before each save, as there are before a person's.
    """
    seconds = []
    for number in range(runs):
        time.sleep(pause)
        start = time.perf_counter()
        save(number)
        wait(number)
        seconds.append(time.perf_counter() - start)
    return seconds


def once(program: Program) -> Run:
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
        answer = subprocess.run(
            [PYTHON, "-I", "-S", str(_LAUNCHER)],
            input=json.dumps(request),
            stdout=subprocess.PIPE,
            encoding="utf-8",
            check=True,
        )
        code, seconds, memory, processors = json.loads(answer.stdout)
        if code != 0:
            words = stderr.read_text(encoding="utf-8", errors="replace").strip()[-2000:]
            raise ScriptError(
                f"`{' '.join(program.command)[:300]}` in {program.folder} failed with exit code "
                f"{code:.0f}:\n{words}",
                "what is measured must work: run the same command there",
            )
    size = program.output().stat().st_size if program.output else 0
    return Run(seconds, memory, size, processors)
