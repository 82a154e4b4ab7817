"""Tells when something was written, in folders that are watched, and when that is over."""

from __future__ import annotations

import os
import stat
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from typing import TYPE_CHECKING

import watchfiles

from hashzip.project import layout
from hashzip.watch.watch_paths import NEVER, Places, is_below

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_STEP_MS = 15  # a burst of saves is over when nothing was written for this long
_LONGEST_BURST_MS = 5_000
_TURN_MS = 200  # how often a thread sees whether it shall end
_READY_SECONDS = 10.0

# Git makes it for as long as it changes files; one that is older was left by a git that died.
_GIT_LOCK = Path(".git", "index.lock")
_GIT_LOCK_SECONDS = 60
_AFTER_GIT_SECONDS = 0.1  # for what it wrote last to be noticed
_POLL_SECONDS = 0.005
_EMPTY_SECONDS = 0.2  # between emptying a file and writing it, on a busy machine


class Watcher:
    """Tells when something was written.

    Args:
        root: The project's folder.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._places = Places(frozenset(), frozenset(), frozenset())
        self._changed: Queue[set[str]] = Queue()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def watch(self, places: Places) -> bool:
        """Watch these places instead of others; answer whether they are others."""
        if places == self._places:
            return False
        self.close()
        self._stop = threading.Event()
        self._places = places
        ready = []
        for folders, is_deep in ((places.deep, True), (places.flat, False)):
            if folders:
                ready.append(threading.Event())
                arguments = (folders, is_deep, self._stop, ready[-1])
                self._threads.append(
                    threading.Thread(target=self._follow, args=arguments, daemon=True)
                )
                self._threads[-1].start()
        for event in ready:
            event.wait(_READY_SECONDS)
        return True

    def next(self, seconds: float) -> set[str]:
        """Wait for files to change, and answer which; none after a while without any.

        What is written within a moment is one change, and so is all that one git command writes. A
        file that is empty may be about to be written: that is waited for, though not for long.
        """
        try:
            found = self._changed.get(timeout=seconds)
        except Empty:
            return set()
        wrote = self._wait_for_git()
        _wait_for_content(found)
        while True:
            try:
                found |= self._changed.get(timeout=_AFTER_GIT_SECONDS if wrote else _POLL_SECONDS)
            except Empty:
                return found

    def close(self) -> None:
        """Stop watching."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _follow(
        self,
        folders: Iterable[str],
        is_deep: bool,  # noqa: FBT001 - a thread takes no keywords
        stop: threading.Event,
        ready: threading.Event,
    ) -> None:
        for changes in watchfiles.watch(
            *sorted(folders),
            watch_filter=self._counts,
            debounce=_LONGEST_BURST_MS,
            step=_STEP_MS,
            stop_event=stop,
            rust_timeout=_TURN_MS,
            yield_on_timeout=True,
            raise_interrupt=False,
            recursive=is_deep,
            ignore_permission_denied=True,
        ):
            ready.set()
            if changes:
                self._changed.put({path for _, path in changes})

    def _counts(self, _change: watchfiles.Change, path: str) -> bool:
        """Leave out what no fingerprint ever sees."""
        parts = os.path.relpath(path, self._root).split(os.sep)
        if parts[0] == layout.ARTIFACTS or path.endswith(".pyc") or NEVER.intersection(parts):
            return False
        # The folder itself is in one that is watched; what is in it is not.
        is_made = path in self._places.made or parts[-1] == "node_modules"
        return not is_made or any(is_below(path, folder) for folder in self._places.deep)

    def _wait_for_git(self) -> bool:
        """Wait until git has written all that it writes; answer whether it did."""
        lock = os.path.join(self._root, _GIT_LOCK)
        waited = False
        while True:
            try:
                if time.time() - os.stat(lock).st_mtime > _GIT_LOCK_SECONDS:
                    return waited
            except OSError:
                return waited
            waited = True
            time.sleep(_POLL_SECONDS)


def _wait_for_content(paths: Iterable[str]) -> None:
    """Wait until files have content, or seem to be meant to have none.

    Most programs save by emptying a file and writing it, and between the two it can be seen.
    """
    end = time.monotonic() + _EMPTY_SECONDS
    while any(map(_is_empty, paths)) and time.monotonic() < end:
        time.sleep(_POLL_SECONDS)


def _is_empty(path: str) -> bool:
    try:
        status = os.stat(path)
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and not status.st_size


@contextmanager
def watching(root: str) -> Iterator[Watcher]:
    """Lend a watcher for as long as the block lasts."""
    one = Watcher(root)
    try:
        yield one
    finally:
        one.close()
