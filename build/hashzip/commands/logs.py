"""`hashzip logs`: print the logs of a function."""

import argparse
import datetime as dt
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from hashzip.aws import errors, log_format, log_reader
from hashzip.aws.log_reader import LogReader
from hashzip.commands import _endpoint, _output, _parser
from hashzip.errors import HashzipError
from hashzip.printable import escaped_json

HELP = "print the logs of a function"
DESCRIPTION = (
    "Uses the local AWS if it is running, otherwise your account. Shows a JSON line as level, "
    "message and key=value, and Lambda's START, END and REPORT lines as one line."
)
EXAMPLES = {
    "hashzip logs hello": "the last 10 minutes",
    "hashzip logs hello --follow --since 1h": "the last hour, and new lines until Ctrl-C",
    "hashzip logs hello --json | jq -r .message": "as the function wrote them",
}

_POLL_SECONDS = 1.0
_LONGEST = 3650 * 86_400  # seconds to look back
_SHOWN = 40  # characters of an argument in an error
_INTERRUPTED = 130  # as a shell reports `tail -f` after Ctrl-C


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the function, where it runs, and which of its logs to print."""
    parser.add_argument(
        "--json", action="store_true", help="print the events of CloudWatch, one JSON object a line"
    )
    parser.add_argument("function", metavar="FUNCTION", help="function of hashzip.toml")
    parser.add_argument("-f", "--follow", action="store_true", help="print new lines until Ctrl-C")
    parser.add_argument(
        "--since",
        metavar="TIME",
        type=_duration,
        default="10m",
        help="how far back to start: 30s, 10m, 2h, 1d (default: 10m)",
    )
    _endpoint.add_arguments(parser)


def _duration(text: str) -> int:
    """Convert a duration such as `10m` to seconds.

    Raises:
        ArgumentTypeError: It is not a duration.
    """
    unit = {"s": 1, "m": 60, "h": 3600, "d": 86_400}.get(text[-1:])
    number = _parser.whole_number(text[:-1])
    if unit is None or number is None or number * unit > _LONGEST:
        shown = repr(text) if len(text) <= _SHOWN else "that"
        raise argparse.ArgumentTypeError(
            f"{shown} is not a duration of up to 10 years: write 30s, 10m, 2h or 1d"
        )
    return number * unit


def run(options: argparse.Namespace) -> None:
    """Print each event of the log, and wait for more with `--follow`."""
    project = _output.project(options)
    name = _endpoint.function_name(project, options)
    endpoint = _endpoint.choose(project, options)
    group = log_reader.log_group(endpoint, name)
    since = int((time.time() - options.since) * 1000)
    try:
        with errors.translated(endpoint, name):
            reader = LogReader(endpoint.client("logs"), group, since)
            for event in _events(reader, follow=options.follow):
                _print(event, as_json=options.json)
    except KeyboardInterrupt:
        if not options.follow:
            raise
        raise SystemExit(_INTERRUPTED) from None


def _events(reader: LogReader, *, follow: bool) -> Iterator[Mapping[str, Any]]:
    while True:
        try:
            yield from reader.read()
        except Exception as error:
            # A function has no log group before its first event.
            if not errors.is_missing(error):
                raise
            if not follow:
                raise HashzipError(
                    f"there is no log group {reader.group} yet", "invoke the function first"
                ) from error
        if not follow:
            return
        time.sleep(_POLL_SECONDS)


def _print(event: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(escaped_json(json.dumps(event, ensure_ascii=False)), flush=True)
        return
    now = dt.datetime.now().astimezone()
    for line in log_format.format_event(event["message"]):
        print(f"{log_format.format_time(event['timestamp'], now)} {line}", flush=True)
