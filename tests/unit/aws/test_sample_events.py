"""Sample events, by the names of SAM CLI and by common ones."""

import json
import sys
from types import ModuleType
from typing import Any, ClassVar

import pytest

from hashzip.aws import sample_events
from hashzip.errors import HashzipError
from hashzip.project import installation


class Events:
    """The part of SAM CLI that has the events: of two services."""

    event_mapping: ClassVar = {
        "s3": {"put": {"tags": {"bucket": {"default": "mine"}}}, "delete": {"tags": {}}},
        "sqs": {"receive-message": {"tags": {"body": {}}}},
    }

    def generate_event(self, service: str, kind: str, values: dict[str, Any]) -> str:
        """Return an event that shows what it was made from."""
        return json.dumps([service, kind, values])


@pytest.fixture
def _sam(monkeypatch: pytest.MonkeyPatch) -> None:
    """SAM CLI, as far as it is needed."""
    modules = {
        name: ModuleType(name)
        for name in (
            "samcli",
            "samcli.lib",
            "samcli.lib.generated_sample_events",
            "samcli.lib.generated_sample_events.events",
        )
    }
    events = modules["samcli.lib.generated_sample_events.events"]
    events.Events = Events  # type: ignore[attr-defined]
    modules["samcli.lib.generated_sample_events"].events = events  # type: ignore[attr-defined]
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)


@pytest.mark.usefixtures("_sam")
def test_names() -> None:
    """Each event has SAM CLI's name, a service with one event its own, and s3 a common one."""
    assert sample_events.names() == {
        "s3": ("s3", "put"),
        "s3-delete": ("s3", "delete"),
        "s3-put": ("s3", "put"),
        "sqs": ("sqs", "receive-message"),
        "sqs-receive-message": ("sqs", "receive-message"),
    }


@pytest.mark.usefixtures("_sam")
@pytest.mark.parametrize(
    "name, event",
    [
        ("s3", ["s3", "put", {"bucket": "mine"}]),
        ("s3-delete", ["s3", "delete", {}]),
        ("sqs", ["sqs", "receive-message", {"body": ""}]),
    ],
)
def test_event(name: str, event: list[object]) -> None:
    """An event is made with the default of each value, or an empty text."""
    assert json.loads(sample_events.event(name)) == event


@pytest.mark.usefixtures("_sam")
def test_unknown() -> None:
    """The hint for an unknown name has the one that is spelled most like it."""
    with pytest.raises(HashzipError, match='no example event "sqss"') as caught:
        sample_events.event("sqss")

    assert 'did you mean "sqs"?' in caught.value.hint


def test_without_sam_cli(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without SAM CLI, the hint says how to install it."""
    monkeypatch.setitem(sys.modules, "samcli", None)

    with pytest.raises(HashzipError, match="SAM CLI") as caught:
        sample_events.names()

    assert caught.value.hint == installation.hint("events")
