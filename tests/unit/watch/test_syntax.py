"""Syntax errors are found before new code runs."""

from pathlib import Path

import pytest

from hashzip.errors import HashzipError
from hashzip.watch import syntax
from tests.support import project as projects


def test_syntax_error(project: Path) -> None:
    """A syntax error in a changed module is an error with its line."""
    projects.write_files(project / "src", {"hello.py": b"A = 1\ndef (\n"})

    with pytest.raises(HashzipError, match=r"src/hello\.py:2: invalid syntax") as caught:
        syntax.check(projects.examine(project), ["hello.py"])

    assert caught.value.hint == "fix it, and save again"


@pytest.mark.parametrize(
    "name, content",
    [
        ("hello.py", b"A = 1\n"),
        ("hello.py", b"'\\d'\n"),  # a SyntaxWarning
        ("other.txt", b"def (\n"),
    ],
)
def test_no_error(project: Path, name: str, content: bytes) -> None:
    """Valid modules pass, also with warnings, and so do files that are not modules."""
    projects.write_files(project / "src", {name: content})

    syntax.check(projects.examine(project), [name])


def test_only_changed_files(project: Path) -> None:
    """A module that did not change is not checked: it may be a template."""
    projects.write_files(project / "src", {"template.py": b"def {{ name }}\n"})

    syntax.check(projects.examine(project), ["hello.py"])

    with pytest.raises(HashzipError):
        syntax.check(projects.examine(project), ["template.py"])


def test_missing_file(project: Path) -> None:
    """A file that is gone is left to the build, whose error says so."""
    plan = projects.examine(project)
    (project / "src" / "hello.py").unlink()

    syntax.check(plan, ["hello.py"])
