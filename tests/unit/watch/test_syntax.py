"""Syntax errors are found before new code runs."""

from pathlib import Path

import pytest

from hashzip.errors import HashzipError
from hashzip.watch import host_python, syntax
from tests.support import project as projects
from tests.support import pythons


def test_syntax_error(project: Path) -> None:
    """A syntax error in a changed module is an error with its line."""
    projects.write_files(project / "src", {"hello.py": b"A = 1\ndef (\n"})

    with pytest.raises(HashzipError, match=r"src/hello\.py:2: invalid syntax") as caught:
        syntax.check(projects.examine(project), ["hello.py"])

    assert caught.value.hint == "fix it, and save again"
    assert caught.value.lines == ["2 | def (", "  |     ^"]


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


class TestOtherPython:
    """A function that another Python runs."""

    @pytest.fixture
    def interpreter(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Let a program take the place of the runtime's Python, which reports what it is given."""
        script = tmp_path / "python"
        monkeypatch.setattr(host_python, "find", lambda _: str(script))
        return script

    def test_newer(self, project: Path, interpreter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What this Python cannot compile, and the newer one of the runtime can, is no error."""
        monkeypatch.setattr(host_python, "OWN", "python3.11")
        projects.write_files(project / "src", {"hello.py": b"def (\n"})
        pythons.script(interpreter, "exit 0")
        syntax.check(projects.examine(project), ["hello.py"])

        pythons.script(interpreter, """echo '[0, 7, "bad word"]'""")
        with pytest.raises(HashzipError, match=r"hello\.py:7: bad word"):
            syntax.check(projects.examine(project), ["hello.py"])

    def test_older(self, project: Path, interpreter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What only this Python can compile is an error; the same module passes in a newer one."""
        projects.configure(project, runtime="python3.9")
        pythons.script(interpreter, """echo '[0, 1, "invalid syntax"]'""")
        with pytest.raises(HashzipError, match="invalid syntax"):
            syntax.check(projects.examine(project), ["hello.py"])

        monkeypatch.setattr(host_python, "OWN", "python3.9")
        syntax.check(projects.examine(project), ["hello.py"])

    def test_real(self, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A real Python reports the line of its first error."""
        # Another path than this Python's own, so that it is run.
        interpreter = pythons.named(tmp_path / "python")
        monkeypatch.setattr(host_python, "find", lambda _: str(interpreter))
        monkeypatch.setattr(host_python, "OWN", "python3.99")
        projects.write_files(project / "src", {"a.py": b"A = 1\n", "b.py": b"\ndef (\n"})
        plan = projects.examine(project)

        syntax.check(plan, ["a.py"])
        with pytest.raises(HashzipError, match=r"src/b\.py:2: invalid syntax") as caught:
            syntax.check(plan, ["a.py", "b.py"])
        assert caught.value.lines == ["2 | def (", "  |     ^"]
