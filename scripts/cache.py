"""The cache folder of the scripts: providers and programs that are slow to build."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from hashzip.system import locking

if TYPE_CHECKING:
    from collections.abc import Iterator


def folder() -> Path:
    """Return this user's cache folder for this project. It can be deleted at any time."""
    return platformdirs.user_cache_path("hashzip")


@contextmanager
def locked(name: str) -> Iterator[Path]:
    """Hold a lock, so that two processes that need the same file do not both make it.

    Args:
        name: The name of the thing that is being made.

    Yields:
        The cache folder, which exists.
    """
    root = folder()
    root.mkdir(parents=True, exist_ok=True)
    with locking.hold(root / f"{name}.lock"):
        yield root


@contextmanager
def written(target: Path) -> Iterator[Path]:
    """Write a file in one step: it is complete, or it does not exist.

    Args:
        target: The path of the file; its folder is created.

    Yields:
        A path in the same file system to write to, which becomes `target` if the block succeeds.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".new-") as scratch:
        draft = Path(scratch) / target.name
        yield draft
        with draft.open("rb") as stream:
            os.fsync(stream.fileno())
        draft.replace(target)
