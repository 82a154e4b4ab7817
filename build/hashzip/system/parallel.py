"""Shares work among processes, as Python's threads would wait. Standard library only."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TypeVar

_Item = TypeVar("_Item")
_MOST = 4  # processes; what they wait for then is the disk and memory


def shares(
    work: Callable[[Sequence[_Item]], bytes], items: Sequence[_Item]
) -> Iterator[tuple[slice, bytes]]:
    """Has work done in as many processes as there are processors, a share each.

    Args:
        work: What to do with a share. It may not depend on anything that it does to this process.
        items: What to share: of N processes the first has the items 0, N, 2N, …

    Yields:
        Of each share, which items it had, and what came of them.

    Raises:
        Exception: Whatever `work` raises.
    """
    count = min(os.cpu_count() or 1, _MOST) if hasattr(os, "fork") else 1
    mine, *others = (slice(number, None, count) for number in range(count))
    children = [_start(work, items[share]) for share in others]
    try:
        yield mine, work(items[mine])
        for share, (_, reader) in zip(others, children, strict=True):
            with open(reader, "rb", closefd=False) as sent:
                # A child that fails says nothing: done here, the work says what is wrong.
                yield share, sent.read() or work(items[share])
    finally:
        for child, reader in children:
            os.close(reader)
            os.waitpid(child, 0)


def _start(work: Callable[[Sequence[_Item]], bytes], share: Sequence[_Item]) -> tuple[int, int]:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            done = work(share)  # all of it, before a byte is sent: half an answer is none
            with open(writer, "wb") as sent:
                sent.write(done)
        os._exit(0)
    os.close(writer)
    return child, reader
