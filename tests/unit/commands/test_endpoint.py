"""Where a function runs, by the arguments."""

import argparse
from pathlib import Path

import pytest

from hashzip import planning
from hashzip.aws.client import Endpoint
from hashzip.commands import _endpoint
from hashzip.emulator.session import Session
from hashzip.errors import HashzipError
from tests.support import project as projects

LOCAL = "http://127.0.0.1:1"
KEY = "its own"


def parse(*words: str) -> argparse.Namespace:
    """Parse the arguments of a command that talks to AWS."""
    parser = argparse.ArgumentParser()
    parser.add_argument("function")
    _endpoint.add_arguments(parser)
    return parser.parse_args(words)


def test_function_name(project: Path) -> None:
    """The name in AWS is that of hashzip.toml, or of `--function-name`."""
    loaded = planning.load_project(str(project))

    assert _endpoint.function_name(loaded, parse("hello")) == "hello"
    assert _endpoint.function_name(loaded, parse("hello", "--function-name", "a")) == "a"
    assert _endpoint.function_name(loaded, parse("hello", "--function-name", "")) == ""
    with pytest.raises(HashzipError, match='no function "hallo"'):
        _endpoint.function_name(loaded, parse("hallo", "--function-name", "a"))


def test_layer(tmp_path: Path) -> None:
    """A layer runs nowhere."""
    layer = {"source": "src", "runtime": "python3.13", "architecture": "arm64"}
    projects.write_tables(tmp_path, {"layer.deps": layer})

    with pytest.raises(HashzipError, match=r"layer\.deps is a layer"):
        _endpoint.function_name(planning.load_project(str(tmp_path)), parse("layer.deps"))


@pytest.mark.parametrize(
    "words, is_named",
    [
        ((), False),
        (("--local",), True),
        (("--remote",), True),
        (("--profile", "dev"), True),
        (("--region", "eu-west-1"), True),
        (("--function-name", "a"), True),
    ],
)
def test_is_named(words: tuple[str, ...], *, is_named: bool) -> None:
    """Each of the arguments says where a function runs."""
    assert _endpoint.is_named(parse("hello", *words)) is is_named


def test_local_or_remote() -> None:
    """A function cannot run in both."""
    assert parse("hello", "--local").local

    with pytest.raises(SystemExit):
        parse("hello", "--local", "--remote")


@pytest.mark.parametrize("is_terminal", [True, False])
def test_choose(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    is_terminal: bool,
) -> None:
    """The chosen one is printed on a terminal, and only there."""
    monkeypatch.setattr("hashzip.emulator.session.find", lambda _: Session(LOCAL, KEY, ""))
    monkeypatch.setattr("sys.stderr.isatty", lambda: is_terminal)

    endpoint = _endpoint.choose(planning.load_project(str(project)), parse("hello"))

    assert endpoint == Endpoint(LOCAL, secret=KEY)
    printed = f"in the local AWS at {LOCAL}\n" if is_terminal else ""
    assert capsys.readouterr().err == printed
