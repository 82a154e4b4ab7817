"""Shares work among processes, as Python's threads would wait. Standard library only."""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

_Item = TypeVar("_Item")
_MOST = 4  # processes; what they wait for then is the disk and memory


def shares(work: Callable[[Sequence[_Item]], bytes], items: Sequence[_Item]) -> list[bytes]:
    """Has work done in as many processes as there are processors, a share each.

    Args:
        work: What to do with a share. It may not depend on anything that it does to this process.
        items: What to share: of N processes the first has the items 0, N, 2N, …

    Returns:
        What came of each share.

    Raises:
        Exception: Whatever `work` raises.
    """
    count = min(os.cpu_count() or 1, _MOST) if hasattr(os, "fork") else 1
    children = [_start(work, items[number::count]) for number in range(1, count)]
    try:
        found = [work(items[::count])]
        for number, (_, reader) in enumerate(children, start=1):
            with open(reader, "rb", closefd=False) as sent:
                # A child that fails says nothing: done here, the work says what is wrong.
                found.append(sent.read() or work(items[number::count]))
    finally:
        for child, reader in children:
            os.close(reader)
            os.waitpid(child, 0)
    return found


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
