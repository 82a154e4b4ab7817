"""Read a function's log from CloudWatch Logs, each event once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from hashzip.aws import errors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hashzip.aws.client import Endpoint

# CloudWatch takes in events late, and those of one stream later than those of another. So each
# read starts earlier by this much, and leaves out the events that were read before.
OVERLAP = 30_000  # milliseconds


def log_group(endpoint: Endpoint, function: str) -> str:
    """Return the name of the log group that a function writes to.

    Args:
        endpoint: Where the function is.
        function: Its name in AWS.

    Raises:
        HashzipError: It does not exist, or cannot be read.
    """
    with errors.translated(endpoint, function):
        configuration = endpoint.client("lambda").get_function_configuration(FunctionName=function)
    group = configuration.get("LoggingConfig", {}).get("LogGroup")
    return str(group or f"/aws/lambda/{configuration['FunctionName']}")


class LogReader:
    """Reads a log group from a time on.

    Args:
        client: A client of CloudWatch Logs.
        group: The log group's name.
        since: The time of the first events to read, in milliseconds since 1970.
    """

    def __init__(self, client: Any, group: str, since: int) -> None:
        self._client = client
        self.group = group
        self._since = since
        self._seen: Counter[tuple[str, int, str]] = Counter()

    def read(self) -> Sequence[Mapping[str, Any]]:
        """Return the events that are new since the last call, in the order of their times.

        Raises:
            ClientError: CloudWatch refused. A log group is missing before its first event.
        """
        pages = self._client.get_paginator("filter_log_events").paginate(
            logGroupName=self.group, startTime=self._since
        )
        events = [event for page in pages for event in page["events"]]
        new, counts = [], Counter[tuple[str, int, str]]()
        for event in events:
            key = _key(event)
            counts[key] += 1
            if counts[key] > self._seen[key]:
                new.append(event)
        self._seen |= counts
        if events:
            newest = max(event["timestamp"] for event in events)
            self._since = max(self._since, newest - OVERLAP)
            self._seen = Counter(
                {key: count for key, count in self._seen.items() if key[1] >= self._since}
            )
        return sorted(new, key=lambda event: event["timestamp"])


def _key(event: Mapping[str, Any]) -> tuple[str, int, str]:
    """Return what identifies an event.

    Events of the local AWS have no id. There, equal events are counted: two with the same text and
    time are two events.
    """
    text = event.get("eventId") or event["message"]
    return event["logStreamName"], event["timestamp"], text
