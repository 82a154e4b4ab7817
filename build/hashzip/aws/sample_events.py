"""Sample events of AWS services, to try functions with.

They are those of AWS's own SAM CLI (`sam local generate-event`). It is an extra of its own, because
it is large; only its one module with the events is loaded.
"""

from __future__ import annotations

from typing import Any

from hashzip.errors import HashzipError, did_you_mean
from hashzip.project import installation

EXTRA = "events"

# Common names that SAM CLI does not have.
_ALIASES = {
    "api-gateway": "apigateway-aws-proxy",
    "api-gateway-v2": "apigateway-http-api-proxy",
    "eventbridge": "cloudwatch-scheduled-event",
    "function-url": "apigateway-http-api-proxy",
    "kinesis": "kinesis-get-records",
    "s3": "s3-put",
}


def names() -> dict[str, tuple[str, str]]:
    """Return all names, each with SAM CLI's service and event: `sqs` as (`sqs`, `receive-message`).

    Raises:
        HashzipError: SAM CLI is not installed.
    """
    events = {}
    for service, kinds in _events().event_mapping.items():
        for kind in kinds:
            events[f"{service}-{kind}"] = service, kind
        if len(kinds) == 1:
            events[service] = service, *kinds
    aliases = {alias: events[name] for alias, name in _ALIASES.items() if name in events}
    return dict(sorted({**events, **aliases}.items()))


def event(name: str) -> str:
    """Return an event, as JSON.

    Args:
        name: One of `names`.

    Raises:
        HashzipError: There is no such event, or SAM CLI is not installed.
    """
    known = names()
    if name not in known:
        raise HashzipError(f'there is no example event "{name}"', did_you_mean(name, known))
    service, kind = known[name]
    events = _events()
    tags = events.event_mapping[service][kind]["tags"]
    # As SAM CLI's command line does. Without these defaults, its module makes bad JSON of some.
    values = {tag: properties.get("default", "") for tag, properties in tags.items()}
    return str(events.generate_event(service, kind, values))


def _events() -> Any:
    try:
        from samcli.lib.generated_sample_events import events
    except ModuleNotFoundError as error:
        raise installation.missing("AWS SAM CLI, which has the events,", EXTRA) from error
    return events.Events()
