"""A supervised program ends when its starter does."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

from hashzip.emulator.supervisor import supervised

if TYPE_CHECKING:
    from pathlib import Path

# Prints the id of its own child process, and leaves both running.
PROGRAM = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
print(child.pid, flush=True)
child.wait()
"""


def test_grandchildren_end_with_the_block(tmp_path: Path) -> None:
    """At the end of the block, the children of the program and its files are gone."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with (
        tempfile.TemporaryFile() as log,
        supervised(
            [sys.executable, "-c", PROGRAM],
            folder=tmp_path,
            environment=os.environ,
            log=log,
            scratch=scratch,
        ),
    ):
        while not (printed := os.pread(log.fileno(), 20, 0)).endswith(b"\n"):
            pass
    listed = subprocess.run(
        ["ps", "-o", "stat=", "-p", printed.decode().strip()],
        capture_output=True,
        text=True,
        check=False,
    )
    assert listed.stdout.strip()[:1] in ("", "Z")
    assert not scratch.exists()


def test_exit_code_is_the_program_s_own(tmp_path: Path) -> None:
    """The supervisor of a program that ends by itself has the same exit code."""
    with (
        tempfile.TemporaryFile() as log,
        supervised(
            [sys.executable, "-c", "raise SystemExit(7)"],
            folder=tmp_path,
            environment=os.environ,
            log=log,
            scratch=tmp_path / "none",
        ) as process,
    ):
        assert process.wait() == 7
