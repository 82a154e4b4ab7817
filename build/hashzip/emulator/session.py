"""Tells other commands of a project that a local AWS runs for it, and where.

A small file in the project's `.hashzip/` says so for as long as it runs. Nothing in it is believed
before the local AWS itself has confirmed it: its process may have been killed, its port may be
somebody else's by now, and a repository may bring such a file along.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from hashzip.emulator import server
from hashzip.project import layout
from hashzip.system import atomic

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = "local.json"

_ENDPOINT = re.compile(rf"http://{re.escape(server.HOST)}:([0-9]{{1,5}})")  # on this machine only


@contextmanager
def announce(root: str | Path, endpoint: str) -> Iterator[None]:
    """Say, for as long as the block lasts, that a local AWS runs for a project.

    Where there are two, the one that was announced last is found.

    Args:
        root: The project's folder.
        endpoint: The URL of a local AWS that is up.
    """
    path = Path(root, layout.CACHE, FILE)
    text = json.dumps({"endpoint": endpoint, "pid": os.getpid(), "edition": _edition(endpoint)})
    layout.make_cache_folder(path.parent)
    atomic.write_text(path, text, mode=atomic.PRIVATE)
    try:
        yield
    finally:
        # Another one may have been announced since, and is not ours to remove.
        with suppress(OSError):
            if path.read_text(encoding="utf-8") == text:
                path.unlink()


def find(root: str | Path) -> str | None:
    """Find the local AWS that runs for a project.

    Args:
        root: The project's folder.

    Returns:
        Its endpoint; None where there is none, or whoever announced it has gone.
    """
    try:
        found = json.loads(Path(root, layout.CACHE, FILE).read_text(encoding="utf-8"))
        endpoint, pid, edition = str(found["endpoint"]), int(found["pid"]), found["edition"]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    return endpoint if edition and _runs(pid) and _edition(endpoint) == edition else None


def _edition(endpoint: str) -> str | None:
    """Return what tells one local AWS from any other that may get the same port."""
    match = _ENDPOINT.fullmatch(endpoint)
    return server.edition(int(match[1])) if match else None


def _runs(pid: int) -> bool:
    if os.name != "posix":  # there, signal 0 would end it
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # it is there, and somebody else's
        return True
    return True
