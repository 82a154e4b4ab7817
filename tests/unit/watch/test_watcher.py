"""What the watcher reports: changes of inputs, and a burst of saves once it is over."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from hashzip.watch import watcher as watcher_module
from hashzip.watch.watch_paths import WatchPaths
from tests.support import project as projects
from tests.support import watch_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hashzip.watch.watcher import Watcher


def paths(
    project: Path, *, recursive: str = "", shallow: str = "", output: str = "out"
) -> WatchPaths:
    """Make the paths to watch: at most one folder of each kind, relative to the project."""
    folders = (
        frozenset({str((project / path).resolve())} if path else set[str]())
        for path in (recursive, shallow, output)
    )
    return WatchPaths(*folders)


@pytest.fixture
def watcher(project: Path) -> Iterator[Watcher]:
    """Watch a project's source folder, and its root."""
    with watcher_module.watching(str(project)) as watcher:
        watcher.watch(paths(project, recursive="src", shallow="."))
        yield watcher


def report(watcher: Watcher, project: Path) -> set[str]:
    """Wait for a report, and return its paths, relative to the project."""
    changed = watcher.next(watch_process.DEADLINE)
    assert changed, "nothing was reported"
    return {os.path.relpath(path, project) for path in changed}


def reports_until(watcher: Watcher, project: Path, last: str) -> set[str]:
    """Write a file, and return all paths that are reported until it is."""
    projects.write_files(project, {last: b"last"})
    changed: set[str] = set()
    while last not in changed:
        changed |= report(watcher, project)
    return changed


class TestPaths:
    """Which paths are reported."""

    def test_recursive_and_shallow(self, project: Path, watcher: Watcher) -> None:
        """A new file in a new folder is reported below a recursive path, not below a shallow."""
        projects.write_files(project, {"src/new/deep/a.py": b"", "notes/b.txt": b""})

        changed = reports_until(watcher, project, "c.txt")

        changed |= reports_until(watcher, project, "src/last.py")
        assert {"src/new", "c.txt"} <= changed
        assert "notes/b.txt" not in changed

    @pytest.mark.parametrize("path", ["src/__pycache__/a.py", "src/a.pyc", "dist/hello/a.zip"])
    def test_never_inputs(self, project: Path, watcher: Watcher, path: str) -> None:
        """A file that is never an input is not reported; a file beside it is."""
        watcher.watch(paths(project, recursive="."))
        projects.write_files(project, {path: b"x"})

        assert reports_until(watcher, project, "src/last.py") <= {"src", "src/last.py"}

    @pytest.mark.parametrize("output, is_reported", [("out", False), ("elsewhere", True)])
    def test_output(
        self, project: Path, watcher: Watcher, output: str, *, is_reported: bool
    ) -> None:
        """A new output folder is not reported; another new folder is."""
        watcher.watch(paths(project, shallow=".", output=output))
        (project / "out").mkdir()

        assert ("out" in reports_until(watcher, project, "last.txt")) is is_reported

    def test_nothing(self, watcher: Watcher) -> None:
        """Without a change, the wait ends with nothing."""
        assert watcher.next(0.01) == set()

    def test_other_paths(self, project: Path, watcher: Watcher) -> None:
        """Equal paths change nothing; other paths are watched instead of the old ones."""
        assert not watcher.watch(paths(project, recursive="src", shallow="."))
        (project / "other").mkdir()

        assert watcher.watch(paths(project, recursive="other"))

        projects.write_files(project, {"src/hello.py": b"new"})
        assert reports_until(watcher, project, "other/a.py") == {"other/a.py"}

    def test_closed(self, project: Path) -> None:
        """At the end of the block, its threads have ended."""
        before = threading.active_count()
        with watcher_module.watching(str(project)) as watcher:
            watcher.watch(paths(project, recursive="src", shallow="."))
            assert threading.active_count() == before + 2
        assert threading.active_count() == before


class TestBursts:
    """When a change is reported."""

    def test_emptied_and_written(self, project: Path) -> None:
        """A save that empties a file and then writes it is reported once it is written."""
        file = project / "src" / "hello.py"
        contents: list[bytes] = []
        with watcher_module.watching(str(project), watch_process.DEADLINE) as watcher:
            watcher.watch(paths(project, recursive="src"))

            def listen() -> None:
                assert report(watcher, project) == {"src/hello.py"}
                contents.append(file.read_bytes())

            thread = threading.Thread(target=listen)
            thread.start()
            with file.open("wb") as stream:
                thread.join(0.3)
                assert not contents, "the empty file was reported"
                stream.write(b"new")
            thread.join(watch_process.DEADLINE)

        assert contents == [b"new"]

    def test_emptied(self, project: Path, watcher: Watcher) -> None:
        """A file that stays empty is reported, too."""
        (project / "src" / "hello.py").write_bytes(b"")

        assert report(watcher, project) == {"src/hello.py"}
        assert (project / "src" / "hello.py").read_bytes() == b""

    def test_git_runs(self, project: Path, watcher: Watcher) -> None:
        """All files that a git command writes are reported at once, when it has ended."""
        lock = project / ".git/index.lock"
        projects.write_files(project, {".git/index.lock": b"", "src/one.py": b""})
        reports: list[set[str]] = []
        thread = threading.Thread(target=lambda: reports.append(report(watcher, project)))
        thread.start()
        thread.join(0.3)
        assert thread.is_alive(), "a part was reported"
        projects.write_files(project, {"src/two.py": b""})
        lock.unlink()
        thread.join(watch_process.DEADLINE)

        assert {"src/one.py", "src/two.py"} <= reports[0]

    def test_git_was_killed(self, project: Path, watcher: Watcher) -> None:
        """An old lock of git delays no report."""
        projects.write_files(project, {".git/index.lock": b""})
        old = time.time() - 3600
        os.utime(project / ".git/index.lock", (old, old))
        reports: list[set[str]] = []

        def listen() -> None:
            reports.append(reports_until(watcher, project, "src/last.py"))

        threading.Thread(target=listen, daemon=True).start()

        watch_process.until(lambda: reports)
        assert "src/last.py" in reports[0]
        assert (project / ".git/index.lock").exists()
