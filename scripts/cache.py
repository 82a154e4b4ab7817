"""The folder where the scripts keep what is slow to make: providers and programs."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from hashzip import locking

if TYPE_CHECKING:
    from collections.abc import Iterator


def folder() -> Path:
    """Return the cache folder of this project for this user; it is safe to delete at any time."""
    return platformdirs.user_cache_path("hashzip")


@contextmanager
def locked(name: str) -> Iterator[Path]:
    """Hold a lock, so that of two processes that want the same thing one makes it and one waits.

    Args:
        name: What is being made.

    Yields:
        The cache folder, which exists.
    """
    root = folder()
    root.mkdir(parents=True, exist_ok=True)
    with locking.hold(root / f"{name}.lock"):
        yield root


@contextmanager
def written(target: Path) -> Iterator[Path]:
    """Make a file that is whole or not there at all.

    Args:
        target: Where the file goes; its folder is made.

    Yields:
        A path in the same folder, to write to; it becomes `target` when the block ends well.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".new-") as scratch:
        draft = Path(scratch) / target.name
        yield draft
        with draft.open("rb") as stream:
            os.fsync(stream.fileno())
        draft.replace(target)
