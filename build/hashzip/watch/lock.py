"""Let only one `hashzip watch` run in a project, and give it a folder."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hashzip.errors import HashzipError
from hashzip.project import layout
from hashzip.system import locking
from hashzip.system.locking import HeldError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def exclusive(root: str) -> Iterator[Path]:
    """Lock the project for as long as the block lasts; yield an empty folder, removed at the end.

    Args:
        root: The project's folder.

    Raises:
        HashzipError: Another `hashzip watch` is running, or the folder cannot be written.
    """
    base = Path(root, layout.CACHE)
    folder = base / "watch"
    layout.check(root, os.path.join(layout.CACHE, folder.name))
    try:
        layout.make_cache_folder(base)
        # The system releases the lock of a process that was killed, which leaves its folder.
        with locking.hold(base / "watch.lock", wait=False):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    except HeldError:
        raise HashzipError(
            f"another hashzip watch is running in {root}", "stop that one first"
        ) from None
