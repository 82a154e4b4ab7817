"""What a program made is refused if it cannot run, looks like a secret, or its inputs changed."""

from pathlib import Path

import pytest

from hashzip.builders import output_checks
from hashzip.builders.base import BuildOutput, OutputFile
from hashzip.errors import HashzipError
from hashzip.inputs.files import SourceFile
from tests.support import commands, wheels
from tests.support import project as projects

KEY = b"-----BEGIN PRIVATE KEY-----\n" + b"M" * 64


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a project whose function a command builds for x86_64."""
    return commands.make(tmp_path / "project")


def check(project: Path, path: str, content: bytes) -> None:
    """Check an output of one file."""
    file = project.parent / "made"
    file.write_bytes(content)
    output = BuildOutput([OutputFile(SourceFile(path, bytes(file), executable=True))])
    output_checks.check(projects.examine(project), output)


def test_program(project: Path) -> None:
    """A program for the function's architecture passes; one for another is refused by name."""
    check(project, "bootstrap", wheels.elf("x86_64"))

    with pytest.raises(HashzipError, match="bootstrap") as caught:
        check(project, "bootstrap", wheels.elf("aarch64"))
    assert "build it for x86_64" in caught.value.hint


@pytest.mark.parametrize("path, content", [(".env", b"A=1"), ("app/key.txt", KEY)])
def test_secret(project: Path, path: str, content: bytes) -> None:
    """What looks like a secret, by name or content, is refused unless `allow` names it."""
    with pytest.raises(HashzipError, match=path) as caught:
        check(project, path, content)
    assert "change the program" in caught.value.hint

    commands.configure(project, allow=[path])
    check(project, path, content)


def test_changed_inputs(project: Path) -> None:
    """Inputs that have changed since the plan are refused: nobody knows what the program read."""
    plan = projects.examine(project)
    assert plan.fingerprint
    output_checks.check(plan, BuildOutput([]))

    projects.write_files(project / "src", {"words.txt": b"changed"})
    with pytest.raises(HashzipError, match=r"words\.txt changed while the package was built"):
        output_checks.check(plan, BuildOutput([]))
