"""`hashzip logs`: what a function has logged, and goes on logging."""

import argparse
import datetime as dt
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from hashzip import aws_errors, log_group, log_lines
from hashzip.commands import output
from hashzip.errors import HashzipError
from hashzip.log_group import Reader

_POLL_SECONDS = 1.0
_INTERRUPTED = 130  # as a shell reports `tail -f` after Ctrl-C


def run(options: argparse.Namespace) -> None:
    """Prints a line an event, and waits for more with `--follow`."""
    project = output.project(options)
    name = output.function_name(project, options)
    place = output.place(project, options)
    group = log_group.name_of(place, name)
    since = int((time.time() - options.since) * 1000)
    try:
        with aws_errors.explained(place, name):
            reader = Reader(place.client("logs"), group, since)
            for event in _events(reader, follow=options.follow):
                _print(event, as_json=options.json)
    except KeyboardInterrupt:
        if not options.follow:
            raise
        raise SystemExit(_INTERRUPTED) from None


def _events(reader: Reader, *, follow: bool) -> Iterator[Mapping[str, Any]]:
    while True:
        try:
            yield from reader.new()
        except Exception as error:
            # A function has no log group before it logs for the first time.
            if not aws_errors.is_missing(error):
                raise
            if not follow:
                raise HashzipError(
                    f"there is no log group {reader.group} yet", "invoke the function once"
                ) from error
        if not follow:
            return
        time.sleep(_POLL_SECONDS)


def _print(event: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(event, ensure_ascii=False), flush=True)
        return
    now = dt.datetime.now().astimezone()
    for line in log_lines.readable(event["message"]):
        print(f"{log_lines.clock(event['timestamp'], now)} {line}", flush=True)
