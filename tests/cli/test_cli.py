"""The command line: output, standard error and exit codes."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hashzip import __version__
from hashzip.commands import build
from tests.support import commands, program, terminal, wheels
from tests.support import project as projects


def change(project: Path) -> None:
    """Change hello.py."""
    (project / "src" / "hello.py").write_bytes(b"changed\n")


def plan(project: Path) -> tuple[str, dict[str, str]]:
    """Make a plan; return its fingerprint and the environment that Terraform gives the build."""
    answer = projects.external(project)
    return answer["fingerprint"], {build.EXPECT_FILES: answer["files"]}


def loaded(modules: str, *arguments: str, cwd: Path, isolated: bool = False) -> list[str]:
    """Run hashzip, and return the modules it imports whose names match a regular expression."""
    options = ["-I", "-S"] if isolated else []
    ran = program.run(
        *arguments,
        cwd=cwd,
        text=json.dumps({"project": ".", "function": "hello"}),
        python=[sys.executable, *options, "-X", "importtime"],
    )
    assert ran.code == 0
    _, _, own = ran.err.partition(" hashzip\n")  # the interpreter loads those before
    return re.findall(rf"\| +({modules})$", own, re.MULTILINE)


class TestBuild:
    """`hashzip build`."""

    def test_what_and_why(self, project: Path) -> None:
        """A line for each function says what was done, and why."""
        fingerprint = projects.fingerprint(project)

        first = program.run("build", cwd=project)
        second = program.run("build", "hello", cwd=project)
        change(project)
        third = program.run("build", cwd=project)

        assert first.out.startswith(f"hello: built {fingerprint[:12]} (first build here), 0.")
        assert second.out == "hello: up to date\n"
        assert " (hello.py changed), " in third.out
        assert (first.code, second.code, third.code) == (0, 0, 0)
        assert first.err + second.err + third.err == ""

    def test_force(self, project: Path) -> None:
        """`--force` builds an artifact that exists."""
        assert projects.built(project)["built"]
        assert not projects.built(project)["built"]

        assert projects.built(project, "--force")["reason"] == "forced"

    def test_json(self, project: Path) -> None:
        """`--json` prints the same for programs."""
        fingerprint = projects.fingerprint(project)
        result = projects.built(project)
        zip_file = project / "dist" / "hello" / f"{fingerprint}.zip"

        assert result == {
            "function": "hello",
            "fingerprint": fingerprint,
            "built": True,
            "reason": "first build here",
            "file": str(zip_file),
            "size": zip_file.stat().st_size,
            "seconds": result["seconds"],
        }
        assert projects.built(project) == {
            **result,
            "built": False,
            "reason": "",
            "seconds": pytest.approx(0, abs=60),
        }

    @pytest.mark.parametrize("jobs", ["1", "3"])
    def test_jobs(self, project: Path, jobs: str) -> None:
        """The number of threads does not change the bytes."""
        path = Path(str(projects.built(project)["file"]))
        content = path.read_bytes()

        projects.built(project, "--force", "--jobs", jobs)

        assert path.read_bytes() == content

    def test_all_functions(self, project: Path) -> None:
        """Without a name each function is built; with one, only that."""
        projects.write_config(project, one=projects.HELLO, two=projects.HELLO)

        named = program.run("build", "two", cwd=project)
        every = program.run("build", cwd=project)

        assert [line.split(" ")[0:2] for line in named.out.splitlines()] == [["two:", "built"]]
        assert [line.split(" ")[0:2] for line in every.out.splitlines()] == [
            ["one:", "built"],
            ["two:", "up"],
        ]

    def test_from_a_folder_below(self, project: Path) -> None:
        """The project is the folder of `--project`, or the nearest one upwards."""
        below = program.run("build", "--json", cwd=project / "src" / "lib")
        beside = program.run("build", "--json", "--project", str(project), cwd=project.parent)

        assert json.loads(below.out)[0]["built"]
        assert not json.loads(beside.out)[0]["built"]

    def test_expected(self, project: Path) -> None:
        """A build accepts the fingerprint that was planned."""
        fingerprint, files = plan(project)

        finished = program.run("build", "--expect", fingerprint, cwd=project, settings=files)

        assert finished.code == 0
        assert projects.artifacts(project) == [f"{fingerprint}.json", f"{fingerprint}.zip"]

    def test_not_expected(self, project: Path) -> None:
        """A build refuses another fingerprint, and names what changed since the plan."""
        fingerprint, files = plan(project)
        change(project)

        finished = program.run("build", "--expect", fingerprint, cwd=project, settings=files)

        error, hint = projects.complaint(finished)
        assert "hello: the sources changed since the plan: hello.py changed (planned" in error
        assert "make a new plan" in hint
        assert not (project / "dist").exists()

    def test_not_expected_though_built(self, project: Path) -> None:
        """A build refuses another fingerprint even if its artifact exists."""
        fingerprint, _ = plan(project)
        projects.built(project)
        change(project)
        projects.built(project)

        projects.complaint(program.run("build", "--expect", fingerprint, cwd=project))

    @pytest.mark.parametrize("expected", ["", "0" * 64, "x"])
    def test_never_expected(self, project: Path, expected: str) -> None:
        """A build refuses a fingerprint that is empty, unknown or malformed."""
        projects.complaint(program.run("build", "--expect", expected, cwd=project))

        assert projects.artifacts(project) == []

    def test_expect_of_two(self, project: Path) -> None:
        """A build of two functions refuses a planned fingerprint."""
        projects.write_config(project, one=projects.HELLO, two=projects.HELLO)
        fingerprint = projects.fingerprint(project, "one")

        error, hint = projects.complaint(program.run("build", "--expect", fingerprint, cwd=project))

        assert "not of 2" in error
        assert "name one" in hint
        assert program.run("build", "one", "--expect", fingerprint, cwd=project).code == 0

    @pytest.mark.parametrize("files", ["{", "[]", "[" * 100_000])
    def test_expected_files_that_are_none(self, project: Path, files: str) -> None:
        """A malformed value of the variable that Terraform sets is an error that names it."""
        arguments = ("build", "--expect", projects.fingerprint(project))

        finished = program.run(*arguments, cwd=project, settings={build.EXPECT_FILES: files})

        assert build.EXPECT_FILES in projects.complaint(finished)[0]


class TestStatus:
    """`hashzip status`."""

    def test_rows(self, project: Path) -> None:
        """There is a row for each function, before and after a build, and nothing is written."""
        fingerprint = projects.fingerprint(project)
        before = projects.listing(project)

        status = program.run("status", cwd=project)
        assert projects.listing(project) == before
        projects.built(project)
        after = program.run("status", cwd=project)

        assert status.out == f"hello\t{fingerprint[:12]}\tto build: first build here\t-\n"
        assert after.out.startswith(f"hello\t{fingerprint[:12]}\tbuilt\t")

    def test_json(self, project: Path) -> None:
        """`--json` has the sizes in bytes."""
        projects.built(project)

        (row,) = json.loads(program.run("status", "--json", cwd=project).out)

        assert row["unpacked_size"] == sum(len(content) for content in projects.SOURCES.values())
        assert row["built"]


class TestTerminal:
    """Output on a terminal."""

    @pytest.mark.parametrize("arguments", [["build"], ["status"]])
    def test_terminal(self, project: Path, arguments: list[str]) -> None:
        """A terminal shows more than a pipe, and the exit code is 0."""
        piped = program.run(*arguments, cwd=project)
        again = ["--force"] * (arguments == ["build"])

        code, text = terminal.run(*arguments, *again, cwd=project, TERM="xterm", COLUMNS="100")

        assert code == 0
        assert "hello" in text
        assert "\x1b[" in text
        assert "\x1b[" not in piped.out + piped.err

    def test_terminal_of_a_program(self, tmp_path: Path) -> None:
        """The output of a build program is not overwritten."""
        script = f"printf 'half a line'; test -t 2; {commands.SCRIPT}"
        root = commands.make(tmp_path / "made", script)

        code, text = terminal.run("build", cwd=root, TERM="xterm", COLUMNS="100")

        assert code == 0
        text = re.sub(r"\x1b\[[\d;]*m", "", text)  # colours
        # The line before it has the time to appear, or not.
        assert text.removeprefix("hello: running sh\r\n").startswith("half a linehello: built")
        assert "\x1b" not in text

    def test_ascii_terminal(self, project: Path) -> None:
        """A name that the terminal cannot show is escaped."""
        projects.built(project)
        (project / "src" / "caf\u00e9.py").touch()

        finished = program.run(
            "diff", "hello", cwd=project, settings={"PYTHONIOENCODING": "ascii:strict"}
        )

        assert finished.code == 0, finished.err
        assert finished.out == "+ caf\\xe9.py (0 bytes)\n"


class TestProgram:
    """The program as a whole."""

    @pytest.mark.parametrize("command", [[str(program.BUILD)], ["-m", "hashzip"]])
    def test_version(self, project: Path, command: list[str]) -> None:
        """`--version` prints the package's version, however the program is started."""
        finished = subprocess.run(
            [sys.executable, *command, "--version"],
            cwd=project,
            env=program.environment(PYTHONPATH=str(program.BUILD)),
            capture_output=True,
            check=True,
            text=True,
        )

        assert finished.stdout == f"hashzip {__version__}\n"

    def test_loads_little(self, project: Path) -> None:
        """A plan imports no slow module that only a build needs."""
        slow = "argparse|dataclasses|hashlib|pathlib|shutil|tempfile|hashzip.artifacts.manifest"

        def loads() -> list[str]:
            return loaded(slow, "external", cwd=project, isolated=True)

        assert loads() == ["hashlib"]  # to hash new files
        projects.built(project)
        loads()
        assert loads() == []

    def test_rebuild_loads_little(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A build after an edit imports no slow module, unless the function has packages."""
        monkeypatch.delenv("COLUMNS", raising=False)  # where it is set, argparse loads `shutil`
        slow = "dataclasses|shutil|tempfile|hashzip.archive.zip_writer"
        projects.built(project)
        projects.write_files(project / "src", {"new.py": b""})

        assert loaded(slow, "build", cwd=project) == ["hashzip.archive.zip_writer"]
        wheels.lock(project, wheels.make(project))
        projects.configure(project, requirements="requirements.txt")
        assert "tempfile" in loaded(slow, "build", cwd=project)

    @pytest.mark.parametrize("command", ["build", "status", "external"])
    def test_closed_pipe(self, project: Path, command: str) -> None:
        """A reader that closes the pipe early, such as `head`, gets no traceback."""
        reader, writer = os.pipe()
        os.close(reader)
        finished = subprocess.run(
            [sys.executable, str(program.BUILD), command],
            cwd=project,
            env=program.environment(),
            input=projects.query(),
            stdout=writer,
            stderr=subprocess.PIPE,
            check=False,
            text=True,
        )
        os.close(writer)

        assert (finished.returncode, finished.stderr) == (1, "")

    def test_vanished_folder(self, project: Path) -> None:
        """A current folder that was removed is an error with a hint."""
        (project / "gone").mkdir()
        leave = "import os, sys; os.rmdir(os.getcwd()); os.execv(sys.executable, sys.argv[1:])"
        away = [sys.executable, "-c", leave, sys.executable]

        projects.complaint(program.run("build", cwd=project / "gone", python=away))
