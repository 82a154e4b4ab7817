"""Deploy the functions of a project again when their inputs have changed, and report errors."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Protocol

from hashzip import planning
from hashzip.errors import HashzipError, report
from hashzip.planning import ScanCache
from hashzip.printable import printable
from hashzip.project.config import FILE_NAME
from hashzip.project.targets import Function
from hashzip.system import phases
from hashzip.watch import syntax, watch_paths
from hashzip.watch.version import Version, attempt_at, changed_paths, save_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hashzip.builders.build_plan import BuildPlan, Use
    from hashzip.watch.watch_paths import WatchPaths

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
        self._running: dict[str, Version] = {}
        self._errors: dict[str, str] = {}
        self._failed_attempts: dict[str, object] = {}
        self._stale = False
        self._reported: dict[str, str] = {}
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
        self._reported.clear()
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
        deployed: list[Version] = []
        failure = None
        seconds = 0.0
        running = {name: self._running[name] for name in names if name in self._running}
        try:
            plan = planning.plan(self._project, package, scan_cache)
            versions = [Version.of(plan, use) for use in plan.uses if use.function.name in names]
            stale = [v for v in versions if self._stale or not v.is_same(running)]
            if not stale:
                if self._errors.pop(package, ""):
                    self._print(f"{package}: back to the code that is running")
                return
            attempt = attempt_at(stale)
            if attempt and self._failed_attempts.get(package) == attempt:
                return  # it would fail again, and its output would look like a save
            changed = changed_paths(stale, running)
            syntax.check(plan, changed)
            self._failed_attempts[package] = attempt
            for version in stale:
                with phases.build_of(version.name):
                    seconds += self._deployer.deploy(plan, version.use)
                self._running[version.name] = version
                deployed.append(version)
        except HashzipError as error:
            failure = error
        if deployed:
            live = time.time() - save_time(plan, changed, noticed)
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
        deployed: Sequence[Version],
        running: Mapping[str, Version],
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

        Functions with the same source have the same errors: one of them has it in full.

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
        own = report("error", error.message, error.hint, error.lines, sys.stdout)
        first = self._reported.setdefault(own, name)
        if first != name:
            self._print(printable(f"{name}: the same error as {first}"))
            return
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


def _label(package: str, functions: Sequence[str]) -> str:
    """Return the name of a function, or that of a package with its functions."""
    return package if list(functions) == [package] else f"{package} ({', '.join(functions)})"


def _summary(changed: Sequence[str]) -> str:
    if not changed:
        return "settings changed"
    more = ", …" if len(changed) > _MAX_NAMES else ""
    return f"{_count(len(changed))} changed ({', '.join(changed[:_MAX_NAMES])}{more})"


def _count(files: int) -> str:
    return f"{files} file" if files == 1 else f"{files} files"


def _format(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
