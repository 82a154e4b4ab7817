"""`hashzip build --check`: its output, its exit code, and the files that it leaves."""

import json
import re
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support import program, watch_process
from tests.support import project as projects
from tests.support.program import Finished

# Shell commands that write something about the build's environment into a file each.
FILES = {
    "alike": "cat hello.py",
    "time": "date +%s",
    "date": "date",
    "random": "head -c 20 /dev/urandom",
    "folder": "pwd",
    "umask": "umask",
    "locale": "echo $LC_ALL",
    "mtime": "ls -l --time-style=+%s hello.py",
    "cache": "echo $XDG_CACHE_HOME",
    "seed": "echo $PYTHONHASHSEED",
}
COMMAND = {
    "builder": "command",
    "source": "src",
    "runtime": "provided.al2023",
    "handler_in_layer": True,  # these make no program
    "architecture": "x86_64",
}


def command(project: Path, files: Mapping[str, str]) -> None:
    """Configure hello to be built by shell commands, one for each file."""
    script = "; ".join(f"({words}) > $HASHZIP_OUTPUT/{name}" for name, words in files.items())
    projects.write_config(project, hello=COMMAND | {"command": ["sh", "-c", script]})


def check(project: Path, *arguments: str) -> Finished:
    """Run the check with a folder for temporary files beside the project."""
    temporary = project.with_name("temporary")
    temporary.mkdir(exist_ok=True)
    settings = {"TMPDIR": str(temporary)}
    return program.run("build", "--check", *arguments, cwd=project, settings=settings)


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Check a function whose files differ in each build; return the JSON and the exit code."""
    project = projects.make(tmp_path_factory.mktemp("different") / "project")
    command(project, FILES)
    finished = check(project, "hello", "--json")
    (result,) = json.loads(finished.out)
    paths = {difference["path"]: difference for difference in result["differences"]}
    return {**result, "by path": paths, "code": finished.code}


class TestSame:
    """A function that is reproducible."""

    def test_line(self, project: Path) -> None:
        """One line says so, and no file is left in the project or beside it."""
        before = projects.listing(project)

        finished = check(project, "hello")

        assert (finished.code, finished.out) == (0, "hello: reproducible\n")
        assert projects.listing(project) == before
        assert not (project / ".hashzip").exists()
        assert list(project.with_name("temporary").iterdir()) == []

    def test_json(self, project: Path) -> None:
        """The JSON has what was varied and what was not."""
        (checked,) = json.loads(check(project, "hello", "--json").out)

        assert checked["reproducible"] is True
        assert (checked["differences"], checked["zips"]) == ([], {})
        assert checked["fingerprint"] == projects.fingerprint(project)
        assert {"clock", "locale", "umask", "folder"} <= {*checked["varied"], *checked["same"]}

    def test_all(self, project: Path) -> None:
        """Without a name, all functions are checked; what was not varied is printed once."""
        projects.write_config(project, hello=projects.HELLO, other=projects.HELLO)

        finished = check(project)

        assert finished.out == "hello: reproducible\nother: reproducible\n"
        assert finished.err.count("note: the clock") <= 1


class TestDifferent:
    """A function whose files differ in each build; one check serves all tests."""

    def test_exit_code(self, checked: dict[str, Any]) -> None:
        """The exit code is 1, and each file but one differs."""
        assert checked["code"] == 1
        assert checked["reproducible"] is False
        assert set(checked["by path"]) == set(FILES) - {"alike"}

    @pytest.mark.parametrize(
        "path, looks_like",
        [
            ("time", ["a time"]),
            ("date", ["the time zone", "a time"]),
            ("random", []),
            ("folder", ["the folder that it was built in"]),
            ("umask", ["the umask"]),
            ("locale", ["the locale"]),
            ("mtime", ["a time"]),
            ("cache", ["the folder that it was built in"]),
            ("seed", ["PYTHONHASHSEED"]),
        ],
    )
    def test_cause(self, checked: dict[str, Any], path: str, looks_like: list[str]) -> None:
        """The cause of a difference is named where it is known."""
        difference = checked["by path"][path]

        assert difference["looks_like"] == looks_like

    def test_values(self, checked: dict[str, Any]) -> None:
        """The different parts of both files are shown."""
        assert checked["by path"]["umask"]["where"] == "line 1: '0022' and '0002'"
        assert checked["by path"]["umask"]["offset"] == 2

    def test_zips(self, checked: dict[str, Any]) -> None:
        """Both zips are at the paths in the JSON."""
        first, second = (Path(checked["zips"][who]) for who in ("first", "second"))

        assert projects.content(first, "umask") == b"0022\n"
        assert projects.content(second, "umask") == b"0002\n"

    def test_lines(self, project: Path) -> None:
        """The output for people has a line for each file, and the paths of the zips."""
        command(project, {"umask": "umask", "alike": "echo"})

        finished = check(project, "hello")

        head, line, last = finished.out.splitlines()
        assert finished.code == 1
        assert head == "hello: not reproducible: 1 of 2 files differs"
        assert line == (
            "~ umask (5 bytes): from byte 2, line 1: '0022' and '0002'; looks like the umask"
        )
        zips = re.fullmatch("to compare: (.*), (.*)", last)
        assert zips
        assert all(Path(path).is_file() for path in zips.groups())

    def test_only_in_one(self, project: Path) -> None:
        """A file with another name in each build is listed as two files."""
        command(project, {"$(umask)": "echo"})

        _, old, new, _ = check(project, "hello").out.splitlines()

        assert old == "+ 0002 (1 bytes): only in the second zip"
        assert new == "- 0022 (1 bytes): only in the first zip"

    def test_not_as_built_before(self, project: Path) -> None:
        """A zip from an earlier build must be the same too; the hint says why it may differ."""
        projects.write_files(project, {"shared.txt": b"world"})
        command(project, {"x": "cat ../shared.txt || echo nobody"})
        assert check(project, "hello").code == 0
        projects.built(project, "hello")

        finished = check(project, "hello")

        lines = finished.out.splitlines()
        assert finished.code == 1
        assert "differ from the zip built before: 1 of 1 file differs" in lines[0]
        assert "'world' and 'nobody'" in lines[1]
        assert lines[-1].startswith("hint: ")
        assert "name it in inputs" in lines[-1]


class TestErrors:
    """Functions that cannot be checked."""

    def test_fails(self, project: Path) -> None:
        """The output of a failing program is shown, and the hint asks for inputs."""
        projects.write_config(
            project, hello=COMMAND | {"command": ["sh", "-c", "echo no such thing >&2; exit 3"]}
        )

        error, hint = projects.complaint(check(project, "hello"))

        assert "  no such thing\n" in error
        assert "name it in inputs" in hint
        assert list(project.with_name("temporary").iterdir()) == []

    @pytest.mark.parametrize("option", [("--force",), ("--expect", "0" * 64)])
    def test_other_options(self, project: Path, option: tuple[str, ...]) -> None:
        """Options that have no effect on a check are refused."""
        error, hint = projects.complaint(check(project, "hello", *option))

        assert f"{option[0]} has no effect with --check" in error
        assert f"remove {option[0]}" in hint

    def test_unknown(self, project: Path) -> None:
        """An unknown name is reported before anything is built."""
        error, _ = projects.complaint(check(project, "hello", "hallo"))

        assert 'no function "hallo"' in error

    def test_interrupted(self, project: Path, tmp_path: Path) -> None:
        """Ctrl-C ends the build too, and no file is left."""
        before = projects.listing(project)
        temporary = tmp_path / "temporary"
        temporary.mkdir()
        started = tmp_path / "started"
        script = f"echo $$ > {started}.partial; mv {started}.partial {started}; exec sleep 600"
        projects.write_config(project, hello=COMMAND | {"command": ["sh", "-c", script]})
        before = projects.listing(project)
        words = ["env", f"TMPDIR={temporary}", sys.executable, str(program.BUILD)]

        with program.start(*words, "build", "--check", "hello", cwd=project) as process:
            deadline = time.monotonic() + 60
            while not started.exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)

        assert process.returncode == 130, err
        assert b"interrupted" in err
        assert list(temporary.iterdir()) == []
        assert projects.listing(project) == before
        watch_process.until(lambda: not _runs(started.read_text(encoding="utf-8").strip()))


def _runs(process: str) -> bool:
    """Return whether a process runs. A zombie has ended, although it is listed."""
    try:
        return ") Z " not in Path("/proc", process, "stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
