"""Format the events of a function's log for people.

A function writes text, or a JSON object per line. Lambda's own lines about an invocation (START,
END, REPORT) become one line, in either of their two formats:
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
"""

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from hashzip.printable import escaped, without_colours

_LEVELS = ("level", "severity", "levelname")
_MESSAGES = ("message", "msg")
# Keys that repeat what the log or the reader knows. The last three are from Powertools.
_REDUNDANT = ("timestamp", "time", "function_arn", "function_memory_size", "function_name")

# Types of events that the report repeats.
_FOLDED = {
    "platform.end",
    "platform.initReport",
    "platform.initRuntimeDone",
    "platform.initStart",
    "platform.runtimeDone",
    "platform.start",
}
# Lines that the REPORT line repeats.
_NOISE = re.compile(r"(START RequestId: |END RequestId: |INIT_START |XRAY TraceId: )")
_REPORT = re.compile(r"REPORT RequestId: (\S+)\t")
_FIELD = re.compile(r"\t(?:XRAY )?([A-Z][A-Za-z ]+): ([^\t\n]+)")


def format_event(message: str) -> Iterator[str]:
    """Format an event of a log.

    Args:
        message: The event, as the function or Lambda wrote it.

    Yields:
        Lines that are safe to print; none if a later event repeats this one. A caller of the
        function may have put anything into its log. So colours are left out, and all else that
        steers a terminal is escaped.
    """
    fields = _parse_object(message)
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
            yield escaped(without_colours(part), keep="\t")


def format_time(milliseconds: int, now: dt.datetime) -> str:
    """Format a time of a log in the local time zone, with its date unless that is today.

    Args:
        milliseconds: The time, in milliseconds since 1970.
        now: The current time, in the local time zone.
    """
    time = dt.datetime.fromtimestamp(milliseconds / 1000, now.tzinfo)
    date = "" if time.date() == now.date() else f"{time:%Y-%m-%d} "
    return f"{date}{time:%H:%M:%S}.{time.microsecond // 1000:03}"


def _parse_object(message: str) -> Mapping[str, Any] | None:
    if not message.lstrip().startswith("{"):
        return None
    try:
        document = json.loads(message)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _text(message: str) -> Iterator[str]:
    report = _REPORT.match(message)
    if report:
        fields = dict(_FIELD.findall(message))
        yield _summary(
            report[1],
            duration=fields.get("Duration"),
            used=fields.get("Max Memory Used"),
            size=fields.get("Memory Size"),
            start=fields.get("Init Duration"),
            restore=fields.get("Restore Duration"),
            status=fields.get("Status"),
        )
    elif not _NOISE.match(message):
        yield message


def _platform(record: Mapping[str, Any]) -> Iterator[str]:
    """Format Lambda's report of a function whose log format is JSON."""
    metrics = record.get("metrics") or {}
    units = {
        "duration": ("durationMs", "ms"),
        "used": ("maxMemoryUsedMB", "MB"),
        "size": ("memorySizeMB", "MB"),
        "start": ("initDurationMs", "ms"),
        "restore": ("restoreDurationMs", "ms"),
    }
    values = {
        name: f"{metrics[key]} {unit}" if key in metrics else None
        for name, (key, unit) in units.items()
    }
    status = record.get("status")
    yield _summary(
        record.get("requestId", ""), **values, status=status if status != "success" else None
    )


def _summary(request: str, **values: str | None) -> str:
    """Format the line about an invocation."""
    used, size = values.get("used"), values.get("size")
    parts = [
        values.get("status"),
        values.get("duration"),
        f"{used.removesuffix(' MB')} of {size}" if used and size else None,
        f"cold start {values['start']}" if values.get("start") else None,
        f"restored in {values['restore']}" if values.get("restore") else None,
        f"request {request}" if request else None,
    ]
    return f"-- {', '.join(part for part in parts if part)}"


def _structured(fields: Mapping[str, Any]) -> Iterator[str]:
    """Format level and message, the rest as key=value, and texts of several lines below."""
    level = next((key for key in _LEVELS if isinstance(fields.get(key), str)), None)
    message = next((key for key in _MESSAGES if key in fields), None)
    rest = {
        key: value
        for key, value in fields.items()
        if key not in (level, message) and not (key in _REDUNDANT and (level or message))
    }
    below = {key: text for key, text in ((key, _paragraph(v)) for key, v in rest.items()) if text}
    text = fields[message] if message else None
    parts = [
        f"{fields[level].upper():<5}" if level else None,
        text if isinstance(text, str) else _value(text) if message else None,
        *(f"{key}={_value(value)}" for key, value in rest.items() if key not in below),
    ]
    yield " ".join(part for part in parts if part)
    for key, paragraph in below.items():
        yield f"  {key}:"
        yield from (f"    {line}" for line in paragraph.splitlines())


def _paragraph(value: object) -> str:
    """Return a value as text if it has several lines, as a traceback has; else ""."""
    if isinstance(value, list) and value and all(isinstance(line, str) for line in value):
        value = "\n".join(line.rstrip("\n") for line in value)
    return value if isinstance(value, str) and "\n" in value.strip() else ""


def _value(value: object) -> str:
    if isinstance(value, str) and value and not re.search(r'[\s"=]', value):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
