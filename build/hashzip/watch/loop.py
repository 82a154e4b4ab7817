"""Deploy the functions of a project again when their inputs have changed, and report errors."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from hashzip import planning
from hashzip.artifacts import changes
from hashzip.errors import HashzipError, report
from hashzip.inputs.paths import IN_PROJECT
from hashzip.planning import ScanCache
from hashzip.project.targets import Function
from hashzip.watch import syntax, watch_paths

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hashzip.builders.build_plan import BuildPlan
    from hashzip.project.targets import Target
    from hashzip.watch.watch_paths import WatchPaths

_SAVE_SECONDS = 10.0  # an older file was not saved now, but moved to its path
_MAX_NAMES = 3  # files that a line names


class Deployer(Protocol):
    """Where functions run."""

    def deploy(self, plan: BuildPlan) -> float:
        """Create or update a function; return the time to build it, in seconds.

        Raises:
            HashzipError: It cannot be built or deployed.
        """

    def remove(self, name: str) -> None:
        """Delete a function that `hashzip.toml` no longer has."""


@dataclass(frozen=True)
class _Version:
    """A version of a function, with its layers.

    Attributes:
        plan: The plan of the function.
        targets: The function and its layers.
        fingerprints: The fingerprints of these.
        digests: The digest of each file of these, by path.
    """

    plan: BuildPlan
    targets: Sequence[Target]
    fingerprints: Sequence[str]
    digests: Mapping[str, str]

    @classmethod
    def of(cls, plan: BuildPlan) -> _Version:
        parts = (plan, *plan.layers)
        digests = {}
        for part in parts:
            prefix = "" if part is plan else f"{part.target.name}: "
            for path, digest in changes.digests(part.inputs).items():
                digests[prefix + path.removeprefix(IN_PROJECT)] = digest
        return cls(
            plan, [part.target for part in parts], [part.fingerprint for part in parts], digests
        )

    def is_same(self, other: _Version) -> bool:
        return (self.targets, self.fingerprints) == (other.targets, other.fingerprints)

    def changes_since(self, earlier: _Version | None) -> list[str]:
        """List the paths that differ from an earlier version; all without one."""
        differences = changes.compare(earlier.digests if earlier else {}, self.digests)
        return [*differences.changed, *differences.added, *differences.removed]


class Loop:
    """The functions of a project, and the versions of them that run.

    Args:
        root: The project's folder.
        names: The names of the functions; none for all functions.
        deployer: Where they run.
        print_text: Prints a text for the user.
        on_first_deployment: Called with the name of each function that runs for the first time.

    Raises:
        HashzipError: `hashzip.toml` is invalid, or has no such function.
    """

    def __init__(
        self,
        root: str,
        names: Sequence[str],
        deployer: Deployer,
        print_text: Callable[[str], None],
        on_first_deployment: Callable[[str], None] = lambda _name: None,
    ) -> None:
        self._root = root
        self._names = names
        self._deployer = deployer
        self._print = print_text
        self._on_first_deployment = on_first_deployment
        self._running: dict[str, _Version] = {}
        self._errors: dict[str, str] = {}
        self._failed_attempts: dict[str, object] = {}
        self._project = planning.load_project(root)
        self._check_names()

    def watch_paths(self) -> WatchPaths:
        """Return the folders to watch now."""
        plans = [version.plan for version in self._running.values()]
        return watch_paths.find(self._project, self._functions(), plans)

    def update(self, noticed: float | None = None) -> None:
        """Plan all functions, and deploy those whose inputs have changed.

        Args:
            noticed: When a change was noticed, in seconds since 1970; by default, now.
        """
        noticed = noticed or time.time()
        try:
            self._project = planning.load_project(self._root)
            names = self._functions()
        except HashzipError as error:
            self._report("", error)
            return
        self._errors.pop("", None)
        for name in [name for name in self._running if name not in names]:
            self._deployer.remove(name)
            del self._running[name]
            self._print(f"{name}: removed")
        scan_cache = ScanCache()
        for name in names:
            self._update_function(name, scan_cache, noticed)

    def _update_function(self, name: str, scan_cache: ScanCache, noticed: float) -> None:
        running = self._running.get(name)
        try:
            version = _Version.of(planning.plan(self._project, name, scan_cache))
            if running and version.is_same(running):
                if self._errors.pop(name, ""):
                    self._print(f"{name}: back to the code that is running")
                return
            attempt = _attempt(version)
            if attempt and self._failed_attempts.get(name) == attempt:
                return  # it would fail again, and its output would look like a save
            changed = version.changes_since(running)
            syntax.check(version.plan, changed if running else ())
            self._failed_attempts[name] = attempt
            seconds = self._deployer.deploy(version.plan)
        except HashzipError as error:
            self._report(name, error)
            return
        self._errors.pop(name, None)
        self._failed_attempts.pop(name, None)
        self._running[name] = version
        live = time.time() - _save_time(version.plan, changed if running else (), noticed)
        summary = _summary(changed) if running else _count(len(version.digests))
        self._print(f"{name}: {summary}, built in {_format(seconds)}, live in {_format(live)}")
        if not running:
            self._on_first_deployment(name)

    def _report(self, name: str, error: HashzipError) -> None:
        """Print an error, but not twice in a row; what is running keeps running."""
        message = f"{name}: {error.message}" if name else error.message
        text = report("error", message, error.hint, error.lines)
        if self._errors.get(name) == text:
            return
        self._errors[name] = text
        lines = text.splitlines()
        if name in self._running or (not name and self._running):
            lines.append("the last good code keeps running")
        self._print("\n".join(lines))

    def _functions(self) -> list[str]:
        """Return the names of the functions to run, in the order of `hashzip.toml`."""
        for name in self._names:
            self._project.target(name)  # raises the error of an unknown name
        return [
            name
            for name, target in self._project.targets.items()
            if isinstance(target, Function) and (not self._names or name in self._names)
        ]

    def _check_names(self) -> None:
        for name in self._names:
            if not isinstance(self._project.target(name), Function):
                raise HashzipError(
                    f"{name} is a layer, which does not run by itself",
                    "name a function that uses it",
                )


def _attempt(version: _Version) -> object:
    """Return what identifies an attempt to build; None for a package of sources.

    A file that is saved again makes another attempt, even if its content is the same.
    """
    if version.plan.packs_sources:
        return None
    times = []
    for file in version.plan.deciding_files:
        try:
            times.append(os.stat(file.location).st_mtime_ns)
        except OSError:
            times.append(0)
    return version.targets, version.fingerprints, times


def _summary(changed: Sequence[str]) -> str:
    if not changed:
        return "settings changed"
    more = ", …" if len(changed) > _MAX_NAMES else ""
    return f"{_count(len(changed))} changed ({', '.join(changed[:_MAX_NAMES])}{more})"


def _count(files: int) -> str:
    return f"{files} file" if files == 1 else f"{files} files"


def _save_time(plan: BuildPlan, changed: Sequence[str], noticed: float) -> float:
    """Return when the last of the changed files was saved, or else when that was noticed."""
    times = []
    for file in (*plan.deciding_files, *plan.packed_files):
        if file.path.removeprefix(IN_PROJECT) in changed:
            try:
                times.append(os.stat(file.location).st_mtime)
            except OSError:
                continue
    newest = max(times, default=noticed)
    return newest if 0 <= time.time() - newest < _SAVE_SECONDS else noticed


def _format(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
