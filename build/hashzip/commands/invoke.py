"""`hashzip invoke`: invoke a function, and print its response."""

import argparse
import base64
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hashzip.aws import errors, log_format, sample_events
from hashzip.aws.client import Endpoint, require_boto3
from hashzip.commands import _endpoint, _output, _parser, _table
from hashzip.commands._table import Column
from hashzip.errors import HashzipError
from hashzip.printable import escaped, escaped_json

if TYPE_CHECKING:
    from hashzip.emulator.quick_invoke import Response

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

_OK = 200
_STDIN = "-"
_LIST = "list"
# Bytes of an event: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_MAX_EVENT = 6 * 1024 * 1024
_READ_SECONDS = 960  # a function may take 900


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
    """Invoke the function, and print its response: as it came, or indented on a terminal."""
    project = _output.project(options)
    name = _endpoint.function_name(project, options)
    if options.data_example == _LIST:
        _print_examples()
        return
    if options.is_async and options.logs:
        raise HashzipError(
            "--logs has no effect with --async, which does not wait for the logs",
            f"run: hashzip logs {options.function} --follow",
        )
    require_boto3()  # before standard input is read: to install it, hashzip starts again
    event = _event(options)
    endpoint = _endpoint.choose(project, options)
    response, payload = _invoke(endpoint, name, event.encode(), options)
    if options.is_async:
        request = response["ResponseMetadata"].get("RequestId", "")
        _output.line(f"accepted, request {request}", stream=sys.stderr)
        return
    _finish(name, response, payload, options)


def finish(words: Sequence[str], response: "Response | None") -> None:
    """Print the response of a quick invocation, as `run` would.

    Args:
        words: The arguments after `invoke`.
        response: The response of Lambda's API; None if it is lost.

    Raises:
        HashzipError: The function failed, or nobody knows.
    """
    options = _parser.parse(["invoke", *words])
    name = options.function
    if response is None:
        raise HashzipError(
            f"the local AWS ended before {name} had responded; it may have run",
            f"start it again with: hashzip watch; and see: hashzip logs {name}",
        )
    payload = response.body.decode(errors="backslashreplace")
    if response.status != _OK:
        raise HashzipError(f"the local AWS could not invoke {name}: {response.status} {payload}")
    keys = {"x-amz-log-result": "LogResult", "x-amz-function-error": "FunctionError"}
    fields = {key: response.headers[name] for name, key in keys.items() if name in response.headers}
    _finish(name, fields, payload, options)


def _finish(
    name: str, response: Mapping[str, Any], payload: str, options: argparse.Namespace
) -> None:
    """Print what a function returned, and its log if it is wanted; or raise its error."""
    log = _log(response)
    if options.logs:
        _print_log(log)
    if "FunctionError" in response:
        raise _failure(name, payload, [] if options.logs else log, options)
    print(_shown(payload, is_terminal=sys.stdout.isatty()))


def _event(options: argparse.Namespace) -> str:
    """Return the event as the user wrote it: valid JSON.

    Raises:
        HashzipError: It is not JSON, or too large.
    """
    if options.data_example:
        return sample_events.event(options.data_example)
    source, content = _content(options)
    try:
        text = content.decode("utf-8-sig")
        json.loads(text, parse_constant=_reject_constant)
    except json.JSONDecodeError as error:
        reason = f"{error.msg} (line {error.lineno}, column {error.colno})"
    except UnicodeDecodeError as error:
        reason = f"byte {error.start:,} is not UTF-8"
    except (ValueError, RecursionError) as error:
        reason = str(error)
    else:
        if len(content) > _MAX_EVENT:
            raise HashzipError(
                f"{source} has {len(content):,} bytes, and Lambda takes at most {_MAX_EVENT:,}",
                "put the data into S3, and send its key",
            )
        return text
    raise HashzipError(f"{source} is not JSON: {reason}", """write it like '{"name": "world"}'""")


def _content(options: argparse.Namespace) -> tuple[str, bytes]:
    """Return the name of the event's source, and its content."""
    if _STDIN in (options.data, options.data_file):
        return "standard input", sys.stdin.buffer.read()
    if options.data_file is not None:
        return options.data_file, _read(options.data_file)
    return "--data", options.data.encode(errors="surrogateescape")


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise HashzipError(
            f"cannot read {path}: {error.strerror}",
            "name a file with JSON, or - for standard input",
        ) from error


def _reject_constant(word: str) -> None:
    """Reject what Python accepts as JSON, and other programs do not: NaN and Infinity."""
    raise ValueError(f"{word} is not a JSON value")


def _invoke(
    endpoint: Endpoint, name: str, event: bytes, options: argparse.Namespace
) -> tuple[Mapping[str, Any], str]:
    """Invoke the function once; return the response of Lambda, and that of the function."""
    request: dict[str, object] = {"FunctionName": name, "Payload": event}
    if options.qualifier:
        request["Qualifier"] = options.qualifier
    if options.is_async:
        request["InvocationType"] = "Event"
    else:
        request["LogType"] = "Tail"
    with errors.translated(endpoint, name, options.qualifier):
        # Never retried: an invocation whose response is lost may have done its work.
        client = endpoint.client(
            "lambda",
            read_timeout=_READ_SECONDS,
            retries={"total_max_attempts": 1},
            tcp_keepalive=True,
        )
        response = client.invoke(**request)
        return response, response["Payload"].read().decode(errors="backslashreplace")


def _log(response: Mapping[str, Any]) -> list[str]:
    """Return the end of the log, as lines; Lambda sends its last 4 KB."""
    text = base64.b64decode(response.get("LogResult", "")).decode(errors="backslashreplace")
    return [line for event in text.splitlines() for line in log_format.format_event(event)]


def _print_log(lines: Iterable[str]) -> None:
    for line in lines:
        print(line, file=sys.stderr)
    sys.stderr.flush()


def _failure(name: str, payload: str, log: list[str], options: argparse.Namespace) -> HashzipError:
    """Make the error of a function that failed, with its traceback, or else the end of its log."""
    try:
        document = json.loads(payload)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        document = {"errorMessage": payload}
    reasons = [str(document[key]) for key in ("errorType", "errorMessage") if document.get(key)]
    trace = document.get("stackTrace") or document.get("trace")
    if isinstance(trace, list):
        log = [line for part in trace for line in log_format.format_event(str(part))]
    message, *more = (": ".join(reasons) or payload).splitlines() or [""]
    return HashzipError(
        f"{name} failed: {message}",
        f"run: hashzip logs {options.function} --since 5m",
        lines=[*more, *log],
    )


def _shown(payload: str, *, is_terminal: bool) -> str:
    """Return a response as it is printed: for a program as it came, for people indented and safe.

    No JSON can be a command to what runs a workflow, not even where it is for a program.
    """
    try:
        document = json.loads(payload)
    except (ValueError, RecursionError):
        lines = payload.splitlines()
        return "\n".join(escaped(line, "\t") for line in lines) if is_terminal else payload
    text = json.dumps(document, indent=2, ensure_ascii=False) if is_terminal else payload
    return escaped_json(text) if is_terminal or "##" in text else text


def _print_examples() -> None:
    _table.show(
        (Column("EXAMPLE"), Column("IN SAM CLI", may_shorten=True)),
        [(name, " ".join(event)) for name, event in sample_events.names().items()],
    )
