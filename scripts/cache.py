"""The cache folder of the scripts: providers and programs that are slow to build."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import platformdirs

from hashzip.system import locking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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
