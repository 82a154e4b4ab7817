"""A program runs to its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import process
from scripts.errors import ScriptError

ROOT = Path(__file__).parents[2]

# Like Terraform: after Ctrl-C it still runs for a while, and then writes a file.
PROGRAM = """
import pathlib, signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
pathlib.Path("ready").write_text("")
while not pathlib.Path("go-on").exists():
    pass
pathlib.Path("saved").touch()
"""
STARTER = f"""
import os, sys
from scripts.process import run
run([sys.executable, "-c", {PROGRAM!r}], sys.argv[1], os.environ)
"""


def test_ctrl_c_waits_for_the_program(tmp_path: Path) -> None:
    """After Ctrl-C the program still finishes; only then is the interrupt raised."""
    os.mkfifo(tmp_path / "ready")
    starter = [sys.executable, "-c", STARTER, str(tmp_path)]
    with subprocess.Popen(starter, cwd=ROOT, stderr=subprocess.PIPE, text=True) as running:
        (tmp_path / "ready").read_text()  # blocks until the program writes to it
        running.send_signal(signal.SIGINT)
        (tmp_path / "go-on").touch()
        _, errors = running.communicate(timeout=30)
    assert (tmp_path / "saved").exists()
    assert errors.strip().endswith("KeyboardInterrupt")


def test_output_and_errors() -> None:
    """A program's output is returned; a failure has both streams and the hint."""
    assert process.output(["sh", "-c", "echo out; echo err >&2"], "h") == ("out\n", "err\n")
    with pytest.raises(ScriptError, match=r"exit code 3:\nout\nerr") as caught:
        process.output(["sh", "-c", "echo out; echo err >&2; exit 3"], "read this")
    assert caught.value.hint == "read this"
    with pytest.raises(ScriptError, match="no program no-such-program"):
        process.output(["no-such-program"], "h")
