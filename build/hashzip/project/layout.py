"""The folders that hashzip keeps in a project: `dist/` and `.hashzip/`. Standard library only."""

import os
from contextlib import suppress

ARTIFACTS = "dist"
CACHE = ".hashzip"  # it can be deleted at any time

_IGNORE_ALL = b"*\n"


def make_cache_folder(folder: str | os.PathLike[str]) -> None:
    """Make a cache folder that git ignores, or complete one that is there.

    Args:
        folder: Its path. The folder above it exists.

    Raises:
        OSError: It cannot be written.
    """
    ignore = os.path.join(folder, ".gitignore")
    if not os.path.lexists(ignore):
        with suppress(FileExistsError):
            os.mkdir(folder)
        from hashzip.system import atomic

        atomic.write(ignore, _IGNORE_ALL)
