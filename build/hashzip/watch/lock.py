"""What one `hashzip watch` of a project has for itself."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hashzip.errors import HashzipError
from hashzip.inputs.stat_cache import FOLDER
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
    base = Path(root, FOLDER)
    folder = base / "watch"
    try:
        base.mkdir(exist_ok=True)
        if not (base / ".gitignore").exists():
            (base / ".gitignore").write_text("*\n", encoding="utf-8")
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
