"""Events of a log become readable lines."""

import datetime as dt
import json

import pytest

from hashzip.aws import log_format

REQUEST = "8f507cfc-1a55-4f9b-a0f9-0123456789ab"


def shown(message: object) -> list[str]:
    """Return the lines of an event: a text, or an object as JSON."""
    return list(
        log_format.format_event(message if isinstance(message, str) else json.dumps(message))
    )


@pytest.mark.parametrize(
    "message, line",
    [
        ("plain\n", "plain"),
        ("", ""),
        ("[1]", "[1]"),
        ("{cut", "{cut"),
        ({"level": "INFO", "message": "hi"}, "INFO  hi"),
        ({"severity": "error", "msg": "hi", "n": 1}, "ERROR hi n=1"),
        ({"message": "hi", "timestamp": "2026-01-01T00:00:00Z"}, "hi"),
        ({"timestamp": "2026-01-01T00:00:00Z"}, "timestamp=2026-01-01T00:00:00Z"),
        ({"message": "hi", "a": "x y", "b": "", "c": None}, 'hi a="x y" b="" c=null'),
        ({"message": {"a": 1}, "b": {"c": ["é"]}}, '{"a":1} b={"c":["é"]}'),
        ({"level": 30, "msg": "pino"}, "pino level=30"),
        ({"type": "order", "record": 1}, "type=order record=1"),
    ],
)
def test_line(message: object, line: str) -> None:
    """JSON becomes level, message and key=value; other text stays as it is."""
    assert shown(message) == [line]


def test_trace() -> None:
    """A traceback, as a text or a list, is below the line."""
    assert shown({"message": "bad", "exception": "Traceback:\n  x\n", "n": 1}) == [
        "bad n=1",
        "  exception:",
        "    Traceback:",
        "      x",
    ]
    assert shown({"message": "bad", "stackTrace": ["  File a\n    x\n", "  File b\n"]}) == [
        "bad",
        "  stackTrace:",
        "      File a",
        "        x",
        "      File b",
    ]


def test_report_of_text() -> None:
    """START, END and REPORT become one line, with duration, memory and request."""
    report = (
        f"REPORT RequestId: {REQUEST}\tDuration: 12.34 ms\tBilled Duration: 113 ms\t"
        "Memory Size: 128 MB\tMax Memory Used: 40 MB\tInit Duration: 100.12 ms\t\n"
        "XRAY TraceId: 1-5\tSegmentId: 7\tSampled: true\t\n"
    )

    assert shown("INIT_START Runtime Version: python:3.13.v1\tRuntime Version ARN: arn:x\n") == []
    assert shown(f"START RequestId: {REQUEST} Version: $LATEST\n") == []
    assert shown(f"END RequestId: {REQUEST}\n") == []
    assert shown(report) == [f"-- 12.34 ms, 40 of 128 MB, cold start 100.12 ms, request {REQUEST}"]
    assert shown("START RequestId is mine") == ["START RequestId is mine"]


def test_report_of_failure() -> None:
    """The report of an invocation that failed begins with its status."""
    (line,) = shown(
        f"REPORT RequestId: {REQUEST}\tDuration: 3000.00 ms\tMemory Size: 128 MB\t"
        "Max Memory Used: 40 MB\tStatus: timeout"
    )

    assert line.startswith("-- timeout, 3000.00 ms, ")


def test_report_of_json() -> None:
    """Lambda's own lines in JSON become the same line."""
    metrics = {"durationMs": 12.34, "maxMemoryUsedMB": 40, "memorySizeMB": 128}
    record = {"requestId": REQUEST, "status": "success", "metrics": metrics}

    assert shown({"time": "x", "type": "platform.start", "record": {"requestId": REQUEST}}) == []
    assert shown({"time": "x", "type": "platform.report", "record": record}) == [
        f"-- 12.34 ms, 40 of 128 MB, request {REQUEST}"
    ]
    failed = {"type": "platform.report", "record": {**record, "status": "timeout"}}
    assert shown(failed)[0].startswith("-- timeout, ")
    assert "fault" in shown({"type": "platform.fault", "record": "fault"})[0]


def test_control_characters() -> None:
    """Control characters are escaped, in text and in JSON; tabs stay."""
    assert shown("a\x1b[2Jb\tc") == ["a\\x1b[2Jb\tc"]
    assert shown({"message": "a\x1b]0;x\x07"}) == ["a\\x1b]0;x\\x07"]


def test_colours_and_commands() -> None:
    """Colours are left out, tabs stay, and no line is a command to what runs a workflow."""
    assert list(log_format.format_event("\x1b[31ma\tb\x1b[0m\n::error::c\n ##vso[d]")) == [
        "a\tb",
        r"\::error::c",
        r" #\#vso[d]",
    ]


def test_time() -> None:
    """A time of today has no date; another time has one."""
    zone = dt.timezone(dt.timedelta(hours=2))
    now = dt.datetime(2026, 1, 2, 12, tzinfo=zone)
    midnight = int(dt.datetime(2026, 1, 2, tzinfo=zone).timestamp() * 1000)

    assert log_format.format_time(midnight + 5, now) == "00:00:00.005"
    assert log_format.format_time(midnight - 1, now) == "2026-01-01 23:59:59.999"
