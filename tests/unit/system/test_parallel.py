"""Share work among processes."""

import os
from collections.abc import Sequence

import pytest

from hashzip.system import parallel

# The worker that runs these tests has threads; a process that runs hashzip has none.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


@pytest.fixture(autouse=True)
def _processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 3)


def test_shares() -> None:
    """Of three processes, each has every third item; this process does the first share."""
    mine = os.getpid()

    def work(share: Sequence[int]) -> bytes:
        return bytes([*share, os.getpid() == mine])

    results = list(parallel.shares(work, range(7)))

    assert [bytes(range(7)[share]) for share, _ in results] == [part[:-1] for _, part in results]
    assert [part[:-1] for _, part in results] == [b"\0\3\6", b"\1\4", b"\2\5"]
    assert [part[-1] for _, part in results] == [True, False, False]


@pytest.mark.parametrize("block", [1, 2, 3, 100])
@pytest.mark.parametrize("count", [0, 1, 2, 5, 6, 7])
def test_records(count: int, block: int) -> None:
    """The records come in the order of the items, of which a process takes blocks."""
    blocks: list[int] = []

    def work(items: Sequence[int]) -> bytes:
        blocks.append(len(items))
        return b"".join(b"%02d" % item for item in items)

    records = parallel.records(work, range(count), size=2, block=block)

    assert records == b"".join(b"%02d" % item for item in range(count))
    assert all(size <= block for size in blocks)


def test_more_than_a_pipe_holds() -> None:
    """A result may be larger than the system's buffer of a pipe."""
    results = parallel.shares(lambda share: bytes(share) * 100_000, [1, 2, 3])

    assert [part for _, part in results] == [b"\1" * 100_000, b"\2" * 100_000, b"\3" * 100_000]


def test_failure() -> None:
    """An error in another process is raised in this one."""

    def work(share: Sequence[int]) -> bytes:
        return bytes([1 // item for item in share])

    with pytest.raises(ZeroDivisionError):
        list(parallel.shares(work, [1, 0, 1]))
    assert [part for _, part in parallel.shares(work, [1, 1, 1])] == [b"\1"] * 3


def test_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A share whose process is killed is done all the same."""
    mine, fork = os.getpid(), os.fork
    started: list[int] = []

    def forked() -> int:
        child = fork()
        started.append(child)
        return child

    monkeypatch.setattr(os, "fork", forked)

    def work(share: Sequence[int]) -> bytes:
        if os.getpid() != mine:
            os.kill(os.getpid(), 9)
        return bytes(share)

    assert [part for _, part in parallel.shares(work, [1, 2, 3])] == [b"\1", b"\2", b"\3"]
    assert len(started) == 2
    for child in started:
        with pytest.raises(ChildProcessError):  # the control: none is left that nobody waited for
            os.waitpid(child, os.WNOHANG)
