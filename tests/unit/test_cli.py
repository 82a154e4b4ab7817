"""The command line in this process: its exit codes, and what it prints of errors."""

import argparse
import errno
import io
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from hashzip import cli
from hashzip.commands import _parser, status
from hashzip.errors import HashzipError
from hashzip.project import installation


def fail(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let `hashzip status` fail."""

    def run(_options: argparse.Namespace) -> None:
        raise error

    monkeypatch.setattr(status, "run", run)


def test_success(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A command that succeeds has the exit code 0, and nothing on stderr."""
    assert cli.main(["status", "--project", str(project)]) == 0

    out, err = capsys.readouterr()
    assert out.startswith("hello\t")
    assert err == ""


@pytest.mark.parametrize(
    "error, printed",
    [
        (HashzipError("it is wrong", "fix it"), "error: it is wrong\nhint: fix it\n"),
        (HashzipError("it is wrong"), "error: it is wrong\n"),
        (
            OSError("it is gone"),
            "error: it is gone\nhint: run it again with --debug to see where it failed\n",
        ),
    ],
)
def test_error(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    printed: str,
) -> None:
    """An error has the exit code 1, a message, and a hint if there is one."""
    fail(monkeypatch, error)

    assert cli.main(["status"]) == 1
    assert capsys.readouterr().err == printed


def test_missing_package(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing package is named, with the Python that lacks it and how to install it."""
    fail(monkeypatch, ModuleNotFoundError("No module named 'deflate'", name="deflate"))

    assert cli.main(["status"]) == 1

    error, hint = capsys.readouterr().err.splitlines()
    assert error == f"error: the Python package deflate is not installed for {sys.executable}"
    assert hint == f"hint: {installation.hint()}"


def test_install(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A missing package may be installed by the caller, who is told which; not any other error."""
    missing = ModuleNotFoundError("No module named 'rich.table'", name="rich.table")
    asked: list[str] = []
    fail(monkeypatch, missing)

    assert cli.main(["status"], asked.append) == 1
    assert asked == ["rich"]
    assert "rich.table" in capsys.readouterr().err

    fail(monkeypatch, HashzipError("it is wrong"))
    assert cli.main(["status"], asked.append) == 1
    assert asked == ["rich"]


@pytest.mark.parametrize(
    "error, message",
    [
        (RuntimeError("can't start new thread"), "the system starts no more threads"),
        (BlockingIOError(errno.EAGAIN, "again"), "the system starts no more processes"),
        (OSError(errno.EMFILE, "many"), "this process may open no more files"),
        (OSError(errno.ENFILE, "many"), "the system may open no more files"),
        (OSError(errno.ENOMEM, "no"), "the system has no more memory"),
        (MemoryError(), "the system has no more memory"),
        (RecursionError("maximum"), "something is nested too deep"),
    ],
)
def test_exhausted(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    message: str,
) -> None:
    """What the system has no more of is one error; a mistake of hashzip's own is none."""
    fail(monkeypatch, error)
    assert cli.main(["status"]) == 1
    assert capsys.readouterr().err.startswith(f"error: {message}")

    fail(monkeypatch, RuntimeError("a mistake"))
    with pytest.raises(RuntimeError, match="a mistake"):
        cli.main(["status"])


def test_debug(monkeypatch: pytest.MonkeyPatch) -> None:
    """With --debug, an error is raised as it is."""
    fail(monkeypatch, HashzipError("it is wrong"))

    with pytest.raises(HashzipError):
        cli.main(["status", "--debug"])


def test_interrupt(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C has the exit code 130."""
    fail(monkeypatch, KeyboardInterrupt())

    assert cli.main(["status"]) == 130
    assert capsys.readouterr().err.startswith("error: interrupted\n")


def test_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a process, it ends with the exit code of `main`."""
    codes: list[int] = []
    monkeypatch.setattr(os, "_exit", codes.append)
    monkeypatch.setattr(cli, "main", lambda *, install: 7 if install is None else 8)

    cli.run()
    cli.run(codes.append)

    assert codes == [7, 8]


def test_short_parse() -> None:
    """The arguments of a plan are parsed without argparse, and with the same result."""
    assert vars(cli.parse(["external"])) == vars(_parser.parse(["external"]))
    assert isinstance(cli.parse(["external"]), SimpleNamespace)
    assert isinstance(cli.parse(["external", "--debug"]), argparse.Namespace)


def test_nothing_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    """Without arguments, the help is shown, which ends with how to start."""
    assert cli.main([]) == 0

    out, err = capsys.readouterr()
    assert out.startswith("usage: hashzip COMMAND")
    assert out.splitlines()[-1] == "start: hashzip init"
    assert err == ""


def test_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """Bad usage exits with 2, and names the commands."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["stauts"])

    assert ended.value.code == 2
    assert "status" in capsys.readouterr().err


def test_other_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an encoding lacks is printed in another way: our own words readable, names escaped."""
    buffer = io.BytesIO()
    stream = io.TextIOWrapper(buffer, "ascii", write_through=True)
    monkeypatch.setattr(sys, "stdout", stream)

    with pytest.raises(SystemExit):
        cli.main(["build", "--help"])
    sys.stdout.write("caf\u00e9")

    text = buffer.getvalue().decode("ascii")
    assert "locale, ..., and" in " ".join(text.split())
    assert text.endswith(r"caf\xe9")
