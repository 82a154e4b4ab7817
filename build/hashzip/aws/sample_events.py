"""Events as AWS's services send them, to try functions with.

They are those of AWS's own SAM CLI (`sam local generate-event`). It is an extra of its own, for it
is large; only the one module that has them is loaded.
"""

from __future__ import annotations

import sys
from typing import Any

from hashzip.errors import HashzipError, did_you_mean

EXTRA = "events"

# What people call them, where that is not what SAM CLI does.
_OTHER_NAMES = {
    "api-gateway": "apigateway-aws-proxy",
    "api-gateway-v2": "apigateway-http-api-proxy",
    "eventbridge": "cloudwatch-scheduled-event",
    "function-url": "apigateway-http-api-proxy",
    "kinesis": "kinesis-get-records",
    "s3": "s3-put",
}


def names() -> dict[str, tuple[str, str]]:
    """Answers all names, each with SAM CLI's service and event: `sqs`, as `sqs-receive-message`.

    Raises:
        HashzipError: SAM CLI is not installed.
    """
    found = {}
    for service, events in _events().event_mapping.items():
        for name in events:
            found[f"{service}-{name}"] = service, name
        if len(events) == 1:
            found[service] = service, *events
    others = {name: found[full] for name, full in _OTHER_NAMES.items() if full in found}
    return dict(sorted({**found, **others}.items()))


def event(name: str) -> str:
    """Answers an event, as JSON.

    Args:
        name: One of `names`.

    Raises:
        HashzipError: There is no such example, or SAM CLI is not installed.
    """
    known = names()
    if name not in known:
        raise HashzipError(f'there is no example event "{name}"', did_you_mean(name, known))
    service, kind = known[name]
    events = _events()
    tags = events.event_mapping[service][kind]["tags"]
    # As SAM CLI's command line does; left to itself, the module makes bad JSON of some.
    values = {tag: properties.get("default", "") for tag, properties in tags.items()}
    return str(events.generate_event(service, kind, values))


def _events() -> Any:  # noqa: ANN401 - SAM CLI has no types
    try:
        from samcli.lib.generated_sample_events import events
    except ModuleNotFoundError as error:
        raise HashzipError(
            f"AWS SAM CLI, which has the example events, is not installed for {sys.executable}",
            f"run: {sys.executable} -m pip install 'hashzip[{EXTRA}]'",
        ) from error
    return events.Events()
