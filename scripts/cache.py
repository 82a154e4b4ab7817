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
    """Hold a lock on the thing of this name, so that it is made once; yield the cache folder."""
    root = folder()
    root.mkdir(parents=True, exist_ok=True)
    with locking.hold(root / f"{name}.lock"):
        yield root


@contextmanager
def written(target: Path) -> Iterator[Path]:
    """Yield a path to write to, which becomes `target`, complete, if the block succeeds."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".new-") as scratch:
        draft = Path(scratch) / target.name
        yield draft
        with draft.open("rb") as stream:
            os.fsync(stream.fileno())
        draft.replace(target)
