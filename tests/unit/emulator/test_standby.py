"""Standby workers: what they import, who takes them, and when they end."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from hashzip.emulator import standby
from tests.support import project as projects
from tests.support import pythons, watch_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# In place of MiniStack's script, it reads a line, puts the code on the path, imports the module by
# its name, and prints what it found.
SCRIPT = """
import importlib, json, os, sys
module = sys.stdin.readline().strip()
sys.path.insert(0, os.getcwd())
for layer in filter(None, os.environ.get("_LAMBDA_LAYERS_DIRS", "").split(os.pathsep)):
    sys.path.insert(0, os.path.join(layer, "python"))
had = "fractions" in sys.modules
word = importlib.import_module(module).WORD
print(json.dumps([had, word, os.getcwd(), sys.argv, dict(os.environ)]), flush=True)
sys.stdin.readline()
"""
CODE = "import fractions\nWORD = str(fractions.Fraction(1, 2))\n"
OWN = "def Fraction(*numbers):\n    return 'own'\n"
PIPES = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}


class Starter:
    """Starts workers as MiniStack does, and remembers each process.

    Args:
        folder: A folder for code.
    """

    def __init__(self, folder: Path) -> None:
        self.started: list[subprocess.Popen[str]] = []
        self.module = standby.patched_subprocess()
        self._folder = folder

    def start(self, *arguments: Any, **more: Any) -> subprocess.Popen[str]:  # noqa: ANN401 - as in the module
        """Start a process, and remember it."""
        self.started.append(subprocess.Popen(*arguments, **more))
        return self.started[-1]

    def worker(
        self,
        code: str = CODE,
        more: str = "",
        interpreter: str = sys.executable,
        **environment: str,
    ) -> subprocess.Popen[str]:
        """Start a worker, as MiniStack does.

        Args:
            interpreter: The Python to start.
            code: The function's module.
            more: A module of the function's own that has the name of one of Python's.
            environment: More environment variables.
        """
        folder = self._folder / f"worker{len(self.started)}"
        files = {"_worker.py": SCRIPT, "code/app.py": code}
        if more:
            files["code/fractions.py"] = more
        projects.write_files(folder, {path: text.encode() for path, text in files.items()})
        worker: subprocess.Popen[str] = self.module.Popen(
            [interpreter, str(folder / "_worker.py")],
            cwd=str(folder / "code"),
            env={
                "AWS_LAMBDA_FUNCTION_NAME": "hello",
                "AWS_LAMBDA_LOG_STREAM_NAME": folder.name,
                "LAMBDA_TASK_ROOT": str(folder / "code"),
                **environment,
            },
            text=True,
            bufsize=1,
            **PIPES,
        )
        assert worker.stdin
        worker.stdin.write("app\n")
        worker.stdin.flush()
        return worker

    def wait(self, count: int) -> None:
        """Wait until so many processes were started."""
        watch_process.until(lambda: len(self.started) >= count)
        assert len(self.started) == count


def answer(worker: subprocess.Popen[str]) -> tuple[bool, str, str, list[str], dict[str, str]]:
    """Read what a worker prints: had it the import, its word, folder, arguments, environment."""
    assert worker.stdout
    assert worker.stderr
    line = worker.stdout.readline()
    assert line, worker.stderr.read()
    had, word, folder, arguments, environment = json.loads(line)
    return had, word, folder, arguments, environment


@pytest.fixture
def starter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Starter]:
    """Return a starter that has no standby worker yet."""
    starter = Starter(tmp_path)
    monkeypatch.setattr(
        standby, "subprocess", SimpleNamespace(Popen=starter.start, PIPE=subprocess.PIPE)
    )
    yield starter
    for process in starter.started:
        process.kill()
    # The threads that follow them may start one more each.
    watch_process.until(
        lambda: not any("_follow" in thread.name for thread in threading.enumerate())
    )
    for process in starter.started:
        process.kill()
        process.communicate()


@pytest.fixture
def waiting(starter: Starter) -> subprocess.Popen[str]:
    """Return the standby worker that waits once a worker has run."""
    assert answer(starter.worker())[:2] == (False, "1/2")
    starter.wait(2)
    return starter.started[1]


def test_worker_is_its_script(starter: Starter) -> None:
    """A worker runs in its folder, with its environment and arguments, and no others."""
    worker = starter.worker(MINE="a")

    _, word, folder, arguments, environment = answer(worker)

    assert word == "1/2"
    assert folder == os.path.realpath(environment["LAMBDA_TASK_ROOT"])
    assert [os.path.basename(argument) for argument in arguments] == ["_worker.py"]
    assert environment["MINE"] == "a"
    assert "PATH" not in environment, "it has only the variables that it was given"
    job = os.path.join(os.path.dirname(folder), "job.json")
    assert stat.S_IMODE(os.stat(job).st_mode) == 0o600, "its environment has the key"
    starter.wait(2)


def test_next_worker(starter: Starter, waiting: subprocess.Popen[str]) -> None:
    """The next worker is the standby worker: it has the imports of the last, and runs new code."""
    second = starter.worker(CODE.replace("(1, 2)", "(1, 3)"))

    assert second is waiting
    assert answer(second)[:2] == (True, "1/3")
    starter.wait(3)
    assert answer(starter.worker())[:2] == (True, "1/2")
    starter.wait(4)


@pytest.mark.parametrize(
    "changed, taken",
    [
        ({"AWS_SESSION_TOKEN": "another"}, True),
        ({"PYTHONPATH": "packages"}, False),
        ({"AWS_LAMBDA_FUNCTION_NAME": "other"}, False),
    ],
)
def test_other_environment(
    starter: Starter, waiting: subprocess.Popen[str], changed: dict[str, str], *, taken: bool
) -> None:
    """It serves only its own function, in the environment that its imports have seen."""
    second = starter.worker(**changed)

    assert (second is waiting) is taken
    assert answer(second)[4].items() >= changed.items()
    starter.wait(3 if taken else 4)
    other_function = "AWS_LAMBDA_FUNCTION_NAME" in changed
    assert (waiting.poll() is None) is (taken or other_function), (
        "a standby worker that nobody will take has ended"
    )


@pytest.mark.parametrize("where", ["code", "layer"])
def test_own_module_wins(
    starter: Starter, waiting: subprocess.Popen[str], tmp_path: Path, where: str
) -> None:
    """New code with a module of the name of an imported one gets its own."""
    if where == "code":
        second = starter.worker(more=OWN)
    else:
        layer = tmp_path / "worker2/layer_0"  # MiniStack has it beside the code
        projects.write_files(layer, {"python/fractions.py": OWN.encode()})
        second = starter.worker(_LAMBDA_LAYERS_DIRS=str(layer))

    assert second is waiting
    assert answer(second)[:2] == (False, "own")
    starter.wait(3)
    assert answer(starter.worker())[:2] == (False, "1/2"), "the next one starts without it, too"


def test_failed_worker(starter: Starter, waiting: subprocess.Popen[str]) -> None:
    """After code that cannot be imported, there is a standby worker as before."""
    failed = starter.worker("import fractions, nonesuch\n")
    assert failed is waiting
    _, error = failed.communicate()
    assert "No module named 'nonesuch'" in error
    starter.wait(3)

    assert answer(starter.worker())[:2] == (True, "1/2")
    starter.wait(4)


def test_dead_standby_worker(starter: Starter, waiting: subprocess.Popen[str]) -> None:
    """A standby worker that has ended is not taken; a worker is started in its place."""
    waiting.kill()
    waiting.wait()

    second = starter.worker()

    assert second is not waiting
    assert answer(second)[1] == "1/2"
    starter.wait(4)


def test_end_with_starter(waiting: subprocess.Popen[str]) -> None:
    """It ends by itself when its starter has ended."""
    assert waiting.poll() is None
    assert waiting.stdin
    waiting.stdin.close()
    assert waiting.wait(watch_process.DEADLINE) == 0
    waiting.stdin = None  # closed


def test_other_language(starter: Starter, tmp_path: Path) -> None:
    """A worker of another language is started as it is, without a standby worker."""
    worker = starter.module.Popen(
        ["/bin/sh", "-c", "echo $WORD"], cwd=str(tmp_path), env={"WORD": "a"}, text=True, **PIPES
    )

    assert worker.communicate()[0] == "a\n"
    assert starter.started == [worker]
    assert starter.module.PIPE == subprocess.PIPE, "the rest of the module is there"


class TestPythons:
    """Functions that another Python runs."""

    def test_detect(self, tmp_path: Path) -> None:
        """A runtime of the file has its interpreter; others, and all before, have MiniStack's."""
        file = tmp_path / "pythons.json"
        detect = standby.with_pythons(lambda runtime: ("/own", f"script of {runtime}"), file)
        assert detect("python3.13") == ("/own", "script of python3.13")

        document = {"interpreters": {"python3.13": "/other"}, "packages": {}}
        file.write_text(json.dumps(document), encoding="utf-8")

        assert detect("python3.13") == ("/other", "script of python3.13")
        assert detect("python3.12") == ("/own", "script of python3.12")

    def test_worker(
        self, starter: Starter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its standby workers are of that Python, and it has the packages that Lambda has."""
        other = str(pythons.named(tmp_path / "python"))
        projects.write_files(tmp_path / "packages", {"brought.py": b"WORD = 'from Lambda'\n"})
        monkeypatch.setitem(standby.PACKAGES, other, str(tmp_path / "packages"))
        code = "import brought\nWORD = brought.WORD\n"

        first = starter.worker(code, interpreter=other)
        _, word, *_, environment = answer(first)
        starter.wait(2)
        second = starter.worker(code, interpreter=other)

        assert word == answer(second)[1] == "from Lambda"
        assert "HASHZIP_PACKAGES" not in environment
        assert second is starter.started[1]
        third = starter.worker()
        assert answer(third)[1] == "1/2"
        assert third.args != second.args
        assert all(process.args[0] == other for process in starter.started[:2])  # type: ignore[index]
