"""What one `hashzip watch` of a project has for itself."""

from __future__ import annotations

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
    """Lend a folder to one at a time, without what another that was killed has left in it.

    Args:
        root: The project's folder.

    Raises:
        HashzipError: Another one runs, or the folder cannot be written.
    """
    base = Path(root, layout.CACHE)
    folder = base / "watch"
    try:
        layout.make_cache_folder(base)
        # The system gives it up for one that was killed.
        with locking.hold(base / "watch.lock", wait=False):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    except HeldError:
        raise HashzipError(f"another hashzip watch runs in {root}", "end that one first") from None
