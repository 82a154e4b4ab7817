"""A stand-in for a Python that is not installed."""

import json
import subprocess
import sys
from pathlib import Path

from hashzip.builders.python import stand_in

ASK = (
    "import json, platform; version = platform.python_version(); "
    "print(json.dumps({'markers': {'python_full_version': version, 'x': 1}, 'rest': [2]}))"
)


def ask(python: str, code: str) -> subprocess.CompletedProcess[str]:
    """Run a Python as uv does."""
    command = [python, "-I", "-B", "-c", code]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False)


def test_version(tmp_path: Path) -> None:
    """It has another version, and is otherwise the Python that runs."""
    here = json.loads(ask(sys.executable, ASK).stdout)

    answer = json.loads(ask(stand_in.make(tmp_path, "3.11.99", "uv.lock"), ASK).stdout)

    assert answer["markers"].pop("python_full_version") == "3.11.99"
    assert answer["markers"].pop("python_version") == "3.11"
    assert answer["markers"].pop("implementation_version") == "3.11.99"
    assert here["markers"].pop("python_full_version") != "3.11.99"
    assert answer == here


def test_failure(tmp_path: Path) -> None:
    """A question that fails has the same exit code and message."""
    finished = ask(stand_in.make(tmp_path, "3.11.99", "uv.lock"), "raise SystemExit('no luck')")

    assert finished.returncode == 1
    assert "no luck" in finished.stderr
    assert finished.stdout == ""
