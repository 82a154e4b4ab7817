"""The worker imports modules, waits for its job, and becomes MiniStack's script."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hashzip.emulator import worker
from tests.support import project as projects

if TYPE_CHECKING:
    from pathlib import Path

# In place of MiniStack's: it imports the function's module, and prints what it found.
SCRIPT = """
import importlib, json, os, sys
sys.path.insert(0, os.getcwd())
had = "fractions" in sys.modules
rest = sys.stdin.readline()
word = importlib.import_module("app").WORD
print(json.dumps([had, word, os.path.basename(os.getcwd()), sys.argv, dict(os.environ), rest]))
"""


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """Write a file with a job: a script, a folder with code, and an environment."""
    projects.write_files(
        tmp_path, {"run/script.py": SCRIPT.encode(), "run/code/app.py": b"WORD = 'here'\n"}
    )
    path = tmp_path / "job.json"
    folder = tmp_path / "run"
    document = {
        "script": str(folder / "script.py"),
        "folder": str(folder / "code"),
        "environment": {"A": "b"},
    }
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def run(*arguments: Path | str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run a worker to its end."""
    command = [sys.executable, "-P", worker.__file__, *map(str, arguments)]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


def names(tmp_path: Path) -> Path:
    """Write the file with the names to import."""
    path = tmp_path / "names.json"
    path.write_text(json.dumps(["fractions", "no_such_module"]), encoding="utf-8")
    return path


def test_job_of_an_argument(tmp_path: Path, job: Path) -> None:
    """It imports nothing, and runs the script in its folder and environment."""
    finished = run("", job)

    assert finished.returncode == 0, finished.stderr
    had, word, folder, arguments, environment, _ = json.loads(finished.stdout)
    assert (had, word, folder) == (False, "here", "code")
    assert arguments == [str(tmp_path / "run/script.py")]
    assert environment.items() >= {"A": "b"}.items()
    assert "PATH" not in environment


def test_job_of_stdin(tmp_path: Path, job: Path) -> None:
    """It imports the names, reads one line, and leaves the rest of stdin to the script."""
    path = names(tmp_path)

    finished = run(path, text=f"{job}\nevent\n")

    had, word, *_, rest = json.loads(finished.stdout)
    assert (had, word, rest) == (True, "here", "event\n")
    assert not path.exists()


def test_no_job(tmp_path: Path) -> None:
    """If nobody gives it a job, it ends."""
    finished = run(names(tmp_path))

    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "", "")


def test_shadowed_import(tmp_path: Path, job: Path) -> None:
    """If the code has a module of a name that was imported, nothing is imported before it."""
    projects.write_files(tmp_path / "run", {"code/fractions.py": b""})

    had, word, *_ = json.loads(run(names(tmp_path), text=f"{job}\n").stdout)

    assert (had, word) == (False, "here")


def test_record(tmp_path: Path, job: Path) -> None:
    """The names of all modules are recorded for the next worker, without the function's own."""
    projects.write_files(tmp_path / "run", {"code/app.py": b"import fractions, own\nWORD = ''\n"})
    projects.write_files(tmp_path / "run", {"code/own.py": b""})

    assert run("", job).returncode == 0

    recorded = json.loads((tmp_path / "run" / worker.RECORD).read_text(encoding="utf-8"))
    assert {"fractions", "json"} <= set(recorded)
    assert not {"app", "own", "__main__"} & set(recorded)


def test_traceback(tmp_path: Path, job: Path) -> None:
    """A function's module that cannot be imported prints its traceback, from itself on."""
    projects.write_files(tmp_path / "run", {"code/app.py": b"A = 1\nimport nonesuch\n"})

    finished = run("", job)

    trace, _, _ = finished.stderr.partition("ModuleNotFoundError")
    assert 'app.py", line 2' in trace
    assert "importlib" not in trace
    assert finished.returncode == 1


def test_packages(tmp_path: Path, job: Path) -> None:
    """What Lambda has is last on the path, and its variable is gone; without it, nothing is."""
    projects.write_files(tmp_path, {"lambda/brought.py": b"WORD = 'brought'\n"})
    projects.write_files(tmp_path, {"run/code/app.py": b"from brought import WORD\n"})
    variables = {**os.environ, worker.PACKAGES_VARIABLE: str(tmp_path / "lambda")}
    command = [sys.executable, worker.__file__, "", str(job)]

    finished = subprocess.run(
        command, env=variables, input="", capture_output=True, text=True, check=False
    )

    _, word, *_, environment, _ = json.loads(finished.stdout)
    assert (word, environment) == ("brought", {"A": "b"})
    assert "No module named 'brought'" in run("", job).stderr
