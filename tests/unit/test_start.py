"""The start of the process."""

import os
import sys
from pathlib import Path

import pytest

from hashzip import cli, start
from hashzip.emulator import quick_invoke
from hashzip.emulator.quick_invoke import LostError, Response


class Ended(BaseException):
    """The process has ended."""


@pytest.fixture(autouse=True)
def _process(monkeypatch: pytest.MonkeyPatch) -> None:
    def end(code: int) -> None:
        raise Ended(code)

    monkeypatch.setattr(os, "_exit", end)
    monkeypatch.setattr(cli, "open_streams", lambda: None)


@pytest.fixture(autouse=True)
def _collecting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave this process's garbage collector on."""
    monkeypatch.setattr("gc.disable", lambda: None)


def run(
    monkeypatch: pytest.MonkeyPatch, response: Response | BaseException | None, *words: str
) -> object:
    """Start hashzip with a quick invocation that has this result; return the exit code."""

    def invoke(_words: list[str]) -> Response | None:
        if isinstance(response, BaseException):
            raise response
        return response

    def run_command(install: object) -> None:
        raise Ended(f"the command line, {install}")

    monkeypatch.setattr(quick_invoke, "run", invoke)
    monkeypatch.setattr(cli, "run", run_command)
    monkeypatch.setattr(sys, "argv", ["hashzip", *words])
    with pytest.raises(Ended) as ended:
        start.run()
    return ended.value.args[0]


def output(monkeypatch: pytest.MonkeyPatch, file: Path, encoding: str = "utf-8") -> None:
    """Let standard output go to a file."""
    monkeypatch.setattr(sys, "stdout", file.open("w", encoding=encoding))


@pytest.mark.parametrize(
    "encoding, printed", [("utf-8", '{"a": "\u00e9"}\n'.encode()), ("ascii", b'{"a": "\\xe9"}\n')]
)
def test_plain(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, encoding: str, printed: bytes
) -> None:
    """A plain response is printed as it came, in any locale."""
    output(monkeypatch, tmp_path / "out", encoding)
    response = Response(200, {}, '{"a": "\u00e9"}'.encode())

    assert run(monkeypatch, response, "invoke", "hello") == 0
    sys.stdout.close()
    assert (tmp_path / "out").read_bytes() == printed


def test_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing was invoked, and for any other command, the command line goes on."""
    response = Response(200, {}, b"{}")

    assert run(monkeypatch, None, "invoke", "hello") == "the command line, None"
    assert run(monkeypatch, response, "status") == "the command line, None"
    assert run(monkeypatch, response) == "the command line, None"


@pytest.mark.parametrize(
    "response, code, message",
    [
        (
            Response(200, {"x-amz-function-error": "Unhandled"}, b'{"errorMessage": "no"}'),
            1,
            "error: hello failed: no\nhint: run: hashzip logs hello --since 5m\n",
        ),
        (Response(502, {}, b"bad"), 1, "error: the local AWS could not invoke hello: 502 bad\n"),
        (
            LostError(),
            1,
            "error: the local AWS ended before hello had responded; it may have run\n",
        ),
        (KeyboardInterrupt(), 130, "error: interrupted\n"),
    ],
)
def test_errors(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    response: Response | BaseException,
    code: int,
    message: str,
) -> None:
    """What is not plain is explained as by the command itself."""
    assert run(monkeypatch, response, "invoke", "hello") == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(message)


def test_escaped(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A response with a command to what runs a workflow is escaped."""
    assert run(monkeypatch, Response(200, {}, b'"##vso[a]"'), "invoke", "hello") == 0
    assert capsys.readouterr().out == '"#\\u0023vso[a]"\n'
