"""Makes lines of a function's log readable. Pure; standard library only.

What a function writes is text, or a JSON object a line. What Lambda writes about each invocation
(START, END, REPORT) becomes one line, in either of its two formats:
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
"""

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_LEVELS = ("level", "severity", "levelname")
_MESSAGES = ("message", "msg")
# What the log, or whoever asked for it, has already. The last three are from Powertools.
_KNOWN = ("timestamp", "time", "function_arn", "function_memory_size", "function_name")

_FOLDED = {
    "platform.end",
    "platform.initReport",
    "platform.initRuntimeDone",
    "platform.initStart",
    "platform.runtimeDone",
    "platform.start",
}
# A version and a request id follow, which the REPORT line has too.
_NOISE = re.compile(r"(START RequestId: |END RequestId: |INIT_START |XRAY TraceId: )")
_REPORT = re.compile(r"REPORT RequestId: (\S+)\t")
_FIELD = re.compile(r"\t(?:XRAY )?([A-Z][A-Za-z ]+): ([^\t\n]+)")


def readable(message: str) -> Iterator[str]:
    """Makes one event of a log readable.

    Args:
        message: As the function or Lambda wrote it.

    Yields:
        Lines, without what would move the cursor of a terminal; none for what a later line says
        as well.
    """
    fields = _object(message)
    if fields is None:
        lines = _text(message.rstrip("\n"))
    elif str(fields.get("type")) in _FOLDED:
        return
    elif fields.get("type") == "platform.report" and isinstance(fields.get("record"), dict):
        lines = _platform(fields["record"])
    else:
        lines = _structured(fields)
    for line in lines:
        for part in line.splitlines() or [""]:
            yield harmless(part)


def clock(milliseconds: int, now: dt.datetime) -> str:
    """Writes a time of a log as a clock shows it here, with its date unless that is today.

    Args:
        milliseconds: Since 1970.
        now: The time that it is, with its zone.
    """
    time = dt.datetime.fromtimestamp(milliseconds / 1000, now.tzinfo)
    date = "" if time.date() == now.date() else f"{time:%Y-%m-%d} "
    return f"{date}{time:%H:%M:%S}.{time.microsecond // 1000:03}"


def _object(message: str) -> Mapping[str, Any] | None:
    if not message.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(message)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _text(message: str) -> Iterator[str]:
    report = _REPORT.match(message)
    if report:
        found = dict(_FIELD.findall(message))
        yield _summary(
            report[1],
            duration=found.get("Duration"),
            used=found.get("Max Memory Used"),
            size=found.get("Memory Size"),
            start=found.get("Init Duration"),
            restore=found.get("Restore Duration"),
            status=found.get("Status"),
        )
    elif not _NOISE.match(message):
        yield message


def _platform(record: Mapping[str, Any]) -> Iterator[str]:
    """Reads Lambda's report where a function's log format is JSON."""
    metrics = record.get("metrics") or {}
    units = {
        "duration": ("durationMs", "ms"),
        "used": ("maxMemoryUsedMB", "MB"),
        "size": ("memorySizeMB", "MB"),
        "start": ("initDurationMs", "ms"),
        "restore": ("restoreDurationMs", "ms"),
    }
    found = {
        name: f"{metrics[key]} {unit}" if key in metrics else None
        for name, (key, unit) in units.items()
    }
    status = record.get("status")
    yield _summary(
        record.get("requestId", ""), **found, status=status if status != "success" else None
    )


def _summary(request: str, **found: str | None) -> str:
    """Writes the one line about an invocation."""
    used, size = found.get("used"), found.get("size")
    parts = [
        found.get("status"),
        found.get("duration"),
        f"{used.removesuffix(' MB')} of {size}" if used and size else None,
        f"cold start {found['start']}" if found.get("start") else None,
        f"restored in {found['restore']}" if found.get("restore") else None,
        f"request {request}" if request else None,
    ]
    return f"-- {', '.join(part for part in parts if part)}"


def _structured(fields: Mapping[str, Any]) -> Iterator[str]:
    """Writes level and message, then the rest as key=value; texts of several lines below."""
    level = next((key for key in _LEVELS if isinstance(fields.get(key), str)), None)
    message = next((key for key in _MESSAGES if key in fields), None)
    rest = {
        key: value
        for key, value in fields.items()
        if key not in (level, message) and not (key in _KNOWN and (level or message))
    }
    below = {key: text for key, text in ((key, _paragraph(v)) for key, v in rest.items()) if text}
    said = fields[message] if message else None
    parts = [
        f"{fields[level].upper():<5}" if level else None,
        said if isinstance(said, str) else _value(said) if message else None,
        *(f"{key}={_value(value)}" for key, value in rest.items() if key not in below),
    ]
    yield " ".join(part for part in parts if part)
    for key, text in below.items():
        yield f"  {key}:"
        yield from (f"    {line}" for line in text.splitlines())


def _paragraph(value: object) -> str:
    """Answers a text of several lines, as a trace is, or ""."""
    if isinstance(value, list) and value and all(isinstance(line, str) for line in value):
        value = "\n".join(line.rstrip("\n") for line in value)
    return value if isinstance(value, str) and "\n" in value.strip() else ""


def _value(value: object) -> str:
    if isinstance(value, str) and value and not re.search(r'[\s"=]', value):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def harmless(line: str) -> str:
    """Spells out what a terminal would obey: whoever calls a function may write to its log."""
    return "".join(
        c if c.isprintable() or c == "\t" else c.encode("unicode_escape").decode() for c in line
    )
