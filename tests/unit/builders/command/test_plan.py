"""The plan of a function that programs make."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hashzip.errors import HashzipError
from tests.support import commands
from tests.support import project as projects


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a project with one function, "hello", that a program makes."""
    return commands.make(tmp_path / "project")


def test_recipe(project: Path) -> None:
    """The recipe has the programs and their settings, and options only if they are set."""
    least = {
        "builder": "command",
        "runtime": "provided.al2023",
        "architecture": "x86_64",
        "source": "//src",
        "command": [["sh", "build.sh"]],
    }
    assert projects.examine(project).recipe == least | {"output": "out"}

    projects.write_config(
        project,
        hello={key: value for key, value in commands.HELLO.items() if key != "output"}
        | {"command": [["a", ""], ["b"]], "env": {"A": "b"}, "executable": ["run"]},
    )

    more = {"command": [["a", ""], ["b"]], "env": {"A": "b"}, "executable": ["run"]}
    assert projects.examine(project).recipe == least | more


@pytest.mark.parametrize(
    "changes",
    [
        {"command": ["sh", "./build.sh"]},
        {"command": [["sh", "build.sh"], ["true"]]},
        {"env": {"A": "b"}},
        {"output": "out/more"},
        {"executable": ["*"]},
        {"architecture": "arm64"},
        {"runtime": "provided.al2"},
    ],
)
def test_decides(project: Path, changes: dict[str, object]) -> None:
    """Each setting that the programs see, or that changes the package, changes the fingerprint."""
    before = projects.examine(project).fingerprint
    commands.configure(project, **changes)

    assert projects.examine(project).fingerprint != before


@pytest.mark.parametrize(
    "changes",
    [
        {"handler": "other"},
        {"allow": ["/.env"]},
        {"environment": {"A": "b"}},
        {"exclude": ["nothing"]},
    ],
)
def test_decides_nothing(project: Path, changes: dict[str, object]) -> None:
    """A setting that no program sees and that changes no byte changes nothing."""
    before = projects.examine(project).fingerprint
    commands.configure(project, **changes)

    assert projects.examine(project).fingerprint == before


def _of_variables(project: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("A", str(project))


def _of_mode(project: Path, _patch: pytest.MonkeyPatch) -> None:
    (project / "src/words.txt").chmod(0o600)


def _of_time(project: Path, _patch: pytest.MonkeyPatch) -> None:
    (project / "src/words.txt").touch()


@pytest.mark.parametrize("change", [_of_variables, _of_mode, _of_time])
def test_machine(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Path, pytest.MonkeyPatch], None],
) -> None:
    """Properties of this machine change nothing."""
    before = projects.examine(project).fingerprint
    change(project, monkeypatch)

    assert projects.examine(project).fingerprint == before


@pytest.mark.parametrize(
    "runtime",
    [
        *("provided.al2023", "provided.al2", "nodejs24.x", "python3.14"),
        *("java21", "java8.al2", "dotnet10", "ruby3.4"),
    ],
)
def test_runtime(project: Path, runtime: str) -> None:
    """Programs may make a package for each runtime of Lambda."""
    commands.configure(project, runtime=runtime, handler="a.b")

    assert projects.examine(project).recipe["runtime"] == runtime


@pytest.mark.parametrize("runtime", ["provided", "nodejs24", "go1.x", "python3.14.1", ""])
def test_unknown_runtime(project: Path, runtime: str) -> None:
    """A runtime that Lambda does not have is refused."""
    commands.configure(project, runtime=runtime, handler="a.b")

    with pytest.raises(HashzipError, match="runtime"):
        projects.examine(project)
