"""Reads a function's log from CloudWatch Logs: each event once, however often it is asked."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from hashzip.aws import errors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hashzip.aws.client import Place

# CloudWatch takes in events late, and those of one stream later than those of another. So each
# poll looks back by as much, and leaves out what it has seen.
OVERLAP = 30_000  # milliseconds


def name_of(place: Place, function: str) -> str:
    """Answers the name of the log group that a function writes to.

    Args:
        place: Where the function is.
        function: Its name in AWS.

    Raises:
        HashzipError: It is not there, or cannot be asked for.
    """
    with errors.explained(place, function):
        found = place.client("lambda").get_function_configuration(FunctionName=function)
    own = found.get("LoggingConfig", {}).get("LogGroup")
    return str(own or f"/aws/lambda/{found['FunctionName']}")


class Reader:
    """Reads a log group from a time on.

    Args:
        client: Of CloudWatch Logs.
        group: The log group's name.
        since: The time of the first events to read, in milliseconds since 1970.
    """

    def __init__(self, client: Any, group: str, since: int) -> None:  # noqa: ANN401 - no types
        self._client = client
        self.group = group
        self._since = since
        self._seen: Counter[tuple[str, int, str]] = Counter()

    def new(self) -> Sequence[Mapping[str, Any]]:
        """Answers the events that it has not answered yet, by their times.

        Raises:
            ClientError: CloudWatch refused; where there is no such group, nobody has logged yet.
        """
        pages = self._client.get_paginator("filter_log_events").paginate(
            logGroupName=self.group, startTime=self._since
        )
        found = [event for page in pages for event in page["events"]]
        fresh, times = [], Counter[tuple[str, int, str]]()
        for event in found:
            key = _key(event)
            times[key] += 1
            if times[key] > self._seen[key]:
                fresh.append(event)
        self._seen |= times
        if found:
            newest = max(event["timestamp"] for event in found)
            self._since = max(self._since, newest - OVERLAP)
            self._seen = Counter(
                {key: count for key, count in self._seen.items() if key[1] >= self._since}
            )
        return sorted(fresh, key=lambda event: event["timestamp"])


def _key(event: Mapping[str, Any]) -> tuple[str, int, str]:
    """Answers what tells an event from others.

    The local AWS gives them no id. There, only how often the same text was written at the same time
    tells two from one.
    """
    text = event.get("eventId") or event["message"]
    return event["logStreamName"], event["timestamp"], text
