"""Builds by the programs of a function."""

import os
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashzip.builders.command import run
from hashzip.errors import HashzipError
from hashzip.inputs import paths
from hashzip.inputs.files import SourceFile
from tests.support import commands, program
from tests.support import project as projects

DEADLINE = 30.0  # seconds

WITHOUT_OUTPUT = {key: value for key, value in commands.HELLO.items() if key != "output"}
HANGING = """
mkdir -p out && echo half > out/half.txt
if [ "${HANG:-}" ]; then touch ../hangs; exec sleep 1000; fi
cat words.txt > out/answer.txt && rm out/half.txt
if [ "${FAIL:-}" ]; then exit 1; fi
"""

# Of an ELF file, up to the machine.
ELF = struct.Struct("<4sBBB9xHH")

PATHS = st.text("abß.x-", min_size=1, max_size=4).filter(lambda name: set(name) - {"."})
FILES = st.dictionaries(
    st.lists(PATHS, min_size=1, max_size=3).map("/".join), st.binary(max_size=20), min_size=1
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a project with one function, "hello", that a program makes from `src/words.txt`."""
    return commands.make(tmp_path / "project")


def error_of(root: Path, match: str) -> HashzipError:
    """Return the error of a build, and check that it leaves no artifact."""
    with pytest.raises(HashzipError, match=match) as caught:
        projects.make_zip(root)
    assert [name for name in projects.artifacts(root) if name.endswith(".zip")] == []
    return caught.value


def output_files(root: Path) -> dict[str, bytes]:
    """Return the files in the output of hello, by their paths."""
    folder = root / "src/out"
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def until(holds: Callable[[], object]) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < end
        threading.Event().wait(0.01)


class TestPackage:
    """The files that are packed."""

    def test_folder(self, project: Path) -> None:
        """All files of the output are packed, by their paths in it, and no source."""
        commands.write_script(project, "mkdir -p out/deep/er && cp words.txt out/deep/er/a.txt")

        zip_file = projects.make_zip(project)

        assert projects.names(zip_file) == ["deep/er/a.txt"]
        assert projects.content(zip_file, "deep/er/a.txt") == b"first"

    def test_file(self, project: Path) -> None:
        """An output that is a file is packed by its name."""
        commands.configure(project, output="made/bootstrap", exclude=["/made/"])
        commands.write_script(
            project, "mkdir -p made && cp words.txt made/bootstrap && date > made/x"
        )

        assert projects.names(projects.make_zip(project)) == ["bootstrap"]

    def test_without_output(self, project: Path) -> None:
        """Without `output`, programs get an empty folder, which does not stay in the project."""
        projects.write_config(project, hello=WITHOUT_OUTPUT)
        commands.write_script(project, 'ls -A "$HASHZIP_OUTPUT" > "$HASHZIP_OUTPUT/seen"')
        before = projects.listing(project / "src")

        for word in (b"first", b"second"):
            projects.write_files(project / "src", {"words.txt": word})
            zip_file = projects.make_zip(project)
            assert projects.content(zip_file, "seen") == b"seen\n"
        assert projects.listing(project / "src").keys() == before.keys()

    def test_modes(self, project: Path) -> None:
        """Executables are recognized by content, or by `executable`, and not by their modes."""
        commands.configure(project, executable=["run"])
        commands.write_script(
            project,
            "mkdir -p out && cd out && echo '#!/bin/sh' > script && echo x > run && echo x > plain "
            "&& chmod 700 plain && chmod 600 script",
        )

        with zipfile.ZipFile(projects.make_zip(project)) as archive:
            modes = {info.filename: info.external_attr >> 16 for info in archive.infolist()}

        program, data = stat.S_IFREG | 0o755, stat.S_IFREG | 0o644
        assert modes == {"plain": data, "run": program, "script": program}

    def test_stale_output(self, project: Path) -> None:
        """Files that an earlier run has left in the output are not packed."""
        projects.write_files(project / "src/out", {"stale.txt": b"x"})

        assert projects.names(projects.make_zip(project)) == ["answer.txt"]
        assert output_files(project) == {"answer.txt": b"first"}

    @settings(deadline=None, max_examples=20)
    @given(files=FILES, mask=st.sampled_from(["000", "022", "077"]))
    def test_two_machines(self, files: dict[str, bytes], mask: str) -> None:
        """The same files make the same zip, wherever the project is, for any umask and times."""
        with tempfile.TemporaryDirectory() as folder:
            try:
                source_files = [
                    SourceFile(paths.decode(path.encode(), b""), path.encode(), False)  # noqa: FBT003
                    for path in files
                ]
                paths.check_no_clashes(source_files)
            except HashzipError:
                return  # no project can have these together
            zips = []
            for where, script in (("one", ""), ("other/place", f"umask {mask}")):
                root = Path(folder).resolve() / where / "project"
                root.parent.mkdir(parents=True)
                time = f"2000010100{len(where):02}"
                commands.make(
                    root,
                    f"$BEFORE\ncp -R tree out; find out -exec touch -t {time} {{}} +",
                    allow=["*"],  # Hypothesis finds what looks like a secret in the source
                )
                projects.write_files(root / "src/tree", files)
                with pytest.MonkeyPatch.context() as patch:
                    patch.setenv("BEFORE", script)
                    zips.append(projects.make_zip(root))
            assert zips[0].read_bytes() == zips[1].read_bytes()
            assert projects.names(zips[0]) == sorted(path for path in files)


class TestRun:
    """How the programs run."""

    def test_variables(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """They get hashzip's variables, those of `env`, and the user's, in this precedence."""
        commands.configure(
            project, env={"MINE": "env", "SPACE": "a $HOME"}, runtime="nodejs24.x", handler="a.b"
        )
        commands.write_script(project, "mkdir -p out && env > out/env && pwd > out/pwd")
        for name, value in (("MINE", "user"), ("THEIRS", "user"), ("HASHZIP_RUNTIME", "user")):
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "7")

        zip_file = projects.make_zip(project)

        lines = projects.content(zip_file, "env").decode().splitlines()
        variables = dict(line.partition("=")[::2] for line in lines)
        expected = {
            "HASHZIP_OUTPUT": str(project / "src/out"),
            "HASHZIP_FUNCTION": "hello",
            "HASHZIP_RUNTIME": "nodejs24.x",
            "HASHZIP_ARCHITECTURE": "x86_64",
            "MINE": "env",
            "SPACE": "a $HOME",
            "THEIRS": "user",
            "SOURCE_DATE_EPOCH": "315532800",
        }
        assert {name: variables.get(name) for name in expected} == expected
        assert projects.content(zip_file, "pwd").decode().strip() == str(project / "src")

    def test_no_shell(self, project: Path) -> None:
        """There is no shell: each argument arrives as it is written."""
        words = ["$(touch x)", "a b", "*", "", "$HOME", "; exit 1"]
        commands.configure(project, command=["sh", "build.sh", *words])
        commands.write_script(project, "mkdir -p out && printf '%s\\n' \"$@\" > out/words")

        zip_file = projects.make_zip(project)

        assert projects.content(zip_file, "words").decode().split("\n") == [*words, ""]

    def test_in_order(self, project: Path) -> None:
        """Several programs run in order; after a failure, no other starts."""
        append = ["sh", "build.sh"]
        commands.configure(project, command=[[*append, "1"], [*append, "2"]])
        commands.write_script(project, 'mkdir -p out && printf "$1" >> out/order; test "$1" != 3')
        assert projects.content(projects.make_zip(project), "order") == b"12"

        commands.configure(project, command=[[*append, "3"], ["sh", "-c", "touch ../ran"]])
        with pytest.raises(HashzipError, match=r"sh build.sh 3 failed"):
            projects.make_zip(project)
        assert not (project / "ran").exists()

    def test_program_in_the_source(self, project: Path) -> None:
        """A program may be a file of the source."""
        commands.configure(project, command=["./make"])
        projects.write_files(project / "src", {"make": b"#!/bin/sh\nmkdir out; echo 1 > out/a\n"})
        (project / "src/make").chmod(0o755)

        assert projects.names(projects.make_zip(project)) == ["a"]

    def test_output_of_a_failed_program(self, project: Path) -> None:
        """Both outputs of a program are on standard error, and hashzip's error comes after them."""
        commands.write_script(project, "echo out; echo err >&2; exit 3")

        finished = program.run("build", cwd=project)

        assert (finished.code, finished.out) == (1, "")
        *shown, error, hint = finished.err.splitlines()
        assert sorted(shown) == ["err", "out"]
        assert error.startswith("error: sh build.sh failed, which [function.hello] runs in ")
        assert hint.startswith("hint: fix that")

    def test_output_while_it_runs(self, project: Path) -> None:
        """The output of a program is shown while it runs."""
        commands.write_script(
            project,
            "echo waiting; until [ -e ../go ]; do sleep 0.01; done; mkdir out; echo > out/a",
        )
        words = [sys.executable, str(program.BUILD), "build"]
        with program.start(*words, cwd=project) as running:
            assert running.stderr
            assert running.stderr.readline() == b"waiting\n"
            (project / "go").touch()
            assert running.wait(DEADLINE) == 0

    def test_one_build_at_a_time(self, project: Path) -> None:
        """Two functions with one source are not built at the same time, even by two processes."""
        tables = {
            name: commands.HELLO | {"command": ["sh", "build.sh", name, other]}
            for name, other in (("one", "two"), ("two", "one"))
        }
        projects.write_config(project, **tables)
        # Each fails if the other begins while it runs: for a while it waits for that.
        commands.write_script(
            project,
            """
            touch "../$1.runs"
            for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
                test ! -e "../$2.runs"
                sleep 0.05
            done
            mkdir out && echo "$1" > out/name
            rm "../$1.runs"
            """,
        )
        words = [sys.executable, str(program.BUILD), "build", "--json"]
        both = [program.start(*words, name, cwd=project) for name in tables]

        assert [running.communicate()[1] for running in both] == [b"", b""]
        for name in tables:
            zip_file = projects.make_zip(project, name)
            assert projects.content(zip_file, "name").decode().strip() == name

    def test_own_copy(self, project: Path, tmp_path: Path) -> None:
        """Files written to the output after the build do not reach the package."""
        plan = projects.examine(project)

        output = run.build(plan, tmp_path / "work")
        projects.write_files(project / "src/out", {"answer.txt": b"other"})

        ((file, _),) = output.files
        assert Path(os.fsdecode(file.location)).read_bytes() == b"first"


class TestErrors:
    """Errors of a build. Those of a plan are in `test_bad_input.py`."""

    def test_missing_program(self, project: Path) -> None:
        """The error for a missing program names it."""
        commands.configure(project, command=["no-such-program", "x"])

        error = error_of(project, "cannot run no-such-program: No such file or directory")

        assert "install it" in error.hint

    @pytest.mark.parametrize(
        "script, message",
        [
            ("true", "src/out does not exist after the programs of .function.hello. ran"),
            ("mkdir out", "src/out is empty after"),
            ("mkdir -p out/deep", "src/out is empty after"),
            ("mkdir -p out/.git && echo > out/.git/config", "src/out is empty after"),
            ("touch out", "src/out is empty after"),
            ("ln -s nowhere out", "src/out does not exist after"),
        ],
    )
    def test_nothing_made(self, project: Path, script: str, message: str) -> None:
        """A missing or empty output is an error, and not an empty package."""
        commands.write_script(project, script)

        assert "set output to the path where they write" in error_of(project, message).hint

    @pytest.mark.parametrize("script", ["true", 'rmdir "$HASHZIP_OUTPUT"'])
    def test_nothing_written_to_the_variable(self, project: Path, script: str) -> None:
        """So is an empty `$HASHZIP_OUTPUT`."""
        projects.write_config(project, hello=WITHOUT_OUTPUT)
        commands.write_script(project, script)

        error_of(project, "which is .HASHZIP_OUTPUT, (is empty|does not exist) after")

    @pytest.mark.parametrize(
        "script, message",
        [
            ("ln -s /etc out", "out leads out of the project, to /etc"),
            ("ln -s /etc/hosts out", "out leads out of the project, to /etc/hosts"),
            ("mkdir out && mkfifo out/a", "out/a is a pipe"),
            ("mkdir out && touch out/a out/A", "differ in case or kind alone"),
        ],
    )
    def test_unpackable_files(self, project: Path, script: str, message: str) -> None:
        """The error for a file that cannot be packed names it, and the hint is not `exclude`."""
        commands.write_script(project, script)

        hint = error_of(project, message).hint

        assert hint == "change the programs of [function.hello] so that they do not make that"

    def test_secret(self, project: Path) -> None:
        """A file of the output that looks like a secret is refused, unless it is allowed."""
        commands.write_script(project, "mkdir out && echo A=1 > out/.env")

        error = error_of(project, r"would pack a file that looks like a secret:\n  .env")

        assert error.hint.startswith("change the program that makes the package so that it leaves ")
        commands.configure(project, allow=["/.env"])
        assert projects.names(projects.make_zip(project)) == [".env"]

    def test_secret_by_a_link(self, project: Path) -> None:
        """So is a link with the name of a secret; the file that it leads to is none."""
        commands.write_script(project, "mkdir out && echo A=1 > out/a && ln -s a out/.env")

        error_of(project, r"would pack a file that looks like a secret:\n  .env")

        commands.write_script(project, "mkdir out && echo A=1 > out/a && ln -s a out/b.env2")
        assert projects.names(projects.make_zip(project)) == ["a", "b.env2"]

    def test_secret_in_the_source(self, project: Path) -> None:
        """One in the source is not refused, because it is not packed."""
        projects.write_files(project / "src", {".env": b"A=1"})

        assert projects.names(projects.make_zip(project)) == ["answer.txt"]

    def test_foreign_program(self, project: Path) -> None:
        """A program for another architecture than the function's is refused."""
        start = ELF.pack(b"\x7fELF", 2, 1, 1, 2, 183)
        projects.write_files(project / "src", {"program": start + bytes(44)})
        commands.write_script(project, "mkdir out && cp program out/bootstrap")

        error = error_of(project, "bootstrap is for arm64, and the function runs on x86_64")

        assert "HASHZIP_ARCHITECTURE" in error.hint
        commands.configure(project, architecture="arm64")
        assert projects.names(projects.make_zip(project)) == ["bootstrap"]

    @pytest.mark.parametrize(
        "script, message",
        [
            ("echo more >> words.txt", "src/words.txt changed in the sources"),
            ("rm words.txt", "src/words.txt removed in the sources"),
            ("echo 1 > made.txt", "src/made.txt added in the sources"),
        ],
    )
    def test_changed_sources(self, project: Path, script: str, message: str) -> None:
        """Programs that change their inputs are refused: the next plan would not be empty."""
        commands.write_script(project, f"{script}; mkdir -p out && echo 1 > out/a")

        assert "name it in exclude" in error_of(project, message).hint

    def test_changed_files_that_are_no_inputs(self, project: Path) -> None:
        """Programs may write files that are excluded or generated."""
        commands.configure(project, exclude=["*.buildinfo"])
        commands.write_script(
            project,
            "date > ts.buildinfo; mkdir -p node_modules/a && date > node_modules/a/b; "
            "mkdir -p out && echo 1 > out/a",
        )

        assert projects.names(projects.make_zip(project)) == ["a"]

    def test_tracked_output(self, project: Path) -> None:
        """An output with files that git tracks is refused at once: they may be sources."""
        projects.write_files(project / "src/out", {"source.ts": b"x", "more.ts": b"y"})
        for words in (["init", "-q"], ["add", "src/out/source.ts"]):
            subprocess.run(["git", *words], cwd=project, check=True)
        before = output_files(project)

        error = error_of(project, "each build replaces, but git tracks files in it: out/source.ts")

        assert "git ignores" in error.hint
        assert output_files(project) == before
        subprocess.run(
            ["git", "rm", "-q", "--cached", "src/out/source.ts"], cwd=project, check=True
        )
        assert projects.names(projects.make_zip(project)) == ["answer.txt"]

    def test_source_that_cannot_be_written(self, project: Path) -> None:
        """If the earlier output cannot be moved aside, the error names it, and it stays."""
        projects.make_zip(project)
        projects.write_files(project / "src", {"words.txt": b"second"})
        (project / "src").chmod(0o555)

        finished = program.run("build", cwd=project, wrapper=program.without_roots_rights())

        error, hint = projects.complaint(finished)
        assert "cannot build [function.hello]: " in error
        assert "Permission denied" in error
        assert str(project / "src/out") in error
        assert "check the permissions" in hint
        assert output_files(project) == {"answer.txt": b"first"}


class TestEarlier:
    """The earlier output and artifact."""

    @pytest.mark.parametrize(
        "script",
        [
            "mkdir -p out && echo half > out/half.txt && exit 1",
            "rm -rf out",
            "mkdir -p out",
            "mkdir -p out && echo 1 > out/a && echo more >> words.txt",
            "mkdir -p out && ln -s /etc/hosts out/a",
        ],
    )
    def test_failed_build(self, project: Path, script: str) -> None:
        """A failed build leaves the earlier output and artifact as they were."""
        zip_file = projects.make_zip(project)
        content, output = zip_file.read_bytes(), projects.listing(project / "src/out")
        commands.write_script(project, script)

        with pytest.raises(HashzipError):
            projects.make_zip(project)

        assert zip_file.read_bytes() == content
        assert projects.listing(project / "src/out") == output
        assert list((project / ".hashzip").glob("*.output")) == []

    def test_failed_build_of_a_file(self, project: Path) -> None:
        """The earlier output comes back even if a program has removed its folder."""
        commands.configure(project, output="made/bootstrap", exclude=["/made/"])
        commands.write_script(project, "mkdir -p made && cp words.txt made/bootstrap")
        projects.make_zip(project)
        commands.write_script(project, "rm -r made && exit 1")

        with pytest.raises(HashzipError, match="failed"):
            projects.make_zip(project)

        assert (project / "src/made/bootstrap").read_bytes() == b"first"

    def test_failed_first_build(self, project: Path) -> None:
        """Without an earlier output, there is none after a failed build."""
        commands.write_script(project, "mkdir out && echo half > out/half.txt && exit 1")

        error_of(project, "failed")

        assert not (project / "src/out").exists()

    def test_killed_build(self, project: Path) -> None:
        """After a killed build, the next one finds the earlier, complete output."""
        commands.write_script(project, HANGING)
        zip_file = projects.make_zip(project)
        content, output = zip_file.read_bytes(), output_files(project)
        projects.write_files(project / "src", {"words.txt": b"second"})
        words = [sys.executable, str(program.BUILD), "build"]
        running = subprocess.Popen(
            words, cwd=project, env=program.environment(HANG="1"), start_new_session=True
        )
        until((project / "hangs").exists)
        os.killpg(running.pid, signal.SIGKILL)
        running.wait(DEADLINE)
        assert output_files(project) == {"half.txt": b"half\n"}

        failed = program.run("build", cwd=project, settings={"FAIL": "1"})

        assert failed.code == 1
        assert output_files(project) == output == {"answer.txt": b"first"}
        assert zip_file.read_bytes() == content
        assert projects.content(projects.make_zip(project), "answer.txt") == b"second"
        assert list((project / ".hashzip").glob("hello.[ot]*")) == []

    def test_nothing_to_do(self, project: Path) -> None:
        """A package is not built again after a file was touched."""
        commands.write_script(project, f"{commands.SCRIPT}; echo ran >> ../runs")
        projects.make_zip(project)
        (project / "src/words.txt").touch()
        projects.make_zip(project)

        assert (project / "runs").read_text().splitlines() == ["ran"]
        projects.write_files(project / "src", {"words.txt": b"second"})
        assert projects.content(projects.make_zip(project), "answer.txt") == b"second"
        assert (project / "runs").read_text().splitlines() == ["ran", "ran"]
