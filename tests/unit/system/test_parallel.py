"""Share work among processes."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Sequence

import pytest

from hashzip.system import parallel
from tests.support import program

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


def test_killed_while_it_sends() -> None:
    """Half a result, of a process that is killed while it sends it, is not taken."""
    mine = os.getpid()
    others = children()  # such as a local AWS that earlier tests have started

    def work(share: Sequence[int]) -> bytes:
        if os.getpid() == mine:
            for child in children() - others:
                os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        else:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, 0.2)  # by then it waits for room in the pipe
        return bytes(share) * 1_000_000

    results = [part for _, part in parallel.shares(work, [1, 2, 3])]

    assert results == [b"\1" * 1_000_000, b"\2" * 1_000_000, b"\3" * 1_000_000]


def children() -> set[int]:
    """Return the ids of this process's children."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,comm="], capture_output=True, check=True, text=True
    )
    rows = [line.split(maxsplit=2) for line in listed.stdout.splitlines()]
    return {int(pid) for pid, parent, name in rows if int(parent) == os.getpid() and name != "ps"}


@pytest.mark.parametrize("call", ["fork", "pipe"])
@pytest.mark.parametrize("allowed", [0, 1])
def test_no_more_processes(monkeypatch: pytest.MonkeyPatch, call: str, allowed: int) -> None:
    """Where the system has no process or pipe to give, this process does the work."""
    original, mine = getattr(os, call), os.getpid()
    left = [allowed]

    def limited() -> object:
        if not left[0]:
            raise OSError(errno.EAGAIN if call == "fork" else errno.EMFILE, "no more")
        left[0] -= 1
        return original()

    monkeypatch.setattr(os, call, limited)
    before = set(os.listdir("/dev/fd"))
    results = [
        part for _, part in parallel.shares(lambda s: bytes([*s, os.getpid() == mine]), [1, 2, 3])
    ]

    assert [part[0] for part in results] == [1, 2, 3]
    assert [part[1] for part in results] == [True, not allowed, True]
    assert set(os.listdir("/dev/fd")) == before


def test_ends_of_children_are_ignored() -> None:
    """A program that ignores the ends of its children may start hashzip."""
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        results = [part for _, part in parallel.shares(bytes, [1, 2, 3])]
    finally:
        signal.signal(signal.SIGCHLD, before)

    assert results == [b"\1", b"\2", b"\3"]


# The children work for ever: they must be ended. They keep standard output open as long as they
# live, so that the end of the output is the end of all processes.
_SHARE = """
import os, sys, time
sys.path.insert(0, sys.argv[1])
os.cpu_count = lambda: 4
from hashzip.system import parallel
mine = os.getpid()
def work(share):
    os.write(1, b"x")
    while os.getpid() != mine:
        {child}
    {parent}
{run}
"""
_READS = 'open("/dev/zero", "rb").read(1 << 20)'
_RUN = "list(parallel.shares(work, [1, 2, 3, 4]))"


def share(parent: str, child: str = _READS, run: str = _RUN) -> "subprocess.Popen[bytes]":
    """Start a program that shares work with processes that never finish it."""
    script = _SHARE.format(child=child, parent=parent, run=run)
    return subprocess.Popen(
        [sys.executable, "-c", script, str(program.BUILD)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=program.environment(),
    )


@pytest.mark.parametrize(
    "child", [_READS, "time.sleep(1000)", "pass"], ids=["reads", "waits", "runs"]
)
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_killed_parent(sent: signal.Signals, child: str) -> None:
    """Nothing is left running when the parent alone is killed, whatever its children do."""
    with share("time.sleep(1000)", child) as parent:
        assert parent.stdout
        assert parent.stdout.read(4) == b"xxxx"  # the control: all four are at work
        parent.send_signal(sent)
        assert parent.communicate(timeout=60)[0] == b""
        assert parent.returncode == -sent


@pytest.mark.parametrize(
    "parent, run, error",
    [
        ("raise ValueError('mine')", _RUN, b"ValueError: mine\n"),
        (
            "return b''",
            "for _ in parallel.shares(work, [1, 2, 3, 4]): raise KeyError(1)",
            b"KeyError: 1\n",
        ),
        ("return b''", "for _ in parallel.shares(work, [1, 2, 3, 4]): break", b""),
    ],
    ids=["own share", "caller", "caller stops"],
)
def test_error_in_the_parent(parent: str, run: str, error: bytes) -> None:
    """Nothing is left running after an error in the parent, and the error is the only one."""
    with share(parent, run=run) as process:
        out, err = process.communicate(timeout=60)

    assert process.returncode == bool(error)
    assert err.endswith(error)
    assert err.count(b"Traceback") == bool(error)
    assert 1 <= len(out) <= 4


def test_error_while_pipes_are_full() -> None:
    """An error in the parent ends children that wait for room in their pipes."""
    child = "return bytes(10_000_000)"
    with share("time.sleep(0.2); raise ValueError('mine')", child) as process:
        assert process.communicate(timeout=60)[1].endswith(b"ValueError: mine\n")
