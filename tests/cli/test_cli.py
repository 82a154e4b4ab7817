"""The command line: what is said, where, and with which exit code."""

import argparse
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hashzip import __version__, cli
from hashzip.commands import _parser, build
from tests.support import commands, program, wheels
from tests.support import project as projects


def change(project: Path) -> None:
    """Changes hello.py."""
    (project / "src" / "hello.py").write_bytes(b"changed\n")


def plan(project: Path) -> tuple[str, dict[str, str]]:
    """Answers what a plan saw: the fingerprint, and the environment that the build gets."""
    answer = projects.external(project)
    return answer["fingerprint"], {build.EXPECT_FILES: answer["files"]}


def loaded(modules: str, *arguments: str, cwd: Path, isolated: bool = False) -> list[str]:
    """Runs hashzip, and answers which of some modules, an expression, it loads itself."""
    options = ["-I", "-S"] if isolated else []
    ran = program.run(
        *arguments,
        cwd=cwd,
        text=json.dumps({"project": ".", "function": "hello"}),
        python=[sys.executable, *options, "-X", "importtime"],
    )
    assert ran.code == 0
    _, _, own = ran.err.partition(" hashzip\n")  # what is before, an interpreter always loads
    return re.findall(rf"\| +({modules})$", own, re.MULTILINE)


