"""Deploy the functions of a project again when their inputs have changed, and report errors."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from hashzip import planning
from hashzip.artifacts import changes
from hashzip.errors import HashzipError, report
from hashzip.inputs.paths import IN_PROJECT
from hashzip.planning import ScanCache
from hashzip.printable import printable
from hashzip.project.config import FILE_NAME
from hashzip.project.targets import Function
from hashzip.watch import syntax, watch_paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from hashzip.builders.build_plan import BuildPlan, Use
    from hashzip.project.targets import Target
    from hashzip.watch.watch_paths import WatchPaths

_SAVE_SECONDS = 10.0  # an older file was not saved now, but moved to its path
_MAX_NAMES = 3  # files that a line names


class Deployer(Protocol):
    """Where functions run."""

    def deploy(self, plan: BuildPlan, use: Use) -> float:
        """Create or update a function; return the time to build it, in seconds.

        Args:
            plan: What the function runs: the same object for all functions of a package.
            use: The function, with its layers.

        Raises:
            HashzipError: It cannot be built or deployed.
        """

    def remove(self, name: str) -> None:
        """Delete a function that `hashzip.toml` no longer has."""


@dataclass(frozen=True)
class _Version:
    """A version of a function, with its layers.

    Attributes:
        plan: The plan of what the function runs.
        use: The function and its layers.
        targets: The function and its layers, as `hashzip.toml` has them.
        fingerprints: The fingerprints of what it runs and of its layers.
        digests: The digest of each file of these, by path.
    """

    plan: BuildPlan
    use: Use
    targets: Sequence[Target]
    fingerprints: Sequence[str]
    digests: Mapping[str, str]

    @classmethod
    def of(cls, plan: BuildPlan, use: Use) -> _Version:
        parts = (plan, *use.layers)
        digests = {}
        for part in parts:
            prefix = "" if part is plan else f"{part.target.name}: "
            for path, digest in changes.digests(part.inputs).items():
                digests[prefix + path.removeprefix(IN_PROJECT)] = digest
        targets = [use.function, *(layer.target for layer in use.layers)]
        return cls(plan, use, targets, [part.fingerprint for part in parts], digests)

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.use.function.name

    def is_same(self, running: Mapping[str, _Version]) -> bool:
        """Return whether just this version of the function is running."""
        other = running.get(self.name)
        return other is not None and (self.targets, self.fingerprints) == (
            other.targets,
            other.fingerprints,
        )

    def changes_since(self, earlier: _Version) -> list[str]:
        """List the paths that differ from an earlier version."""
        differences = changes.compare(earlier.digests, self.digests)
        return [*differences.changed, *differences.added, *differences.removed]


class Loop:
    """The functions of a project, and the versions of them that run.

    Args:
        root: The project's folder.
        names: The names of the functions; none for all functions.
        deployer: Where they run.
        print_text: Prints a text for the user.
        on_first_deployment: Called with the name of each function that runs for the first time,
            and how it went: "3 files, built in 2 ms, live in 30 ms". Without it, that is printed.

    Raises:
        HashzipError: `hashzip.toml` is invalid, or has no such function.
    """

    def __init__(
        self,
        root: str,
        names: Sequence[str],
        deployer: Deployer,
        print_text: Callable[[str], None],
        on_first_deployment: Callable[[str, str], None] | None = None,
    ) -> None:
        self._root = root
        self._names = names
        self._deployer = deployer
        self._print = print_text
        self._on_first_deployment = on_first_deployment
        self._running: dict[str, _Version] = {}
        self._errors: dict[str, str] = {}
        self._failed_attempts: dict[str, object] = {}
        self._stale = False
        self._project = planning.load_project(root)
        self._check_names()

    def watch_paths(self) -> WatchPaths:
        """Return the folders to watch now."""
        versions = self._running.values()
        plans = [part for version in versions for part in (version.plan, *version.use.layers)]
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
            self._report("", list(self._running), error)
            return
        if self._errors.pop("", ""):
            self._print(f"{FILE_NAME} is valid again")
        for name in [name for name in self._running if name not in names]:
            self._deployer.remove(name)
            del self._running[name]
            self._print(f"{name}: removed")
        scan_cache = ScanCache()
        for package in self._project.packages(names):
            functions = [name for name in names if self._project.packaged(name).name == package]
            self._update_functions(package, functions, scan_cache, noticed)

    def rebuild(self) -> None:
        """Deploy all functions again, whether or not their inputs have changed."""
        self._failed_attempts.clear()
        self._errors.clear()
        self._stale = True
        try:
            self.update()
        finally:
            self._stale = False

    def _update_functions(
        self, package: str, names: Sequence[str], scan_cache: ScanCache, noticed: float
    ) -> None:
        """Deploy those functions of a package that have changed, or a function by itself."""
        deployed: list[_Version] = []
        failure = None
        seconds = 0.0
        running = {name: self._running[name] for name in names if name in self._running}
        try:
            plan = planning.plan(self._project, package, scan_cache)
            versions = [_Version.of(plan, use) for use in plan.uses if use.function.name in names]
            stale = [v for v in versions if self._stale or not v.is_same(running)]
            if not stale:
                if self._errors.pop(package, ""):
                    self._print(f"{package}: back to the code that is running")
                return
            attempt = _attempt(stale)
            if attempt and self._failed_attempts.get(package) == attempt:
                return  # it would fail again, and its output would look like a save
            changed = _changes(stale, running)
            syntax.check(plan, changed)
            self._failed_attempts[package] = attempt
            for version in stale:
                seconds += self._deployer.deploy(plan, version.use)
                self._running[version.name] = version
                deployed.append(version)
        except HashzipError as error:
            failure = error
        if deployed:
            live = time.time() - _save_time(plan, changed, noticed)
            timing = f"built in {_format(seconds)}, live in {_format(live)}"
            self._announce(package, deployed, running, changed, timing)
        if failure:
            self._report(package, names, failure)
            return
        self._errors.pop(package, None)
        self._failed_attempts.pop(package, None)

    def _announce(
        self,
        package: str,
        deployed: Sequence[_Version],
        running: Mapping[str, _Version],
        changed: Sequence[str],
        timing: str,
    ) -> None:
        """Print what was deployed, or have it announced if it runs for the first time."""
        is_first = not running.keys() & {version.name for version in deployed}
        summary = _count(len(deployed[0].digests)) if is_first else _summary(changed)
        if self._stale and not changed:
            summary = "deployed again"
        if not is_first or self._on_first_deployment is None:
            label = _label(package, [version.name for version in deployed])
            self._print(printable(f"{label}: {summary}, {timing}"))
        for version in deployed:
            if version.name not in running and self._on_first_deployment:
                text = f"{summary}, {timing}" if is_first else ""
                self._on_first_deployment(version.name, text)

    def _report(self, name: str, functions: Sequence[str], error: HashzipError) -> None:
        """Print an error, but not twice in a row; what is running keeps running.

        Args:
            name: The name of the package or function, or "" for an error of the project.
            functions: The functions that it concerns.
            error: The error.
        """
        message = f"{name}: {error.message}" if name else error.message
        text = report("error", message, error.hint, error.lines, sys.stdout)
        if self._errors.get(name) == text:
            return
        self._errors[name] = text
        lines = text.splitlines()
        if self._running.keys() & set(functions):
            lines.append("the last good code keeps running")
        self._print("\n".join(lines))

    def _functions(self) -> list[str]:
        """Return the names of the functions to run, in the order of `hashzip.toml`.

        The name of a package stands for all its functions.
        """
        names = {
            function.name
            for name in self._names
            for function in self._project.functions(self._project.target(name))
        }
        return [
            name
            for name, target in self._project.targets.items()
            if isinstance(target, Function) and (not self._names or name in names)
        ]

    def _check_names(self) -> None:
        for name in self._names:
            if not self._project.functions(self._project.target(name)):
                self._project.function(name)  # raises its error


def _changes(versions: Iterable[_Version], running: Mapping[str, _Version]) -> list[str]:
    """List the paths that differ from what is running, each once; new functions have none."""
    paths: dict[str, None] = {}
    for version in versions:
        if version.name in running:
            paths |= dict.fromkeys(version.changes_since(running[version.name]))
    return list(paths)


def _label(package: str, functions: Sequence[str]) -> str:
    """Return the name of a function, or that of a package with its functions."""
    return package if list(functions) == [package] else f"{package} ({', '.join(functions)})"


def _attempt(versions: Sequence[_Version]) -> object:
    """Return what identifies an attempt to build a package; None for one of sources.

    A file that is saved again makes another attempt, even if its content is the same.
    """
    plan = versions[0].plan
    if plan.packs_sources:
        return None
    times = []
    for file in plan.deciding_files:
        try:
            times.append(os.stat(file.location).st_mtime_ns)
        except OSError:
            times.append(0)
    return [(version.targets, version.fingerprints) for version in versions], times


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
