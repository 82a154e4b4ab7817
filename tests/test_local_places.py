"""Which folders `hashzip watch` listens to, and what it hears."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from hashzip import config
from hashzip.local import places
from hashzip.local.places import Places, Watcher
from tests.helpers import project as projects
from tests.helpers import watching

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LAYER = {"source": "shared", "runtime": "python3.13", "architecture": "arm64"}


def found(root: Path, *, examined: bool = False) -> tuple[set[str], set[str]]:
    """Answers the folders to watch for hello, deep and flat, named from beside the project."""
    project = config.load(str(root))
    blueprints = [projects.examine(root)] if examined else []
    deep, flat, _ = places.find(project, ["hello"], blueprints)
    above = root.parent
    return {os.path.relpath(one, above) for one in deep}, {
        os.path.relpath(one, above) for one in flat
    }


class TestFind:
    """Which folders."""

    def test_sources(self, project: Path) -> None:
        """A source folder is watched with all below it, the project's own folder by itself."""
        assert found(project) == ({"project/src"}, {"project"})

    def test_only_named_functions(self, project: Path) -> None:
        """The folders of a function that does not run are not watched."""
        other = {**projects.HELLO, "source": "other"}
        projects.write_config(project, hello=projects.HELLO, other=other)
        projects.write_files(project, {"other/hello.py": b""})

        assert found(project)[0] == {"project/src"}
        both = places.find(config.load(str(project)), ["hello", "other"], [])
        assert {os.path.basename(one) for one in both.deep} == {"src", "other"}

    def test_layer(self, project: Path) -> None:
        """So is that of a layer, if the function has it."""
        for layers, folders in ([], {"project/src"}), (["a"], {"project/src", "project/shared"}):
            hello = {**projects.HELLO, "layers": layers}
            projects.write_tables(project, {"layer.a": LAYER, "function.hello": hello})
            (project / "shared").mkdir(exist_ok=True)
            assert found(project)[0] == folders

    def test_inner_folder(self, project: Path) -> None:
        """A folder within another that is watched needs no watch; a neighbour does."""
        projects.write_files(project, {"src2/a.py": b""})
        projects.configure(project, source=["src", "src/lib", "src2"])

        assert found(project)[0] == {"project/src", "project/src2"}

    def test_lock_elsewhere(self, project: Path) -> None:
        """The folder of the lock is watched, without what is below it."""
        projects.write_files(project, {"locks/deep/requirements.txt": b""})
        projects.configure(project, requirements="locks/deep/requirements.txt")

        assert found(project) == ({"project/src"}, {"project", "project/locks/deep"})

    def test_missing_folder(self, project: Path) -> None:
        """One that is not there is seen to appear by the nearest folder that is."""
        projects.write_files(project, {"a/x": b""})
        projects.configure(project, source=["src", "a/b/c"])
        assert found(project) == ({"project/src"}, {"project", "project/a"})

        (project / "a/b/c").mkdir(parents=True)
        assert found(project) == ({"project/src", "project/a/b/c"}, {"project"})

    def test_links(self, project: Path) -> None:
        """Where links lead to is watched once it is known: a folder, and the folder of a file."""
        projects.write_files(project, {"far/way/b.py": b"", "near/c.py": b"", "unused/d.py": b""})
        (project / "src/far").symlink_to("../far/way")
        (project / "src/c.py").symlink_to("../near/c.py")

        assert found(project)[0] == {"project/src"}
        assert found(project, examined=True)[0] == {
            "project/src",
            "project/far/way",
            "project/near",
        }


@pytest.fixture
def watcher(project: Path) -> Iterator[Watcher]:
    """A watcher of a project's source, and of its root."""
    with places.watcher(str(project)) as one:
        one.watch(Places(frozenset({str(project / "src")}), frozenset({str(project)})))
        yield one


def heard(watcher: Watcher, project: Path) -> set[str]:
    """Answers what changed, named from the project; waits for the first of it."""
    paths = watcher.next(watching.DEADLINE)
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
        waiting.join(watching.DEADLINE)

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

        watching.until(lambda: told)
        assert "src/last.py" in told[0]
        assert (project / ".git/index.lock").exists()

    def test_closed(self, project: Path) -> None:
        """After its block, no thread of it is left."""
        before = threading.active_count()
        with places.watcher(str(project)) as one:
            one.watch(Places(frozenset({str(project / "src")}), frozenset({str(project)})))
            assert threading.active_count() == before + 2
        assert threading.active_count() == before
