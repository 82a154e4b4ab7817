"""What a build is doing, and who is told."""

import threading

import pytest

from hashzip.system import phases
from tests.support.phase_record import Record


def test_nested() -> None:
    """A phase in a phase begins and ends in it, under the name of the build."""
    record = Record()

    with (
        phases.listening(record),
        phases.build_of("hello"),
        phases.phase("outer"),
        phases.phase("inner", prints=True),
    ):
        pass
    with phases.phase("not heard"):
        pass

    assert record.events == [
        ("hello", "outer", False),
        ("hello", "inner", True),
        ("hello", "end"),
        ("hello", "end"),
    ]


def test_moved() -> None:
    """What was moved is that of the build; without a listener, nothing happens."""
    record = Record()

    with phases.listening(record), phases.build_of("hello"):
        phases.moved(3)
    phases.moved(4)

    assert record.events == [("hello", 3)]


def test_error() -> None:
    """A phase that fails has ended."""
    record = Record()

    with phases.listening(record), pytest.raises(ValueError, match="no"), phases.phase("bad"):
        raise ValueError("no")

    assert record.events == [("", "bad", False), ("", "end")]


def test_threads() -> None:
    """Each thread names its own build."""
    record = Record()
    inside = threading.Barrier(2)

    def build(name: str) -> None:
        with phases.build_of(name):
            inside.wait(10)
            with phases.phase(f"packing {name}"):
                inside.wait(10)

    with phases.listening(record):
        threads = [threading.Thread(target=build, args=(name,)) for name in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert {("a", "packing a", False), ("b", "packing b", False)} <= set(record.events)


@pytest.mark.parametrize(
    "number, text", [(0, "0 files"), (1, "1 file"), (2, "2 files"), (1_234, "1,234 files")]
)
def test_count(number: int, text: str) -> None:
    """A number of things has its plural."""
    assert phases.count(number, "file") == text
