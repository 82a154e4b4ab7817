"""A stand-in for Lambda's worker: a process that invokes hello with each line of its stdin.

Hello's log lines go to stdout, its spans to the X-Ray daemon's address, as in Lambda.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from dataclasses import dataclass

import hello


@dataclass(frozen=True)
class Context:
    """What hello's decorators read of Lambda's context."""

    aws_request_id: str = "request-0"
    function_name: str = "hello"
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:hello"
    memory_limit_in_mb: int = 128


def main() -> None:
    """Invoke hello with each event, giving each invocation its own request and trace."""
    for number, line in enumerate(sys.stdin):
        os.environ["_X_AMZN_TRACE_ID"] = f"Root=1-5759e988-{number:024x};Parent={1:016x};Sampled=1"
        with contextlib.suppress(hello.InvalidEventError):
            hello.lambda_handler(json.loads(line), Context(aws_request_id=f"request-{number}"))


if __name__ == "__main__":
    main()
