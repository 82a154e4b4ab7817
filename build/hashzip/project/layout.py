"""The folders that hashzip keeps in a project: `dist/` and `.hashzip/`. Standard library only."""

import os
import stat
from contextlib import suppress

from hashzip.errors import read_error
from hashzip.project import files

ARTIFACTS = "dist"
CACHE = ".hashzip"  # it can be deleted at any time

_IGNORE_ALL = b"*\n"


def check(root: str, *folders: str) -> None:
    """Check that hashzip may write and remove files in folders of its own.

    A repository can contain them, as links to anywhere. `dist/` and `.hashzip/` are always checked.

    Args:
        root: The project's folder, absolute and without links.
        folders: Folders in these, relative to the project.

    Raises:
        HashzipError: One of them is a link that leads out of the project or to nothing, or it is no
            folder.
    """
    for folder in (ARTIFACTS, CACHE, *folders):
        location = os.path.join(root, folder)
        try:
            mode = os.lstat(location).st_mode
            if stat.S_ISLNK(mode):
                files.locate(root, folder)
                mode = os.stat(location).st_mode
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise read_error(os.fsencode(location), error) from error
        if not stat.S_ISDIR(mode):
            hint = f"remove it: hashzip keeps its own files in the folder {folder}"
            raise files.kind_error(location, mode, hint)


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
