"""Whatever a stranger's repository says, no line of the log does more than show itself."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import commands, program
from tests.support import project as projects
from tests.support.program import Finished

NASTY = "a\n::error::b\x1b]0;c\x07\u202e##vso[d]"
SHOWN = r"a\n::error::b\x1b]0;c\x07\u202e#\#vso[d]"


def check_lines(text: str) -> None:
    """Check that no line of a log steers a terminal or a workflow, and that all is short."""
    for line in text.splitlines():
        assert line.replace("\t", "").isprintable(), line
        assert not line.lstrip().startswith("::"), line
        assert not re.search(r"##\w*\[", line), line
        assert len(line) <= 2_100
    assert len(text) < 5_000


def external(root: Path, text: str = "") -> Finished:
    """Run `external` as a process, and check the lines of its log."""
    finished = program.run("external", cwd=root, text=text or projects.query())
    check_lines(finished.err)
    return finished


def _key(root: Path) -> None:
    projects.configure(root, **{json.dumps(NASTY): 1})


def _value(key: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        projects.configure(root, **{key: NASTY})

    return change


def _pattern(root: Path) -> None:
    projects.configure(root, include=[NASTY.replace("[", "")])


def _function(root: Path) -> None:
    projects.write_tables(root, {f"function.{json.dumps(NASTY)}": {"source": "src"}})


def _variable(root: Path) -> None:
    projects.configure(root, environment={NASTY: 1})


def _line(root: Path) -> None:
    projects.configure(root, requirements="requirements.txt")
    (root / "requirements.txt").write_text(NASTY.replace("\n", " "), encoding="utf-8")


def _lock(root: Path) -> None:
    projects.configure(root, requirements="uv.lock")
    name = json.dumps(NASTY, ensure_ascii=True)
    (root / "uv.lock").write_text(
        f'version = 1\nrequires-python = ">=3.13"\n[[package]]\nname = {name}\nsource = 5\n',
        encoding="utf-8",
    )


PROJECTS: dict[str, Callable[[Path], None]] = {
    "a key": _key,
    "a runtime": _value("runtime"),
    "an architecture": _value("architecture"),
    "a source": _value("source"),
    "a builder": _value("builder"),
    "requirements": _value("requirements"),
    "a pattern": _pattern,
    "a name": _function,
    "a variable": _variable,
    "a requirement": _line,
    "a lock": _lock,
}


@pytest.mark.parametrize("name", PROJECTS)
def test_project(project: Path, name: str) -> None:
    """Escapes, ends of lines and commands in a project are shown, and not carried out."""
    assert external(project).code == 0  # the control
    PROJECTS[name](project)

    external(project)


def test_shown(project: Path) -> None:
    """The error shows the name, with its escapes."""
    _key(project)

    error, _ = projects.complaint(external(project))

    assert f'"{SHOWN}" in [function.hello] is not a key that hashzip knows' in error


@pytest.mark.parametrize(
    "query", [{NASTY: "x"}, {"function": NASTY}, {"build": NASTY}, {"project": NASTY}]
)
def test_query(project: Path, query: dict[str, str]) -> None:
    """The same holds for a query of Terraform."""
    finished = external(project, projects.query(**query))

    assert finished.code == 1
    assert "##" not in finished.err


class TestLength:
    """Values and lists of any length give a message of a few hundred characters."""

    @pytest.mark.parametrize("size", [1_000, 2_000_000])
    def test_key(self, project: Path, size: int) -> None:
        """A long key is cut in its middle."""
        projects.configure(project, **{"k" * size: 1})

        error, _ = projects.complaint(external(project))

        assert len(error) < 1_500
        assert f"({size + 2 - 275:,} characters)" in error
        assert "in [function.hello] is not a key that hashzip knows" in error

    def test_value(self, project: Path) -> None:
        """A long value is cut."""
        projects.configure(project, runtime="p" * 2_000_000)

        error, _ = projects.complaint(external(project))

        assert len(error) < 1_000

    def test_names(self, project: Path) -> None:
        """Of thousands of functions and unknown keys, few are named."""
        projects.configure(project, **{f"unknown{number}": 1 for number in range(2_500)})
        assert len(external(project).err) < 1_000

        table = {
            "source": "src",
            "handler": "hello.lambda_handler",
            "runtime": "python3.13",
            "architecture": "arm64",
        }
        functions = {f"function.f{number}": table for number in range(2_500)}
        projects.write_tables(project, functions)
        finished = external(project)
        assert "and 2,400 more" in finished.err.replace("\n  ", " ")
        assert len(finished.err) < 1_500


class TestCredentials:
    """Credentials in requirements are not printed."""

    @pytest.mark.parametrize(
        "line",
        [
            "six @ https://user:t0ken@host.example/six.whl",
            "six @ git+https://t0ken@host.example/six.git",
            "--index-url https://user:t0ken@host.example/simple -r other.txt",
            "--find-links https://host.example/?token=t0ken --unknown",
        ],
    )
    def test_line(self, project: Path, line: str) -> None:
        """The error of a line shows the line, without them."""
        projects.configure(project, requirements="requirements.txt")
        (project / "requirements.txt").write_text(f"{line}\n", encoding="utf-8")

        error, hint = projects.complaint(external(project))

        assert "host.example" in error
        assert "t0ken" not in error + hint


@pytest.mark.skipif(sys.platform == "win32", reason="a shell")
class TestPrograms:
    """What programs print is passed on."""

    def test_command(self, tmp_path: Path) -> None:
        """A program of the project cannot give commands to the workflow."""
        script = r"printf 'x\n::error::a\n  ::b::c\n##vso[d]\n\033[31mred\033]0;e\007\n'; mkdir out"
        root = commands.make(tmp_path / "project", script)

        finished = program.run("build", cwd=root)

        check_lines(finished.err)
        assert "\\::error::a\n  \\::b::c\n#\\#vso[d]\nred\\x1b]0;e\\x07\n" in finished.err

    def test_names(self, project: Path) -> None:
        """Names of files in a list are safe too."""
        program.run("build", cwd=project)
        name = "##vso[a] \u202eb.py"
        projects.write_files(project / "src", {name: b""})

        for arguments in (["explain", "hello"], ["diff", "hello"], ["status"]):
            finished = program.run(*arguments, cwd=project)
            check_lines(finished.out)
            assert finished.code == 0
        document = program.run("diff", "hello", "--json", cwd=project).out
        check_lines(document)
        assert json.loads(document)["added"] == [name]

    def test_text(self, project: Path) -> None:
        """A comparison of files shows their lines, and carries none of them out."""
        program.run("build", cwd=project)
        hello = project / "src/hello.py"
        text = hello.read_text(encoding="utf-8")
        hello.write_text(f"::error::a\n##vso[b]\n\x1b[2J\n{text}", encoding="utf-8")

        finished = program.run("diff", "hello", "--text", cwd=project)

        check_lines(finished.out)
        assert "\n+#\\#vso[b]\n+\\x1b[2J\n" in finished.out


def test_traceback(project: Path) -> None:
    """The traceback of an error quotes a project as safely as the error does."""
    projects.configure(project, **{json.dumps(f"{NASTY} https://a:t0ken@b"): 1})

    finished = program.run("status", "--debug", cwd=project)

    check_lines(finished.err)
    assert "Traceback (most recent call last):" in finished.err
    assert f'HashzipError: {project}/hashzip.toml: "a' in finished.err
    assert "t0ken" not in finished.err
