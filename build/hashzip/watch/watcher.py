"""Report changes in watched folders, each burst of them once it is over."""

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
from hashzip.watch.watch_paths import NEVER, WatchPaths, is_below

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_STEP_MS = 15  # a burst is over when nothing was written for this long
_MAX_BURST_MS = 5_000
_STOP_MS = 200  # how often a thread checks whether to stop
_READY_SECONDS = 10.0

# Git keeps this file while it changes others. An older one was left by a git that was killed.
_GIT_LOCK = Path(".git", "index.lock")
_GIT_LOCK_SECONDS = 60
_AFTER_GIT_SECONDS = 0.1  # until its last changes are reported
_POLL_SECONDS = 0.005
_EMPTY_SECONDS = 0.2  # between emptying a file and writing it, on a busy machine


class Watcher:
    """Reports changes in watched folders.

    Args:
        root: The project's folder.
        empty_seconds: How long an empty file may be about to be written.
    """

    def __init__(self, root: str, empty_seconds: float = _EMPTY_SECONDS) -> None:
        self._root = root
        self._empty_seconds = empty_seconds
        self._paths = WatchPaths(frozenset(), frozenset())
        self._changes: Queue[set[str]] = Queue()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def watch(self, paths: WatchPaths) -> bool:
        """Watch these folders instead of the previous ones; return whether they differ."""
        if paths == self._paths:
            return False
        self.close()
        self._stop = threading.Event()
        self._paths = paths
        ready = []
        for folders, recursive in ((paths.recursive, True), (paths.shallow, False)):
            if folders:
                event = threading.Event()
                options = {"recursive": recursive, "stop": self._stop, "ready": event}
                thread = threading.Thread(
                    target=self._follow, args=(folders,), kwargs=options, daemon=True
                )
                thread.start()
                ready.append(event)
                self._threads.append(thread)
        for event in ready:
            event.wait(_READY_SECONDS)
        return True

    def next(self, seconds: float) -> set[str]:
        """Wait for a change, and return the paths that changed; an empty set after some seconds.

        Files that are written within a moment are one change, and so is all that one git command
        writes. An empty file may be about to be written, and is waited for, but not for long.
        """
        try:
            paths = self._changes.get(timeout=seconds)
        except Empty:
            return set()
        git_ran = self._wait_for_git()
        self._wait_for_content(paths)
        while True:
            try:
                paths |= self._changes.get(timeout=_AFTER_GIT_SECONDS if git_ran else _POLL_SECONDS)
            except Empty:
                return paths

    def close(self) -> None:
        """Stop watching."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _follow(
        self,
        folders: Iterable[str],
        *,
        recursive: bool,
        stop: threading.Event,
        ready: threading.Event,
    ) -> None:
        for changes in watchfiles.watch(
            *sorted(folders),
            watch_filter=self._is_relevant,
            debounce=_MAX_BURST_MS,
            step=_STEP_MS,
            stop_event=stop,
            rust_timeout=_STOP_MS,
            yield_on_timeout=True,
            raise_interrupt=False,
            recursive=recursive,
            ignore_permission_denied=True,
        ):
            ready.set()
            if changes:
                self._changes.put({path for _, path in changes})

    def _is_relevant(self, _change: watchfiles.Change, path: str) -> bool:
        """Return whether a path can be an input."""
        parts = os.path.relpath(path, self._root).split(os.sep)
        if parts[0] == layout.ARTIFACTS or path.endswith(".pyc") or NEVER.intersection(parts):
            return False
        # An output folder itself appears in a folder that is watched; its content does not.
        is_output = path in self._paths.outputs or parts[-1] == "node_modules"
        return not is_output or any(is_below(path, folder) for folder in self._paths.recursive)

    def _wait_for_git(self) -> bool:
        """Wait until a running git command has ended; return whether there was one."""
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

    def _wait_for_content(self, paths: Iterable[str]) -> None:
        """Wait until files have content, or seem to stay empty.

        Most programs save a file by emptying it and writing it, and the empty file can be seen.
        """
        deadline = time.monotonic() + self._empty_seconds
        while any(map(_is_empty, paths)) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)


def _is_empty(path: str) -> bool:
    try:
        status = os.stat(path)
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and not status.st_size


@contextmanager
def watching(root: str, empty_seconds: float = _EMPTY_SECONDS) -> Iterator[Watcher]:
    """Make a watcher, and close it at the end of the block."""
    watcher = Watcher(root, empty_seconds)
    try:
        yield watcher
    finally:
        watcher.close()
