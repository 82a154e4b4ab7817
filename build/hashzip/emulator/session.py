"""Announce a project's local AWS to the other commands, and find it.

A small file in the project's `.hashzip/` names its endpoint while it runs. It counts only if the
local AWS confirms it: its process may have been killed, another program may have its port by now,
and a repository may contain such a file.
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
    """Announce a project's local AWS for as long as the block lasts.

    If there are two, the one that was announced last is found.

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
        # Another one may have been announced since.
        with suppress(OSError):
            if path.read_text(encoding="utf-8") == text:
                path.unlink()


def find(root: str | Path) -> str | None:
    """Find the running local AWS of a project.

    Args:
        root: The project's folder.

    Returns:
        Its endpoint; None if there is none, or the process that announced it has ended.
    """
    try:
        document = json.loads(Path(root, layout.CACHE, FILE).read_text(encoding="utf-8"))
        endpoint, pid = str(document["endpoint"]), int(document["pid"])
        edition = document["edition"]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    is_running = edition and _runs(pid) and _edition(endpoint) == edition
    return endpoint if is_running else None


def _edition(endpoint: str) -> str | None:
    """Return what distinguishes a local AWS from another at the same port; None without one."""
    match = _ENDPOINT.fullmatch(endpoint)
    return server.edition(int(match[1])) if match else None


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
