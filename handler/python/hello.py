"""The Lambda function that this repository deploys: it greets a name, or a stranger.

    {"name": "world"}  ->  {"message": "Hello, world!"}
    {}                 ->  {"message": "Hello, stranger!"}

Each invocation writes one JSON log line and is one span in X-Ray. The environment sets the rest, by
variables of Lambda and of Powertools:

- `AWS_LAMBDA_LOG_LEVEL`: the log level; Lambda sets it, from the function's logging configuration.
- `POWERTOOLS_LOG_LEVEL`: the log level where Lambda sets none; `INFO` by default.
- `POWERTOOLS_SERVICE_NAME`: the `service` of log lines and spans.
- `POWERTOOLS_DEV`: `true` indents the log lines, for a human reader.
- `POWERTOOLS_TRACE_DISABLED`: `true` turns tracing off. Outside Lambda it is off anyway.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Tracer

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# Lambda reads `timestamp` only in RFC 3339's form, so that is the form to write it in.
logger = Logger(utc=True, use_rfc3339=True)

# Patching libraries traces calls to other services. Hello makes none, and patching loads botocore,
# which takes longer than all else that hello loads.
tracer = Tracer(auto_patch=False)

JSON_TYPES = {
    bool: "a boolean",
    dict: "an object",
    float: "a number",
    int: "a number",
    list: "an array",
    str: "a string",
    type(None): "null",
}


class InvalidEventError(ValueError):
    """The event is not one that hello can answer; the message says what is wrong with it.

    Who invokes a function directly gets no status code, but either an answer or an error, and
    each answer is a `HelloResponse`. So a bad event raises. Lambda then marks its response with
    `FunctionError`, and its payload has the `errorType` "InvalidEventError" and this message as
    `errorMessage`, for the caller to read and for a Step Functions state to catch by name.
    """


@dataclass(frozen=True)
class HelloResponse:
    """What hello answers, as JSON."""

    message: str


def say_hello(name: str | None) -> HelloResponse:
    """Greet someone by name, or a stranger where the name is missing or empty."""
    return HelloResponse(message=f"Hello, {name or 'stranger'}!")


@logger.inject_lambda_context(log_event=False)  # logged below, under a key of its own
@tracer.capture_lambda_handler
def lambda_handler(event: object, _context: LambdaContext) -> dict[str, str]:
    """Answer one invocation.

    The decorators read the context: the log line carries the function's name, ARN and memory, the
    request's id, and whether this was a cold start.

    Args:
        event: The JSON that the function was invoked with, decoded.

    Returns:
        The fields of a `HelloResponse`, for Lambda to encode.
    """
    logger.info("invoked", event=event)
    return asdict(say_hello(name_in(event)))


def name_in(event: object) -> str | None:
    """Take the name from an event.

    Args:
        event: Anything that JSON can say; only an object is valid.

    Returns:
        The event's `name`, or `None` where it is missing or null.

    Raises:
        InvalidEventError: The event is not an object, or its name is not a string.
    """
    if not isinstance(event, dict):
        raise InvalidEventError(f"the event must be an object, not {JSON_TYPES[type(event)]}")
    name = event.get("name")
    if name is not None and not isinstance(name, str):
        raise InvalidEventError(f"name must be a string, not {JSON_TYPES[type(name)]}")
    return name
