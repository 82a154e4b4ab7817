"""Share work among processes, because Python's threads would wait for each other."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TypeVar

_Item = TypeVar("_Item")
_MOST = 4  # processes; more would wait for the disk and memory


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
    children = [_start(work, items[share]) for share in others]
    try:
        yield own, work(items[own])
        for share, (_, reader) in zip(others, children, strict=True):
            with open(reader, "rb", closefd=False) as pipe:
                # A child that fails sends nothing. Here the same work raises its error.
                yield share, pipe.read() or work(items[share])
    finally:
        for child, reader in children:
            os.close(reader)
            os.waitpid(child, 0)


def _start(work: Callable[[Sequence[_Item]], bytes], share: Sequence[_Item]) -> tuple[int, int]:
    """Start a process that works on a share; return its id and the pipe for its result."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            result = work(share)  # all of it before a byte is sent: half a result is useless
            with open(writer, "wb") as pipe:
                pipe.write(result)
        os._exit(0)
    os.close(writer)
    return child, reader
