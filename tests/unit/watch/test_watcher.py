"""What `hashzip watch` hears of: only of what counts, and once a burst of saves is over."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from hashzip.watch import watcher as watcher_
from hashzip.watch.watch_paths import Places
from tests.support import project as projects
from tests.support import watch_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hashzip.watch.watcher import Watcher


@pytest.fixture
def watcher(project: Path) -> Iterator[Watcher]:
    """A watcher of a project's source, and of its root."""
    with watcher_.watching(str(project)) as one:
        one.watch(Places(frozenset({str(project / "src")}), frozenset({str(project)})))
        yield one


def heard(watcher: Watcher, project: Path) -> set[str]:
    """Answers what changed, named from the project; waits for the first of it."""
    paths = watcher.next(watch_process.DEADLINE)
    assert paths, "nothing was heard"
    return {os.path.relpath(path, project) for path in paths}


def quiet_until(watcher: Watcher, project: Path, last: str) -> set[str]:
    """Answers all that is heard up to a file that is written last."""
    projects.write_files(project, {last: b"last"})
    paths: set[str] = set()
    while last not in paths:
        paths |= heard(watcher, project)
    return paths


class TestWatcher:
    """What is heard."""

    def test_deep_and_flat(self, project: Path, watcher: Watcher) -> None:
        """A new file in a new folder of a deep one is heard, and one below a flat one is not."""
        projects.write_files(project, {"src/new/deep/a.py": b"", "notes/b.txt": b""})

        paths = quiet_until(watcher, project, "c.txt")

        paths |= quiet_until(watcher, project, "src/last.py")
        assert {"src/new", "c.txt"} <= paths
        assert "notes/b.txt" not in paths

    @pytest.mark.parametrize("path", ["src/__pycache__/a.py", "src/a.pyc", "dist/hello/a.zip"])
    def test_what_counts_for_nothing(self, project: Path, watcher: Watcher, path: str) -> None:
        """What no fingerprint sees is not heard; a file beside it is."""
        watcher.watch(Places(frozenset({str(project)}), frozenset()))
        projects.write_files(project, {path: b"x"})

        assert quiet_until(watcher, project, "src/last.py") <= {"src", "src/last.py"}

    def test_nothing(self, watcher: Watcher) -> None:
        """Without a change, the wait ends with nothing."""
        assert watcher.next(0.01) == set()

    def test_same_places(self, project: Path, watcher: Watcher) -> None:
        """The same places are not watched anew; others are, and the old ones no more."""
        root, source = str(project), str(project / "src")
        assert not watcher.watch(Places(frozenset({source}), frozenset({root})))
        (project / "other").mkdir()

        assert watcher.watch(Places(frozenset({str(project / "other")}), frozenset()))

        projects.write_files(project, {"src/hello.py": b"new"})
        assert quiet_until(watcher, project, "other/a.py") == {"other/a.py"}

    def test_emptied_first(
        self, project: Path, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A save that empties a file and then writes it is told of once it is written."""
        monkeypatch.setattr(watcher_, "_EMPTY_SECONDS", watch_process.DEADLINE)
        file = project / "src" / "hello.py"
        seen: list[bytes] = []

        def listen() -> None:
            assert heard(watcher, project) == {"src/hello.py"}
            seen.append(file.read_bytes())

        waiting = threading.Thread(target=listen)
        waiting.start()
        with file.open("wb") as stream:
            waiting.join(0.3)
            assert not seen, "it must not tell half of it"
            stream.write(b"new")
        waiting.join(watch_process.DEADLINE)

        assert seen == [b"new"]

    def test_emptied(self, project: Path, watcher: Watcher) -> None:
        """A file that stays empty is told of too."""
        (project / "src" / "hello.py").write_bytes(b"")

        assert heard(watcher, project) == {"src/hello.py"}
        assert (project / "src" / "hello.py").read_bytes() == b""

    def test_git_at_work(self, project: Path, watcher: Watcher) -> None:
        """While git writes, what it wrote is kept, and told as one once it is done."""
        lock = project / ".git/index.lock"
        projects.write_files(project, {".git/index.lock": b"", "src/one.py": b""})
        told: list[set[str]] = []
        waiting = threading.Thread(target=lambda: told.append(heard(watcher, project)))
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive(), "it must not tell half of it"
        projects.write_files(project, {"src/two.py": b""})
        lock.unlink()
        waiting.join(watch_process.DEADLINE)

        assert {"src/one.py", "src/two.py"} <= told[0]

    def test_git_that_died(self, project: Path, watcher: Watcher) -> None:
        """A lock that has been there for long keeps nobody waiting."""
        projects.write_files(project, {".git/index.lock": b""})
        old = time.time() - 3600
        os.utime(project / ".git/index.lock", (old, old))

        told: list[set[str]] = []

        def listen() -> None:
            told.append(quiet_until(watcher, project, "src/last.py"))

        threading.Thread(target=listen, daemon=True).start()

        watch_process.until(lambda: told)
        assert "src/last.py" in told[0]
        assert (project / ".git/index.lock").exists()

    def test_closed(self, project: Path) -> None:
        """After its block, no thread of it is left."""
        before = threading.active_count()
        with watcher_.watching(str(project)) as one:
            one.watch(Places(frozenset({str(project / "src")}), frozenset({str(project)})))
            assert threading.active_count() == before + 2
        assert threading.active_count() == before
