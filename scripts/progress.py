"""Say what takes long, while it does."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from hashzip.commands import _progress
from hashzip.system import phases

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def shown(name: str, text: str) -> Iterator[None]:
    """Show what the block does: a live line on a terminal, and elsewhere one line if it takes long.

    Args:
        name: The program that does it, such as `terraform`.
        text: What it does.
    """
    with _progress.shown(), phases.build_of(name), phases.phase(text):
        yield
