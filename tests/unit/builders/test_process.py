"""Programs run with the environment that they are given, and their failures are told apart."""

import os
import sys
import sysconfig
import tempfile
from pathlib import Path

import pytest

from hashzip.builders import process
from hashzip.builders.process import ProcessFailed
from hashzip.errors import HashzipError

PRINT = "import os, json; print(json.dumps([os.getcwd(), dict(os.environ)]))"


def output(code: str, cwd: Path, **environment: str) -> str:
    """Return the standard output of a Python program."""
    with tempfile.TemporaryFile() as file:
        process.run(
            [sys.executable, "-I", "-S", "-c", code],
            cwd=str(cwd),
            environment=environment,
            stdout=file,
        )
        file.seek(0)
        return file.read().decode()


def test_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program gets its variables and the time of all zips, nothing of ours, and its folder."""
    monkeypatch.setenv("OURS", "x")

    text = output(PRINT, tmp_path, MINE="y")

    assert os.path.realpath(tmp_path) in text
    assert '"MINE": "y"' in text
    assert '"SOURCE_DATE_EPOCH": "315532800"' in text
    assert "OURS" not in text
    assert '"1"' in output(PRINT, tmp_path, SOURCE_DATE_EPOCH="1")


def test_standard_output_is_ours(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What a program prints goes to standard error: standard output is for hashzip's answer."""
    code = "print('said')"
    process.run([sys.executable, "-I", "-c", code], cwd=str(tmp_path), environment={})

    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "said\n")


def test_standard_input_is_empty(tmp_path: Path) -> None:
    """A program cannot read the query that Terraform sends to hashzip."""
    assert output("import sys; print(repr(sys.stdin.read()))", tmp_path) == "''\n"


@pytest.mark.parametrize(
    "code, exit_code", [("raise SystemExit(3)", 3), ("import os; os.kill(os.getpid(), 9)", -9)]
)
def test_failure(tmp_path: Path, code: str, exit_code: int) -> None:
    """A program that fails raises its exit code, or the number of its signal."""
    with pytest.raises(ProcessFailed) as caught:
        output(code, tmp_path)

    assert caught.value.code == exit_code


@pytest.mark.parametrize("name", ["no-such-program-anywhere", "/"])
def test_not_started(tmp_path: Path, name: str) -> None:
    """A program that cannot be started is an error that names it."""
    with pytest.raises(HashzipError, match=f"cannot run {name}: ") as caught:
        process.run([name], cwd=str(tmp_path), environment={})

    assert "install it" in caught.value.hint


def test_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder of this Python's programs comes before the user's own."""
    monkeypatch.setenv("PATH", "/users/own")

    folders = process.path_with_scripts().split(os.pathsep)

    assert folders == [sysconfig.get_path("scripts"), "/users/own"]