class TestBuild:
    """`hashzip build`."""

    def test_what_and_why(self, project: Path) -> None:
        """A line a function says what was done, and why."""
        fingerprint = projects.fingerprint(project)

        first = program.run("build", cwd=project)
        second = program.run("build", "hello", cwd=project)
        change(project)
        third = program.run("build", cwd=project)

        assert first.out.startswith(f"hello: built {fingerprint[:12]} (no build before), 0.")
        assert second.out == "hello: up to date\n"
        assert " (hello.py changed), " in third.out
        assert (first.code, second.code, third.code) == (0, 0, 0)
        assert first.err + second.err + third.err == ""

    def test_force(self, project: Path) -> None:
        """`--force` builds what is there already."""
        assert projects.built(project)["built"]
        assert not projects.built(project)["built"]

        assert projects.built(project, "--force")["reason"] == "forced"

    def test_json(self, project: Path) -> None:
        """`--json` says the same to machines."""
        fingerprint = projects.fingerprint(project)
        result = projects.built(project)
        zip_file = project / "dist" / "hello" / f"{fingerprint}.zip"

        assert result == {
            "function": "hello",
            "fingerprint": fingerprint,
            "built": True,
            "reason": "no build before",
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
        """Without a name each function is built, with one only that."""
        projects.write_config(project, one=projects.HELLO, two=projects.HELLO)

        named = program.run("build", "two", cwd=project)
        every = program.run("build", cwd=project)

        assert [line.split(" ")[0:2] for line in named.out.splitlines()] == [["two:", "built"]]
        assert [line.split(" ")[0:2] for line in every.out.splitlines()] == [
            ["one:", "built"],
            ["two:", "up"],
        ]

    def test_from_a_folder_below(self, project: Path) -> None:
        """The project is found upwards, or where `--project` says."""
        below = program.run("build", "--json", cwd=project / "src" / "lib")
        beside = program.run("build", "--json", "--project", str(project), cwd=project.parent)

        assert json.loads(below.out)[0]["built"]
        assert not json.loads(beside.out)[0]["built"]

    def test_expected(self, project: Path) -> None:
        """What was planned is built."""
        fingerprint, files = plan(project)

        finished = program.run("build", "--expect", fingerprint, cwd=project, settings=files)

        assert finished.code == 0
        assert projects.artifacts(project) == [f"{fingerprint}.json", f"{fingerprint}.zip"]

    def test_not_expected(self, project: Path) -> None:
        """Anything else is refused, and what changed since the plan is named."""
        fingerprint, files = plan(project)
        change(project)

        finished = program.run("build", "--expect", fingerprint, cwd=project, settings=files)

        error, hint = projects.complaint(finished)
        assert "hello: the sources changed since the plan: hello.py changed (planned" in error
        assert "make a new plan" in hint
        assert not (project / "dist").exists()

    def test_not_expected_though_built(self, project: Path) -> None:
        """An artifact that is there already does not make up for it."""
        fingerprint, _ = plan(project)
        projects.built(project)
        change(project)
        projects.built(project)

        projects.complaint(program.run("build", "--expect", fingerprint, cwd=project))

    @pytest.mark.parametrize("expected", ["", "0" * 64, "x"])
    def test_never_expected(self, project: Path, expected: str) -> None:
        """An empty fingerprint, or none at all, is not what was planned either."""
        projects.complaint(program.run("build", "--expect", expected, cwd=project))

        assert projects.artifacts(project) == []

    def test_expect_of_two(self, project: Path) -> None:
        """One fingerprint cannot be that of two functions."""
        projects.write_config(project, one=projects.HELLO, two=projects.HELLO)
        fingerprint = projects.fingerprint(project, "one")

        error, hint = projects.complaint(program.run("build", "--expect", fingerprint, cwd=project))

        assert "not of 2" in error
        assert "name one" in hint
        assert program.run("build", "one", "--expect", fingerprint, cwd=project).code == 0

    @pytest.mark.parametrize("files", ["{", "[]", "[" * 100_000])
    def test_expected_files_that_are_none(self, project: Path, files: str) -> None:
        """A variable that Terraform did not set is named."""
        arguments = ("build", "--expect", projects.fingerprint(project))

        finished = program.run(*arguments, cwd=project, settings={build.EXPECT_FILES: files})

        assert build.EXPECT_FILES in projects.complaint(finished)[0]


class TestStatus:
    """`hashzip status`."""

    def test_rows(self, project: Path) -> None:
        """A row a function, before and after a build; and it writes nothing."""
        fingerprint = projects.fingerprint(project)
        before = projects.listing(project)

        status = program.run("status", cwd=project)
        assert projects.listing(project) == before
        projects.built(project)
        after = program.run("status", cwd=project)

        assert status.out == f"hello\t{fingerprint[:12]}\tto build: no build before\t-\n"
        assert after.out.startswith(f"hello\t{fingerprint[:12]}\tbuilt\t")

    def test_json(self, project: Path) -> None:
        """`--json` has the sizes in bytes."""
        projects.built(project)

        (row,) = json.loads(program.run("status", "--json", cwd=project).out)

        assert row["unpacked_size"] == sum(len(content) for content in projects.SOURCES.values())
        assert row["built"]


class TestTerminal:
    """What people see, and programs do not."""

    @pytest.mark.parametrize("arguments", [["build"], ["status"]])
    def test_terminal(self, project: Path, arguments: list[str]) -> None:
        """On a terminal there is more to see than in a pipe, and it ends well."""
        piped = program.run(*arguments, cwd=project)
        ours, theirs = pty.openpty()
        shown = subprocess.Popen(
            [
                sys.executable,
                str(program.BUILD),
                *arguments,
                *(["--force"] * (arguments == ["build"])),
            ],
            cwd=project,
            env=program.environment(TERM="xterm", COLUMNS="100"),
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        text = _everything(ours)

        assert shown.wait(timeout=60) == 0
        assert "hello" in text
        assert "\x1b[" in text
        assert "\x1b[" not in piped.out + piped.err

    def test_terminal_of_a_program(self, tmp_path: Path) -> None:
        """What a program that makes a package shows there is not written over."""
        script = f"printf 'half a line'; test -t 2; {commands.SCRIPT}"
        root = commands.make(tmp_path / "made", script)
        ours, theirs = pty.openpty()
        shown = subprocess.Popen(
            [sys.executable, str(program.BUILD), "build"],
            cwd=root,
            env=program.environment(TERM="xterm", COLUMNS="100"),
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        text = _everything(ours)

        assert shown.wait(timeout=60) == 0
        assert text.startswith("half a linehello: built")
        assert "\x1b[" not in text

    def test_ascii_terminal(self, project: Path) -> None:
        """A name that the terminal cannot show is escaped, and no reason to fail."""
        projects.built(project)
        (project / "src" / "caf\u00e9.py").touch()

        finished = program.run(
            "diff", "hello", cwd=project, settings={"PYTHONIOENCODING": "ascii:strict"}
        )

        assert finished.code == 0, finished.err
        assert finished.out == "+ caf\\xe9.py (0 bytes)\n"


def _everything(descriptor: int) -> str:
    """Reads a terminal until nobody writes to it."""
    text = b""
    try:
        while chunk := os.read(descriptor, 1 << 16):
            text += chunk
    except OSError:  # Linux's way to say that it is closed
        pass
    finally:
        os.close(descriptor)
    return text.decode()


class TestProgram:
    """The program as such."""

    @pytest.mark.parametrize("way", [[str(program.BUILD)], ["-m", "hashzip"]])
    def test_version(self, project: Path, way: list[str]) -> None:
        """Its version is the package's, whichever way it is started."""
        found = subprocess.run(
            [sys.executable, *way, "--version"],
            cwd=project,
            env=program.environment(PYTHONPATH=str(program.BUILD)),
            capture_output=True,
            check=True,
            text=True,
        )

        assert found.stdout == f"hashzip {__version__}\n"

    def test_missing_package(self, project: Path) -> None:
        """On a bare Python a build says which package it needs, and how to get it."""
        bare = [sys.executable, "-I", "-S"]

        error, hint = projects.complaint(program.run("build", cwd=project, python=bare))

        assert "Python package" in error
        assert sys.executable in error
        assert f"{sys.executable} -m pip install {program.CHECKOUT};" in hint

    def test_loads_little(self, project: Path) -> None:
        """A plan loads none of what is slow to load and needed only where something is built."""
        slow = "argparse|dataclasses|hashlib|pathlib|shutil|tempfile|hashzip.artifacts.manifest"

        def loads() -> list[str]:
            return loaded(slow, "external", cwd=project, isolated=True)

        assert loads() == ["hashlib"]  # to read what it has never seen
        projects.built(project)
        loads()
        assert loads() == []

    def test_rebuild_loads_little(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A build after an edit loads none of what is slow, unless it has packages."""
        monkeypatch.delenv("COLUMNS", raising=False)  # where it is set, argparse loads `shutil`
        slow = "dataclasses|shutil|tempfile|hashzip.archive.zip_writer"
        projects.built(project)
        projects.write_files(project / "src", {"new.py": b""})

        assert loaded(slow, "build", cwd=project) == ["hashzip.archive.zip_writer"]
        wheels.lock(project, wheels.make(project))
        projects.configure(project, requirements="requirements.txt")
        assert "tempfile" in loaded(slow, "build", cwd=project)

    def test_short_way(self) -> None:
        """What Terraform says on every plan is read without argparse, and to the same end."""
        words = ["external"]

        assert vars(cli.parse(words)) == vars(_parser.parse(words))
        assert type(cli.parse(words)) is not argparse.Namespace
        assert type(cli.parse([*words, "--debug"])) is argparse.Namespace

    @pytest.mark.parametrize("command", ["build", "status", "external"])
    def test_closed_pipe(self, project: Path, command: str) -> None:
        """Whoever stops reading, such as `head`, gets no traceback."""
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
        """A current folder that was removed is an error like others."""
        (project / "gone").mkdir()
        leave = "import os, sys; os.rmdir(os.getcwd()); os.execv(sys.executable, sys.argv[1:])"
        away = [sys.executable, "-c", leave, sys.executable]

        projects.complaint(program.run("build", cwd=project / "gone", python=away))
