"""Workers that wait for new code, and what they have imported by then."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from hashzip.emulator import standby
from tests.support import project as projects
from tests.support import watch_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What MiniStack's script does, as far as a spare is concerned: it reads a line, puts the code on
# the path, imports the module by its name, and answers on stdout. This one says what it found.
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
    """What starts workers, and each process that it has started.

    Args:
        folder: Where code is put.
    """

    def __init__(self, folder: Path) -> None:
        self.started: list[subprocess.Popen[str]] = []
        self.module = standby.Subprocess()
        self._folder = folder

    def start(self, *arguments: Any, **more: Any) -> subprocess.Popen[str]:  # noqa: ANN401 - as in the module
        """Start a process, and remember it."""
        self.started.append(subprocess.Popen(*arguments, **more))
        return self.started[-1]

    def worker(self, code: str = CODE, more: str = "", **environment: str) -> subprocess.Popen[str]:
        """Start a worker, as MiniStack does.

        Args:
            code: Of the function's module.
            more: Of a module of its own that is called as one of Python's.
            environment: What its environment has beside what each has.
        """
        place = self._folder / f"worker{len(self.started)}"
        files = {"_worker.py": SCRIPT, "code/app.py": code}
        if more:
            files["code/fractions.py"] = more
        projects.write_files(place, {path: text.encode() for path, text in files.items()})
        found: subprocess.Popen[str] = self.module.Popen(
            [sys.executable, str(place / "_worker.py")],
            cwd=str(place / "code"),
            env={
                "AWS_LAMBDA_FUNCTION_NAME": "hello",
                "AWS_LAMBDA_LOG_STREAM_NAME": place.name,
                "LAMBDA_TASK_ROOT": str(place / "code"),
                **environment,
            },
            text=True,
            bufsize=1,
            **PIPES,
        )
        assert found.stdin
        found.stdin.write("app\n")
        found.stdin.flush()
        return found

    def wait(self, count: int) -> None:
        """Wait until so many processes were started."""
        watch_process.until(lambda: len(self.started) >= count)
        assert len(self.started) == count


def answer(worker: subprocess.Popen[str]) -> tuple[bool, str, str, list[str], dict[str, str]]:
    """Read what a worker found: whether it had the import, its word, folder, words, environment."""
    assert worker.stdout
    assert worker.stderr
    line = worker.stdout.readline()
    assert line, worker.stderr.read()
    had, word, folder, arguments, environment = json.loads(line)
    return had, word, folder, arguments, environment


@pytest.fixture
def starter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Starter]:
    """A starter of workers, without a spare."""
    one = Starter(tmp_path)
    monkeypatch.setattr(
        standby, "subprocess", SimpleNamespace(Popen=one.start, PIPE=subprocess.PIPE)
    )
    yield one
    for process in one.started:
        process.kill()
    # Whoever follows them may start one more each.
    watch_process.until(lambda: not any("_follow" in one.name for one in threading.enumerate()))
    for process in one.started:
        process.kill()
        process.communicate()


@pytest.fixture
def spare(starter: Starter) -> subprocess.Popen[str]:
    """The spare that waits once a worker has run."""
    assert answer(starter.worker())[:2] == (False, "1/2")
    starter.wait(2)
    return starter.started[1]


def test_worker_is_its_script(starter: Starter) -> None:
    """A worker runs in the folder, with the environment and the arguments that it was given."""
    worker = starter.worker(MINE="a")

    _, word, folder, arguments, environment = answer(worker)

    assert word == "1/2"
    assert folder == os.path.realpath(environment["LAMBDA_TASK_ROOT"])
    assert [os.path.basename(one) for one in arguments] == ["_worker.py"]
    assert environment["MINE"] == "a"
    assert "PATH" not in environment, "it has nothing that it was not given"
    starter.wait(2)


def test_spare_is_taken(starter: Starter, spare: subprocess.Popen[str]) -> None:
    """The next worker is the spare, which has imported what the last one did, and runs new code."""
    second = starter.worker(CODE.replace("(1, 2)", "(1, 3)"))

    assert second is spare
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
def test_spare_of_another_environment(
    starter: Starter, spare: subprocess.Popen[str], changed: dict[str, str], *, taken: bool
) -> None:
    """It is taken by a worker of its function only, whose environment its imports could not see."""
    second = starter.worker(**changed)

    assert (second is spare) is taken
    assert answer(second)[4].items() >= changed.items()
    starter.wait(3 if taken else 4)
    other_function = "AWS_LAMBDA_FUNCTION_NAME" in changed
    assert (spare.poll() is None) is (taken or other_function), "what nobody will take has ended"


@pytest.mark.parametrize("where", ["code", "layer"])
def test_own_module_wins(
    starter: Starter, spare: subprocess.Popen[str], tmp_path: Path, where: str
) -> None:
    """New code with a module of its own, in place of one that is imported, gets its own."""
    if where == "code":
        second = starter.worker(more=OWN)
    else:
        layer = tmp_path / "worker2/layer_0"  # MiniStack has it beside the code
        projects.write_files(layer, {"python/fractions.py": OWN.encode()})
        second = starter.worker(_LAMBDA_LAYERS_DIRS=str(layer))

    assert second is spare
    assert answer(second)[:2] == (False, "own")
    starter.wait(3)
    assert answer(starter.worker())[:2] == (False, "1/2"), "and others need not import it for it"


def test_failed_worker(starter: Starter, spare: subprocess.Popen[str]) -> None:
    """After code that cannot be imported, whose traceback is shown, there is a spare as before."""
    failed = starter.worker("import fractions, nonesuch\n")
    assert failed is spare
    _, error = failed.communicate()
    assert "No module named 'nonesuch'" in error
    starter.wait(3)

    assert answer(starter.worker())[:2] == (True, "1/2")
    starter.wait(4)


def test_dead_spare(starter: Starter, spare: subprocess.Popen[str]) -> None:
    """A spare that has ended is not taken; a worker is started in its place."""
    spare.kill()
    spare.wait()

    second = starter.worker()

    assert second is not spare
    assert answer(second)[1] == "1/2"
    starter.wait(4)


def test_unwanted_spare_ends(spare: subprocess.Popen[str]) -> None:
    """It ends by itself once whoever started it has gone."""
    assert spare.poll() is None
    assert spare.stdin
    spare.stdin.close()
    assert spare.wait(watch_process.DEADLINE) == 0
    spare.stdin = None  # for what else is read of it


def test_other_language(starter: Starter, tmp_path: Path) -> None:
    """A worker that is no Python is started as it is, and there is no spare of it."""
    found = starter.module.Popen(
        ["/bin/sh", "-c", "echo $WORD"], cwd=str(tmp_path), env={"WORD": "a"}, text=True, **PIPES
    )

    assert found.communicate()[0] == "a\n"
    assert starter.started == [found]
    assert starter.module.PIPE == subprocess.PIPE, "what else the module has is there"
