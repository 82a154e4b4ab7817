"""`hashzip invoke`: sends a function an event, and prints its answer."""

import argparse
import base64
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hashzip import aws, examples, log_lines
from hashzip.commands import output
from hashzip.errors import HashzipError

_STDIN = "-"
_LIST = "list"
_MOST = (
    6 * 1024 * 1024
)  # bytes; https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_SECONDS = 960  # a function may take 900
_NO_LOGS = "an asynchronous invocation answers before there are logs"


def run(options: argparse.Namespace) -> None:
    """Prints the answer: as it came, or indented on a terminal."""
    project = output.project(options)
    name = output.function_name(project, options)
    if options.data_example == _LIST:
        _print_examples()
        return
    if options.is_async and options.logs:
        raise HashzipError(f"--logs: {_NO_LOGS}", f"run: hashzip logs {options.function} --follow")
    event = _event(options)
    place = output.place(project, options)
    response = _invoke(place, name, event.encode(), options)
    if options.is_async:
        request = response["ResponseMetadata"].get("RequestId", "")
        print(f"accepted, request {request}", file=sys.stderr)
        return
    lines = _log(response)
    if options.logs:
        _print_log(lines)
    answer = response["Payload"].read().decode(errors="backslashreplace")
    if "FunctionError" in response:
        raise _failure(name, answer, [] if options.logs else lines, options)
    print(_indented(answer) if sys.stdout.isatty() else answer)


def _event(options: argparse.Namespace) -> str:
    """Answers the event, which is JSON, as it was written.

    Raises:
        HashzipError: It is no JSON (with the place), or too large.
    """
    if options.data_example:
        return examples.event(options.data_example)
    where, content = "--data", options.data
    if options.data_file is not None:
        where = options.data_file
    if _STDIN in (options.data, options.data_file):
        where, content = "standard input", sys.stdin.buffer.read()
    elif options.data_file is not None:
        content = _read(options.data_file)
    text = _decoded(content, where)
    try:
        json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise HashzipError(
            f"{where} is not JSON: {error.msg} ({place})", """write it like '{"name": "world"}'"""
        ) from error
    except (ValueError, RecursionError) as error:
        raise HashzipError(
            f"{where} is not JSON: {error}", """write it like '{"name": "world"}'"""
        ) from error
    size = len(text.encode())
    if size > _MOST:
        raise HashzipError(
            f"{where} is {size:,} bytes; Lambda takes {_MOST:,}", "put it into S3, and send its key"
        )
    return text


def _read(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise HashzipError(
            f"cannot read {name}: {error.strerror}",
            "name a file with JSON, or - for standard input",
        ) from error


def _decoded(content: str | bytes, where: str) -> str:
    try:
        return content if isinstance(content, str) else content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise HashzipError(
            f"{where} is not JSON: byte {error.start:,} is not UTF-8", "save it as UTF-8"
        ) from error


def _refuse_constant(word: str) -> None:
    """Refuses what Python would take for JSON, and others would not."""
    raise ValueError(f"{word} is not a value of JSON")


def _invoke(
    place: aws.Place, name: str, event: bytes, options: argparse.Namespace
) -> Mapping[str, Any]:
    request: dict[str, object] = {"FunctionName": name, "Payload": event}
    if options.qualifier:
        request["Qualifier"] = options.qualifier
    if options.is_async:
        request["InvocationType"] = "Event"
    else:
        request["LogType"] = "Tail"
    with aws.explained(place, name, options.qualifier):
        # Never twice: an invocation whose answer is lost may have done what it does.
        client = place.client(
            "lambda",
            read_timeout=_SECONDS,
            retries={"total_max_attempts": 1},
            tcp_keepalive=True,
        )
        response: Mapping[str, Any] = client.invoke(**request)
        return response


def _log(response: Mapping[str, Any]) -> list[str]:
    """Answers the end of the log, which is the last 4 KB."""
    text = base64.b64decode(response.get("LogResult", "")).decode(errors="backslashreplace")
    return [line for event in text.splitlines() for line in log_lines.readable(event)]


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
        lines = [line for part in trace for line in log_lines.readable(str(part))]
    return HashzipError(
        "\n".join([f"{name} failed: {': '.join(said) or answer}", *lines]),
        f"run: hashzip logs {options.function} --since 5m",
    )


def _indented(answer: str) -> str:
    try:
        return json.dumps(json.loads(answer), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return answer


def _print_examples() -> None:
    output.table(
        ("EXAMPLE", "IN SAM CLI"),
        [(name, " ".join(full)) for name, full in examples.names().items()],
    )
