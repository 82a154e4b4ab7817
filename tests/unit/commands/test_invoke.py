"""The event and the failure of `hashzip invoke`. `tests/cli/test_invoke.py` invokes functions."""

import base64
import io
import json
from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace

import pytest

from hashzip.commands import _parser, invoke
from hashzip.errors import HashzipError


def options(*words: str) -> Namespace:
    """Parse the arguments for hello."""
    return _parser.parse(["invoke", "hello", *words])


class TestEvent:
    """The event that is sent."""

    def test_sources(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is {}, or that of an argument, a file, or standard input."""
        file = tmp_path / "event.json"
        file.write_text('{"a": "é"}', encoding="utf-8-sig")
        stdin = SimpleNamespace(buffer=io.BytesIO(b"[1]"))
        monkeypatch.setattr("sys.stdin", stdin)

        assert invoke._event(options()) == "{}"  # noqa: SLF001
        assert invoke._event(options("--data", "null")) == "null"  # noqa: SLF001
        assert invoke._event(options("--data-file", str(file))) == '{"a": "é"}'  # noqa: SLF001
        assert invoke._event(options("--data", "-")) == "[1]"  # noqa: SLF001

    @pytest.mark.parametrize(
        "data, message",
        [
            ("{", "--data is not JSON: .*line 1, column 2"),
            ("NaN", "--data is not JSON: NaN is not a JSON value"),
            ("\udcff", "--data is not JSON: byte 0 is not UTF-8"),
        ],
    )
    def test_not_json(self, data: str, message: str) -> None:
        """Anything but JSON is an error that says where."""
        with pytest.raises(HashzipError, match=message):
            invoke._event(options("--data", data))  # noqa: SLF001

    def test_too_large(self) -> None:
        """An event above Lambda's limit is an error with both sizes."""
        limit = 6 << 20
        assert len(invoke._event(options("--data", f'"{"x" * (limit - 2)}"'))) == limit  # noqa: SLF001

        with pytest.raises(HashzipError, match="6,291,457 bytes, and Lambda takes at most 6,291,4"):
            invoke._event(options("--data", f'"{"x" * (limit - 1)}"'))  # noqa: SLF001


class TestFailure:
    """The error of a function that failed."""

    @pytest.mark.parametrize(
        "payload, message",
        [
            (
                {"errorType": "ValueError", "errorMessage": "no", "stackTrace": ["  File a\n"]},
                "hello failed: ValueError: no\n    File a",
            ),
            ({"errorMessage": "no", "trace": ["at a"]}, "hello failed: no\n  at a"),
            ({"errorMessage": "a\x1b[2J"}, "hello failed: a\x1b[2J\n  last line"),
            ("text", 'hello failed: "text"\n  last line'),
        ],
    )
    def test_message(self, payload: object, message: str) -> None:
        """It has the function's own words, and its traceback, or else the end of the log."""
        error = invoke._failure("hello", json.dumps(payload), ["last line"], options())  # noqa: SLF001

        assert str(error) == message
        assert error.hint == "run: hashzip logs hello --since 5m"


def test_log() -> None:
    """The end of the log is made readable."""
    log = b'START RequestId: 1 Version: 2\n{"level": "INFO", "message": "hi"}\nplain\n'

    response = {"LogResult": base64.b64encode(log).decode()}

    assert invoke._log(response) == ["INFO  hi", "plain"]  # noqa: SLF001
    assert invoke._log({}) == []  # noqa: SLF001


@pytest.mark.parametrize(
    "payload, shown, piped",
    [
        ('{"a":1}', '{\n  "a": 1\n}', '{"a":1}'),
        ("not JSON", "not JSON", "not JSON"),
        ('"\u202e\\u001b"', r'"\u202e\u001b"', '"\u202e\\u001b"'),
        ("not\x1b[2J\n::error::JSON", "not\\x1b[2J\n\\::error::JSON", "not\x1b[2J\n::error::JSON"),
        ('"##vso[a]"', r'"#\u0023vso[a]"', r'"#\u0023vso[a]"'),
    ],
)
def test_shown(payload: str, shown: str, piped: str) -> None:
    """On a terminal, JSON is indented, and all is safe; elsewhere the response is as it came.

    But nowhere is a text in it a command to what runs a workflow.
    """
    assert invoke._shown(payload, is_terminal=True) == shown  # noqa: SLF001
    assert invoke._shown(payload, is_terminal=False) == piped  # noqa: SLF001


def test_logs_of_async(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An asynchronous invocation has no log yet."""
    monkeypatch.chdir(project)

    with pytest.raises(HashzipError, match="--logs has no effect with --async") as caught:
        invoke.run(options("--async", "--logs"))

    assert "hashzip logs hello --follow" in caught.value.hint
