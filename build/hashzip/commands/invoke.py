"""`hashzip invoke`: invoke a function, and print its response."""

import argparse
import base64
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hashzip.aws import errors, log_format, sample_events
from hashzip.aws.client import Place
from hashzip.commands import _endpoint, _output
from hashzip.errors import HashzipError

HELP = "invoke a function, and print its response"
DESCRIPTION = (
    "Uses the local AWS if it is running, otherwise your account. If the function fails, prints "
    "its traceback to stderr and exits with 1. Prints the response unchanged, or indented on a "
    "terminal."
)
EXAMPLES = {
    """hashzip invoke hello --data '{"name": "world"}'""": "send an event",
    "hashzip invoke hello --data-file event.json --logs": "print the end of the log, too",
    "hashzip invoke hello --data-example sqs --remote": "in your account, with an event of SQS",
    "hashzip invoke hello --data-example list": "list the example events",
}

_STDIN = "-"
_LIST = "list"
# Bytes of an event: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_MOST = 6 * 1024 * 1024
_SECONDS = 960  # a function may take 900
_NO_LOGS = "an asynchronous invocation answers before there are logs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the function, where it runs, and its event."""
    parser.add_argument("function", metavar="FUNCTION", help="function of hashzip.toml")
    data = parser.add_mutually_exclusive_group()
    data.add_argument(
        "--data", metavar="JSON", default="{}", help="event (default: {}); - for standard input"
    )
    data.add_argument(
        "--data-file", metavar="FILE", help="file with the event; - for standard input"
    )
    data.add_argument(
        "--data-example",
        metavar="NAME",
        help="example event of an AWS service, such as s3, sqs or api-gateway-v2; or `list`",
    )
    parser.add_argument("--logs", action="store_true", help="print the end of the log to stderr")
    parser.add_argument("--qualifier", metavar="NAME", help="version or alias of the function")
    parser.add_argument(
        "--async", dest="is_async", action="store_true", help="do not wait for the response"
    )
    _endpoint.add_arguments(parser)


def run(options: argparse.Namespace) -> None:
    """Print the response: as it came, or indented on a terminal."""
    project = _output.project(options)
    name = _endpoint.function_name(project, options)
    if options.data_example == _LIST:
        _print_examples()
        return
    if options.is_async and options.logs:
        raise HashzipError(f"--logs: {_NO_LOGS}", f"run: hashzip logs {options.function} --follow")
    event = _event(options)
    place = _endpoint.choose(project, options)
    response, answer = _invoke(place, name, event.encode(), options)
    if options.is_async:
        request = response["ResponseMetadata"].get("RequestId", "")
        print(f"accepted, request {request}", file=sys.stderr)
        return
    lines = _log(response)
    if options.logs:
        _print_log(lines)
    if "FunctionError" in response:
        raise _failure(name, answer, [] if options.logs else lines, options)
    print(_indented(answer) if sys.stdout.isatty() else answer)


def _event(options: argparse.Namespace) -> str:
    """Answers the event, which is JSON, as it was written.

    Raises:
        HashzipError: It is no JSON (with the place), or too large.
    """
    if options.data_example:
        return sample_events.event(options.data_example)
    where, content = _content(options)
    try:
        text = content.decode("utf-8-sig")
        json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        what = f"{error.msg} (line {error.lineno}, column {error.colno})"
    except UnicodeDecodeError as error:
        what = f"byte {error.start:,} is not UTF-8"
    except (ValueError, RecursionError) as error:
        what = str(error)
    else:
        if len(content) > _MOST:
            raise HashzipError(
                f"{where} is {len(content):,} bytes; Lambda takes {_MOST:,}",
                "put it into S3, and send its key",
            )
        return text
    raise HashzipError(f"{where} is not JSON: {what}", """write it like '{"name": "world"}'""")


def _content(options: argparse.Namespace) -> tuple[str, bytes]:
    """Answers where the event is from, and what is there."""
    if _STDIN in (options.data, options.data_file):
        return "standard input", sys.stdin.buffer.read()
    if options.data_file is not None:
        return options.data_file, _read(options.data_file)
    return "--data", options.data.encode(errors="surrogateescape")


def _read(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise HashzipError(
            f"cannot read {name}: {error.strerror}",
            "name a file with JSON, or - for standard input",
        ) from error


def _refuse_constant(word: str) -> None:
    """Refuses what Python would take for JSON, and others would not."""
    raise ValueError(f"{word} is not a value of JSON")


def _invoke(
    place: Place, name: str, event: bytes, options: argparse.Namespace
) -> tuple[Mapping[str, Any], str]:
    request: dict[str, object] = {"FunctionName": name, "Payload": event}
    if options.qualifier:
        request["Qualifier"] = options.qualifier
    if options.is_async:
        request["InvocationType"] = "Event"
    else:
        request["LogType"] = "Tail"
    with errors.explained(place, name, options.qualifier):
        # Never twice: an invocation whose answer is lost may have done what it does.
        client = place.client(
            "lambda",
            read_timeout=_SECONDS,
            retries={"total_max_attempts": 1},
            tcp_keepalive=True,
        )
        response = client.invoke(**request)
        return response, response["Payload"].read().decode(errors="backslashreplace")


def _log(response: Mapping[str, Any]) -> list[str]:
    """Answers the end of the log, which is the last 4 KB."""
    text = base64.b64decode(response.get("LogResult", "")).decode(errors="backslashreplace")
    return [line for event in text.splitlines() for line in log_format.readable(event)]


def _print_log(lines: Iterable[str]) -> None:
    for line in lines:
        print(line, file=sys.stderr)
    sys.stderr.flush()


def _failure(name: str, answer: str, lines: list[str], options: argparse.Namespace) -> HashzipError:
    """Makes the error of a function that failed, with its trace, or else the end of its log."""
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        found = {"errorMessage": answer}
    said = [str(found[key]) for key in ("errorType", "errorMessage") if found.get(key)]
    trace = found.get("stackTrace") or found.get("trace")
    if isinstance(trace, list):
        lines = [line for part in trace for line in log_format.readable(str(part))]
    first = map(log_format.harmless, f"{name} failed: {': '.join(said) or answer}".splitlines())
    return HashzipError(
        "\n".join([*first, *lines]),
        f"run: hashzip logs {options.function} --since 5m",
    )


def _indented(answer: str) -> str:
    try:
        return json.dumps(json.loads(answer), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return answer


def _print_examples() -> None:
    _output.table(
        ("EXAMPLE", "IN SAM CLI"),
        [(name, " ".join(full)) for name, full in sample_events.names().items()],
    )
