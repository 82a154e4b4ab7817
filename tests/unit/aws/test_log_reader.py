"""A log is read piece by piece, each event once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hashzip.aws.log_reader import OVERLAP, LogReader


class Group:
    """A log group as CloudWatch has it, with two events a page."""

    def __init__(self) -> None:
        self.events: list[Mapping[str, Any]] = []

    def get_paginator(self, operation: str) -> "Group":
        """Return itself, because there is only one operation."""
        assert operation == "filter_log_events"
        return self

    def paginate(self, **query: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 - as boto3's
        """Yield the events from a time on, page by page."""
        events = [event for event in self.events if event["timestamp"] >= query["startTime"]]
        events.sort(key=lambda event: event["timestamp"])
        for start in range(0, max(len(events), 1), 2):
            yield {"events": events[start : start + 2]}


def event(time: int, message: str, stream: str = "s", **more: str) -> dict[str, Any]:
    """Make an event."""
    return {"timestamp": time, "message": message, "logStreamName": stream, **more}


def messages(events: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the messages of events."""
    return [event["message"] for event in events]


def test_once() -> None:
    """An event is read once; a new event is read even if it has the same time."""
    group = Group()
    reader = LogReader(group, "g", 0)
    group.events += [event(5, "a"), event(5, "b")]
    assert messages(reader.read()) == ["a", "b"]
    assert messages(reader.read()) == []

    group.events += [event(5, "c"), event(6, "a")]

    assert messages(reader.read()) == ["c", "a"]


def test_late() -> None:
    """A late event of an earlier time is read, but not one before `since`."""
    group = Group()
    group.events += [event(1, "old"), event(OVERLAP, "now")]
    reader = LogReader(group, "g", 2)
    assert messages(reader.read()) == ["now"]

    group.events += [event(1, "older"), event(OVERLAP - 5, "late")]

    assert messages(reader.read()) == ["late"]


def test_equal_texts() -> None:
    """The same text at the same time, without an id, is logged twice, and read twice."""
    group = Group()
    reader = LogReader(group, "g", 0)
    group.events += [event(5, "a"), event(5, "a")]
    assert messages(reader.read()) == ["a", "a"]

    group.events += [event(5, "a")]

    assert messages(reader.read()) == ["a"]


def test_ids() -> None:
    """With ids, equal texts are different events."""
    group = Group()
    reader = LogReader(group, "g", 0)
    group.events += [event(5, "a", eventId="1"), event(5, "a", eventId="2")]

    assert messages(reader.read()) == ["a", "a"]
    assert messages(reader.read()) == []


@given(
    st.lists(
        st.lists(
            st.tuples(st.integers(0, 2 * OVERLAP), st.sampled_from("ab"), st.sampled_from("st"))
        )
    )
)
def test_all_of_them(batches: list[list[tuple[int, str, str]]]) -> None:
    """Every event that is not too late is read exactly once."""
    group = Group()
    reader = LogReader(group, "g", 0)
    newest = 0
    read: list[Mapping[str, Any]] = []
    expected: list[tuple[int, str, str]] = []
    for batch in batches:
        kept = [values for values in batch if values[0] >= newest - OVERLAP]
        group.events += [event(*values) for values in kept]
        expected += kept
        read += reader.read()
        newest = max([newest, *(time for time, _, _ in kept)])

    rows = [(each["timestamp"], each["message"], each["logStreamName"]) for each in read]
    assert sorted(rows) == sorted(expected)
