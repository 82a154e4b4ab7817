"""The loop: what was saved is built and runs, and what is wrong with it is said."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from hashzip import planning
from hashzip.artifacts import changes
from hashzip.errors import HashzipError
from hashzip.planning import ScanCache
from hashzip.project.targets import Function
from hashzip.watch import syntax, watch_paths

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hashzip.builders.build_plan import BuildPlan
    from hashzip.project.targets import Target
    from hashzip.watch.watch_paths import Places

_SAVED_SECONDS = 10.0  # a file that is older was not saved now, but moved to its place
_NAMED = 3  # files in one line


class Home(Protocol):
    """Where functions run."""

    def push(self, plan: BuildPlan) -> float:
        """Make a function what its plan says; answer how long it took to build."""

    def remove(self, name: str) -> None:
        """Take a function away."""


@dataclass(frozen=True)
class _Live:
    """What of a function runs.

    Attributes:
        plan: What it is made from.
        targets: It, and its layers.
        fingerprints: Of these.
        digests: Of all files of these, by path.
    """

    plan: BuildPlan
    targets: Sequence[Target]
    fingerprints: Sequence[str]
    digests: dict[str, str]

    @classmethod
    def of(cls, plan: BuildPlan) -> _Live:
        every = (plan, *plan.layers)
        digests = {}
        for one in every:
            prefix = "" if one is plan else f"{one.target.name}: "
            for path, digest in changes.digests(one.inputs).items():
                digests[prefix + path.removeprefix("//")] = digest
        targets = [one.target for one in every]
        return cls(plan, targets, [one.fingerprint for one in every], digests)

    def is_as(self, other: _Live) -> bool:
        return (self.targets, self.fingerprints) == (other.targets, other.fingerprints)


class Loop:
    """The functions of a project, and what of them runs.

    Args:
        root: The project's folder.
        names: Of the functions; none for all that there are.
        home: Where they run.
        say: Takes what people should read.
        opened: Told of each function that runs for the first time.
    """

    def __init__(
        self,
        root: str,
        names: Sequence[str],
        home: Home,
        say: Callable[[str], None],
        opened: Callable[[str], None] = lambda _name: None,
    ) -> None:
        self._root = root
        self._names = names
        self._home = home
        self._say = say
        self._opened = opened
        self._live: dict[str, _Live] = {}
        self._errors: dict[str, str] = {}
        self._failed: dict[str, object] = {}
        self._project = planning.load_project(root)
        self._refuse_layers()

    def places(self) -> Places:
        """Answer what to watch now."""
        plans = [live.plan for live in self._live.values()]
        return watch_paths.find(self._project, self._functions(), plans)

    def round(self, saved: float | None = None) -> None:
        """Look at everything, and bring to life what has changed.

        Args:
            saved: When a change was noticed, in seconds since the epoch.
        """
        noticed = saved or time.time()
        try:
            self._project = planning.load_project(self._root)
            names = self._functions()
        except HashzipError as error:
            self._fail("", error)
            return
        self._errors.pop("", None)
        for name in [name for name in self._live if name not in names]:
            self._home.remove(name)
            del self._live[name]
            self._say(f"{name}: removed")
        scan_cache = ScanCache()
        for name in names:
            self._function(name, scan_cache, noticed)

    def _function(self, name: str, scan_cache: ScanCache, noticed: float) -> None:
        before = self._live.get(name)
        try:
            plan = planning.plan(self._project, name, scan_cache)
            now = _Live.of(plan)
            if before and now.is_as(before):
                if self._errors.pop(name, ""):
                    self._say(f"{name}: is what runs again")
                return
            attempt = _attempt(now)
            if attempt and self._failed.get(name) == attempt:
                return  # it would fail again, and what it writes would be seen as a save
            changed = _changed(before, now)
            syntax.check(plan, changed if before else ())
            self._failed[name] = attempt
            seconds = self._home.push(plan)
        except HashzipError as error:
            self._fail(name, error)
            return
        for known in (self._errors, self._failed):
            known.pop(name, None)
        self._live[name] = now
        live = time.time() - _saved(plan, changed if before else (), noticed)
        what = _described(changed, before) if before else _counted(len(now.digests))
        self._say(f"{name}: {what}, built in {_short(seconds)}, live in {_short(live)}")
        if not before:
            self._opened(name)

    def _fail(self, name: str, error: HashzipError) -> None:
        """Say what is wrong, once; what ran goes on."""
        text = f"{name}: {error.message}" if name else error.message
        if self._errors.get(name) == text:
            return
        self._errors[name] = text
        lines = [f"error: {text}"]
        if error.hint:
            lines.append(f"hint: {error.hint}")
        if name in self._live or (not name and self._live):
            lines.append("the last good code goes on answering")
        self._say("\n".join(lines))

    def _functions(self) -> list[str]:
        found = [name for name, one in self._project.targets.items() if isinstance(one, Function)]
        for name in self._names:
            self._project.target(name)  # or an error that has the nearest
        return [name for name in found if not self._names or name in self._names]

    def _refuse_layers(self) -> None:
        for name in self._names:
            if not isinstance(self._project.target(name), Function):
                raise HashzipError(
                    f"{name} is a layer, which does not run by itself",
                    "name the function that has it",
                )


def _attempt(live: _Live) -> object:
    """Answer what a program makes a package from, as it was saved; of another package, nothing.

    One that is saved again is another, even if it holds the same.
    """
    if live.plan.packs_sources:
        return None
    saved = []
    for file in live.plan.deciding_files:
        try:
            saved.append(os.stat(file.location).st_mtime_ns)
        except OSError:
            saved.append(0)
    return live.targets, live.fingerprints, saved


def _changed(before: _Live | None, now: _Live) -> list[str]:
    found = changes.compare(before.digests if before else {}, now.digests)
    return [*found.changed, *found.added, *found.removed]


def _described(changed: Sequence[str], before: _Live) -> str:
    if not changed:
        return "settings changed" if before else ""
    more = ", …" if len(changed) > _NAMED else ""
    return f"{_counted(len(changed))} changed ({', '.join(changed[:_NAMED])}{more})"


def _counted(count: int) -> str:
    return f"{count} file" if count == 1 else f"{count} files"


def _saved(plan: BuildPlan, changed: Sequence[str], noticed: float) -> float:
    """Answer when the last of some files was saved, or else when that was noticed."""
    times = [noticed]
    for file in (*plan.deciding_files, *plan.packed_files):
        if file.path.removeprefix("//") in changed:
            try:
                times.append(os.stat(file.location).st_mtime)
            except OSError:
                continue
    newest = max(times[1:], default=noticed)
    return newest if 0 <= time.time() - newest < _SAVED_SECONDS else noticed


def _short(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
