"""The folder for programs that hashzip runs, and for caches that they believe. Build time.

It is the cache folder of the user, unless that is in the project: a repository may contain it, or a
CI system may restore it from another branch. Then it is another one.
"""

import os
from contextlib import suppress

from hashzip.errors import HashzipError
from hashzip.project import user_cache, user_key


def find() -> str:
    """Return the first cache folder that cannot have come with the project.

    Where the project is, the current folder shows, or what is above the cache folder.

    Raises:
        HashzipError: There is none, and none can be made; the user has no home folder.
    """
    import tempfile

    first = user_cache.folder()
    for folder in (first, *user_cache.folders()):
        # One that the user names is used; if it cannot be written, that is an error.
        is_usable = folder == first or _can_be_written(folder)
        if is_usable and not _is_in_project(folder):
            return folder
    user = str(os.getuid()) if hasattr(os, "getuid") else "packages"
    temporary = os.path.join(tempfile.gettempdir(), f"hashzip-{user}")
    with suppress(FileExistsError):
        os.mkdir(temporary, 0o700)
    if user_key.is_private_folder(temporary) and not _is_in_project(temporary):
        return temporary
    raise HashzipError(
        f"there is no folder for the programs of hashzip: the cache {first} is in the project, and "
        f"may have come with it; and {temporary} is not this user's alone",
        f"set {user_cache.FOLDER_VARIABLE} to a folder outside the project",
    )


def _is_in_project(folder: str) -> bool:
    """Return whether a folder is in a project, or in a checkout: this one, or any other."""
    home, above = (os.path.realpath(path) for path in (os.path.expanduser("~"), folder))
    while above not in (home, os.path.dirname(above)):
        if any(os.path.lexists(os.path.join(above, name)) for name in user_key.CHECKOUT):
            return True
        above = os.path.dirname(above)
    project = _checkout_above(os.getcwd())
    return project is not None and user_key.is_in_checkout(folder, project)


def _checkout_above(folder: str) -> str | None:
    """Return the nearest checkout or project that a folder is in; None if it is in none."""
    while not any(os.path.lexists(os.path.join(folder, name)) for name in user_key.CHECKOUT):
        if folder == os.path.dirname(folder):
            return None
        folder = os.path.dirname(folder)
    return folder


def _can_be_written(folder: str) -> bool:
    """Return whether a folder is there and can be written to, or can be made."""
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    return os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK)
