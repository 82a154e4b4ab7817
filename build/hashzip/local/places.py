"""Which folders to watch, so that nothing that a fingerprint sees is missed; and when to look."""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from typing import TYPE_CHECKING, NamedTuple

import watchfiles

from hashzip import patterns
from hashzip.builders import consulted
from hashzip.builders.consulted import Folder
from hashzip.errors import HashzipError
from hashzip.sources import LEFT_OUT
from hashzip.store import FOLDER as STORE
from hashzip.targets import PYTHON, Function

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hashzip.blueprint import Blueprint
    from hashzip.config import Project
    from hashzip.patterns import Matcher

_STEP_MS = 15  # a burst of saves is over when nothing was written for this long
_LONGEST_BURST_MS = 5_000
_TURN_MS = 200  # how often a thread sees whether it shall end
_READY_SECONDS = 10.0

_NEVER = {os.fsdecode(name) for name in LEFT_OUT}

# Git makes it for as long as it changes files; one that is older was left by a git that died.
_GIT_LOCK = Path(".git", "index.lock")
_GIT_LOCK_SECONDS = 60
_AFTER_GIT_SECONDS = 0.1  # for what it wrote last to be noticed
_POLL_SECONDS = 0.005


class Places(NamedTuple):
    """Folders to watch.

    Attributes:
        deep: With all that is below them.
        flat: Themselves only.
        made: What of these a program makes, and is not to be watched.
    """

    deep: frozenset[str]
    flat: frozenset[str]
    made: frozenset[str] = frozenset()


def find(project: Project, names: Iterable[str], blueprints: Iterable[Blueprint]) -> Places:
    """Find what to watch.

    Args:
        project: The project.
        names: Of the functions.
        blueprints: Of those that could be examined; they know where links lead.
    """
    functions = [project.target(name) for name in names]
    targets = [one for function in functions for one in (function, *project.layers(function))]
    made = [one for one in targets if isinstance(one, Function) and one.builder != PYTHON]
    packed = [one for one in targets if one not in made]
    deep = {os.path.join(project.root, folder) for one in packed for folder in one.sources}
    locks = [one.requirements for one in targets if one.requirements]
    flat = {project.root, *(os.path.dirname(os.path.join(project.root, path)) for path in locks)}
    for function in blueprints:
        for one in (function, *function.layers):
            flat.update(os.path.dirname(os.fsdecode(file.location)) for file in one.consulted)
            own = one.lock.folders if one.lock else ()
            deep.update(os.path.join(project.root, folder) for folder in own)
            linked = [_linked(listing.files) for listing in (*one.listings, *one.folders)]
            (flat if one.making else deep).update(*linked)
    for program in made:
        flat.update(_of_programs(project, program))
    # One that is not there yet is seen to appear by the folder that it will be in.
    flat |= {_nearest(folder) for folder in deep if not os.path.isdir(folder)}
    present = {os.path.realpath(folder) for folder in deep if os.path.isdir(folder)}
    outer = {one for one in present if not any(_is_below(one, other) for other in present)}
    outputs = (os.path.join(project.root, one.place) for one in made if one.place)
    return Places(frozenset(outer), frozenset(map(_nearest, flat)), frozenset(outputs))


def _of_programs(project: Project, function: Function) -> Iterator[str]:
    """Answer the folders of what a program makes a package from, without those that it makes.

    Each alone: a folder with all that is below it would be one of thousands in `node_modules`.
    """
    try:
        files, folders = consulted.plan(project, function).consulted
    except HashzipError:  # mended by what appears in one of these
        source = function.sources[0]
        files, folders = function.inputs, [Folder(source, exclude=consulted.made(project, source))]
    for path in files:
        yield os.path.dirname(os.path.join(project.root, path))
    for folder in folders:
        yield from _walk(os.path.join(project.root, folder.path), patterns.matcher(folder.exclude))


def _walk(top: str, excluded: Matcher) -> Iterator[str]:
    for folder, folders, _ in os.walk(top):
        yield folder
        below = os.path.relpath(folder, top).replace(os.sep, "/")
        prefix = "" if below == os.curdir else below + "/"
        folders[:] = [
            name
            for name in folders
            if name not in _NEVER and not excluded(prefix + name, is_folder=True)
        ]


def _linked(files: Iterable[bytes]) -> Iterator[str]:
    """Answer the folders that links among some files lead to."""
    folders = set()
    for file in files:
        folders.add(os.path.dirname(file))
        if os.path.islink(file):
            yield os.fsdecode(os.path.dirname(os.path.realpath(file)))
    yield from {os.path.realpath(os.fsdecode(folder)) for folder in folders}


def _nearest(folder: str) -> str:
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    return os.path.realpath(folder)


def _is_below(path: str, folder: str) -> bool:
    return path != folder and path.startswith(folder.rstrip(os.sep) + os.sep)


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

        What is written within a moment is one change, and so is all that one git command writes.
        """
        try:
            found = self._changed.get(timeout=seconds)
        except Empty:
            return set()
        wrote = self._wait_for_git()
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
        if parts[0] == STORE or path.endswith(".pyc") or _NEVER.intersection(parts):
            return False
        # The folder itself is in one that is watched; what is in it is not.
        is_made = path in self._places.made or parts[-1] == "node_modules"
        return not is_made or any(_is_below(path, folder) for folder in self._places.deep)

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


@contextmanager
def watcher(root: str) -> Iterator[Watcher]:
    """Lend a watcher for as long as the block lasts."""
    one = Watcher(root)
    try:
        yield one
    finally:
        one.close()
