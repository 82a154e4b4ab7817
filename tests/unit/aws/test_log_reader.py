"""A log is read piece by piece, each event once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hashzip.aws.log_reader import OVERLAP, LogReader


class Group:
    """A log group that answers as CloudWatch does, two events a page."""

    def __init__(self) -> None:
        self.events: list[Mapping[str, Any]] = []

    def get_paginator(self, operation: str) -> "Group":
        """Answers itself: there is one operation only."""
        assert operation == "filter_log_events"
        return self

    def paginate(self, **query: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 - as boto3's
        """Answers what is there from a time on."""
        found = [one for one in self.events if one["timestamp"] >= query["startTime"]]
        found.sort(key=lambda one: one["timestamp"])
        for start in range(0, max(len(found), 1), 2):
            yield {"events": found[start : start + 2]}


def event(time: int, message: str, stream: str = "s", **more: str) -> dict[str, Any]:
    """Makes an event."""
    return {"timestamp": time, "message": message, "logStreamName": stream, **more}


def messages(events: Sequence[Mapping[str, Any]]) -> list[str]:
    """Answers what events say."""
    return [one["message"] for one in events]


def test_once() -> None:
    """What was read is not read again; what came since is, also at the same time."""
    group = Group()
    reader = LogReader(group, "g", 0)
    group.events += [event(5, "a"), event(5, "b")]
    assert messages(reader.read()) == ["a", "b"]
    assert messages(reader.read()) == []

    group.events += [event(5, "c"), event(6, "a")]

    assert messages(reader.read()) == ["c", "a"]


def test_late() -> None:
    """An event that comes late, of an earlier time, is read; so are those of before `since` not."""
    group = Group()
    group.events += [event(1, "old"), event(OVERLAP, "now")]
    reader = LogReader(group, "g", 2)
    assert messages(reader.read()) == ["now"]

    group.events += [event(1, "older"), event(OVERLAP - 5, "late")]

    assert messages(reader.read()) == ["late"]


def test_equal_texts() -> None:
    """A text that is logged twice at one time, without an id, is two events."""
    group = Group()
    reader = LogReader(group, "g", 0)
    group.events += [event(5, "a"), event(5, "a")]
    assert messages(reader.read()) == ["a", "a"]

    group.events += [event(5, "a")]

    assert messages(reader.read()) == ["a"]


def test_ids() -> None:
    """With ids, equal texts are told apart by them."""
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
    """Whatever comes, if it is not too late, is answered exactly once."""
    group = Group()
    reader = LogReader(group, "g", 0)
    newest = 0
    answered: list[Mapping[str, Any]] = []
    expected: list[tuple[int, str, str]] = []
    for batch in batches:
        kept = [one for one in batch if one[0] >= newest - OVERLAP]
        group.events += [event(*one) for one in kept]
        expected += kept
        answered += reader.read()
        newest = max([newest, *(time for time, _, _ in kept)])

    found = [(one["timestamp"], one["message"], one["logStreamName"]) for one in answered]
    assert sorted(found) == sorted(expected)
