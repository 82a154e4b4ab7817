"""Share work among processes, because Python's threads would wait for each other."""

import _thread
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TypeVar

_Item = TypeVar("_Item")
_MOST = 4  # processes; more would wait for the disk and memory
_SIZE = 8  # bytes of the number in front of a result
_POLL_SECONDS = 0.05


def records(
    work: Callable[[Sequence[_Item]], bytes], items: Sequence[_Item], *, size: int, block: int
) -> bytes:
    """Make a record for each item in several processes.

    Args:
        work: Makes the records of some items. It may not depend on anything that it changes in
            this process.
        items: The items.
        size: The size of a record in bytes.
        block: How many items in a row one process takes.

    Returns:
        The records, in the order of the items.

    Raises:
        Exception: Whatever `work` raises.
    """
    starts = range(0, len(items), block)

    def work_on_blocks(starts: Sequence[int]) -> bytes:
        return b"".join(work(items[start : start + block]) for start in starts)

    blocks: list[bytes] = [b""] * len(starts)
    for share, made in shares(work_on_blocks, starts):
        blocks[share] = [made[at : at + block * size] for at in range(0, len(made), block * size)]
    return b"".join(blocks)


def shares(
    work: Callable[[Sequence[_Item]], bytes], items: Sequence[_Item]
) -> Iterator[tuple[slice, bytes]]:
    """Do work in as many processes as there are processors, a share of the items each.

    No process is left behind: those that still work end when an error is raised here, when the
    caller stops to ask, and when this process is killed. Where the system has no further process or
    pipe to give, this process does the work.

    Args:
        work: Does the work for a share. It may not depend on anything that it changes in this
            process.
        items: The items to share: of N processes the first takes the items 0, N, 2N, …

    Yields:
        For each share, which items are in it, and the result.

    Raises:
        Exception: Whatever `work` raises.
    """
    count = min(os.cpu_count() or 1, _MOST) if hasattr(os, "fork") else 1
    own, *others = (slice(number, None, count) for number in range(count))
    children: list[_Child | None] = []
    try:
        children.extend(_start(work, items[share]) for share in others)
        yield own, work(items[own])
        for share, child in zip(others, children, strict=True):
            result = child.receive() if child else None
            # A child that fails sends nothing. Here the same work raises its error.
            yield share, work(items[share]) if result is None else result
    finally:
        for child in children:
            if child:
                child.end()


class _Child:
    """A process that works on a share, as its parent sees it.

    Args:
        pid: The id of the process.
        reader: The pipe that it sends its result through.
    """

    def __init__(self, pid: int, reader: int) -> None:
        self.pid = pid
        self.reader = reader
        self.has_sent = False

    def receive(self) -> bytes | None:
        """Wait for the result; None if the process failed, or was killed while it sent."""
        with open(self.reader, "rb", closefd=False) as pipe:
            header = pipe.read(_SIZE)
            size = int.from_bytes(header)
            result = pipe.read(size)
        self.has_sent = len(header) == _SIZE and len(result) == size
        return result if self.has_sent else None

    def end(self) -> None:
        """End the process, if it has not ended yet."""
        os.close(self.reader)
        if not self.has_sent:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        # Where the parent of this process ignores the end of children, the system forgets them.
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


def _start(work: Callable[[Sequence[_Item]], bytes], share: Sequence[_Item]) -> _Child | None:
    """Start a process that works on a share; None if the system has none to give."""
    parent = os.getpid()
    try:
        reader, writer = os.pipe()
    except OSError:
        return None
    try:
        pid = os.fork()
    except OSError:
        os.close(reader)
        os.close(writer)
        return None
    if pid == 0:
        try:
            os.close(reader)  # or writing would never fail when the parent has gone
            _thread.start_new_thread(_end_after, (parent,))
            result = work(share)  # all of it before a byte is sent: half a result is useless
            with open(writer, "wb") as pipe:
                pipe.write(len(result).to_bytes(_SIZE))
                pipe.write(result)
        finally:
            os._exit(0)  # also after an error: the parent sees that no result has come
    os.close(writer)
    return _Child(pid, reader)


def _end_after(parent: int) -> None:
    """End this process soon after its parent has ended, whatever it does.

    A process whose parent has ended gets another parent. Linux could send a signal, but neither
    macOS nor Python's library can ask for one.
    """
    while os.getppid() == parent:
        time.sleep(_POLL_SECONDS)
    os._exit(1)
