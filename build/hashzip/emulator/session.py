"""Announce a project's local AWS to the other commands, and find it.

A small file in the project's `.hashzip/` names its endpoint and key while it runs. Only this user
can read it, and it counts only if this user wrote it and the local AWS confirms it: its process may
have been killed, another program may have its port by now, and a repository may contain such a
file.
"""

from __future__ import annotations

import json
import os
import re
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hashzip.emulator import server, signature
from hashzip.errors import warn
from hashzip.project import layout, schema
from hashzip.project.schema import Fields, ShapeError
from hashzip.system import atomic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hashzip.emulator.server import LocalAws

FILE = "local.json"

_ENDPOINT = re.compile(rf"http://{re.escape(server.HOST)}:([0-9]{{1,5}})")  # on this machine only
_MAX_SIZE = 65_536  # bytes
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
# A pipe must not block; a link may lead to a file that somebody else chose.
_OPENING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)


class Session(NamedTuple):
    """A running local AWS, as its project's commands find it.

    Attributes:
        endpoint: Its URL.
        secret: Its secret access key.
        profile: The path of a profile with the key.
    """

    endpoint: str
    secret: str
    profile: str


@contextmanager
def announce(root: str | Path, local: LocalAws) -> Iterator[None]:
    """Announce a project's local AWS for as long as the block lasts.

    If there are two, the one that was announced last is found.

    Args:
        root: The project's folder.
        local: A local AWS that is up.
    """
    path = Path(root, layout.CACHE, FILE)
    text = json.dumps(
        {
            "endpoint": local.endpoint,
            "pid": os.getpid(),
            "edition": local.edition,
            "secret": local.secret,
            "token": signature.token(local.secret),  # for `quick_invoke`
            "profile": local.profile,
        }
    )
    layout.make_cache_folder(path.parent)
    atomic.write_text(path, text, mode=atomic.PRIVATE)
    if not _is_private(path.lstat()):
        warn(
            f"other users may read {path}: the file system keeps no permissions; so other commands "
            "do not find this local AWS",
            "move the project to a file system that keeps them",
        )
    try:
        yield
    finally:
        # Another one may have been announced since.
        with suppress(OSError):
            if path.read_text(encoding="utf-8") == text:
                path.unlink()


def find(root: str | Path) -> Session | None:
    """Find the running local AWS of a project.

    Args:
        root: The project's folder.

    Returns:
        None if there is none, or the process that announced it has ended.
    """
    try:
        document = Fields(schema.json_value(_read(Path(root, layout.CACHE, FILE))))
        pid, edition = document.size("pid"), document.string("edition")
        session = Session(*(document.string(name) for name in Session._fields))
    except (OSError, ShapeError):
        return None
    match = _ENDPOINT.fullmatch(session.endpoint)
    if match is None or not edition or not _runs(pid):
        return None
    return session if server.edition(int(match[1]), session.secret) == edition else None


def _read(path: Path) -> bytes:
    """Read a file that only this user can write and read.

    Raises:
        OSError: It cannot be read, or it is another kind of file.
    """
    with open(os.open(path, _OPENING), "rb") as file:
        if not _is_private(os.fstat(file.fileno())):
            raise PermissionError(f"{path} is not a private file")
        return file.read(_MAX_SIZE)


def _is_private(status: os.stat_result) -> bool:
    if not stat.S_ISREG(status.st_mode):
        return False
    # Windows has no such permissions.
    return os.name != "posix" or (
        status.st_uid == os.getuid() and not stat.S_IMODE(status.st_mode) & _OTHERS
    )


def _runs(pid: int) -> bool:
    if os.name != "posix":  # elsewhere, signal 0 ends it
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # it runs, as another user
        return True
    return True
