"""The parts of `hashzip logs`. `tests/cli/test_logs.py` reads real logs."""

import argparse
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError

from hashzip.commands import logs
from hashzip.errors import HashzipError

if TYPE_CHECKING:
    from hashzip.aws.log_reader import LogReader

EVENT = {"timestamp": 0, "message": '{"level": "INFO", "message": "hi"}\n'}


class Reader:
    """Takes the place of a log reader: it returns events, or raises an error."""

    group = "/aws/lambda/hello"

    def __init__(self, *answers: Sequence[Mapping[str, Any]] | Exception) -> None:
        self.answers = list(answers)

    def read(self) -> Sequence[Mapping[str, Any]]:
        """Return the next answer."""
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def missing(code: str = "ResourceNotFoundException") -> ClientError:
    """Make an error of CloudWatch."""
    return ClientError({"Error": {"Code": code}}, "FilterLogEvents")


def events(reader: Reader) -> list[Mapping[str, Any]]:
    """Return all events that are there."""
    return list(logs._events(cast("LogReader", reader), follow=False))  # noqa: SLF001


@pytest.mark.parametrize("text, seconds", [("30s", 30), ("10m", 600), ("2h", 7200), ("1d", 86_400)])
def test_duration(text: str, seconds: int) -> None:
    """A duration is a number and a unit."""
    assert logs._duration(text) == seconds  # noqa: SLF001


@pytest.mark.parametrize("text", ["", "10", "m", "-1m", "1w", "1.5h"])
def test_no_duration(text: str) -> None:
    """Anything else is refused, with an example."""
    with pytest.raises(argparse.ArgumentTypeError, match="write 30s, 10m, 2h or 1d"):
        logs._duration(text)  # noqa: SLF001


def test_no_log_group() -> None:
    """Before the first event, there is no log group; the hint says what to do."""
    assert events(Reader([EVENT])) == [EVENT]

    with pytest.raises(HashzipError, match="no log group /aws/lambda/hello yet") as caught:
        events(Reader(missing()))
    assert caught.value.hint == "invoke the function first"
    with pytest.raises(ClientError):
        events(Reader(missing("AccessDeniedException")))


def test_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    """With --follow, it waits for the log group, and for more events."""
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    reader = Reader(missing(), [EVENT], [], [EVENT])

    stream = logs._events(cast("LogReader", reader), follow=True)  # noqa: SLF001

    assert [next(stream), next(stream)] == [EVENT, EVENT]
    assert len(waits) == 3


def test_print(capsys: pytest.CaptureFixture[str]) -> None:
    """An event is a readable line with its time, or JSON as it came."""
    logs._print(EVENT, as_json=False)  # noqa: SLF001
    assert capsys.readouterr().out.endswith(" INFO  hi\n")

    logs._print(EVENT, as_json=True)  # noqa: SLF001
    assert json.loads(capsys.readouterr().out) == EVENT
