"""`hashzip logs`: what a function has logged, and goes on logging."""

import argparse
import datetime as dt
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from hashzip.aws import errors, log_format, log_reader
from hashzip.aws.log_reader import Reader
from hashzip.commands import _output
from hashzip.errors import HashzipError

_POLL_SECONDS = 1.0
_INTERRUPTED = 130  # as a shell reports `tail -f` after Ctrl-C


def run(options: argparse.Namespace) -> None:
    """Prints a line an event, and waits for more with `--follow`."""
    project = _output.project(options)
    name = _output.function_name(project, options)
    place = _output.place(project, options)
    group = log_reader.name_of(place, name)
    since = int((time.time() - options.since) * 1000)
    try:
        with errors.explained(place, name):
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
            if not errors.is_missing(error):
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
    for line in log_format.readable(event["message"]):
        print(f"{log_format.clock(event['timestamp'], now)} {line}", flush=True)
