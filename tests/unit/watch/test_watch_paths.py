"""Which folders `hashzip watch` watches."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from hashzip import planning
from hashzip.watch import watch_paths
from tests.support import commands
from tests.support import project as projects

if TYPE_CHECKING:
    from pathlib import Path

LAYER = {"source": "shared", "runtime": "python3.13", "architecture": "arm64"}


def find(root: Path, *, planned: bool = False) -> tuple[set[str], set[str]]:
    """Return the folders to watch for hello, recursive and shallow, relative to the root's own."""
    project = planning.load_project(str(root))
    plans = [projects.examine(root)] if planned else []
    recursive, shallow, _ = watch_paths.find(project, ["hello"], plans)
    above = root.parent
    return (
        {os.path.relpath(folder, above) for folder in recursive},
        {os.path.relpath(folder, above) for folder in shallow},
    )


class TestSources:
    """Functions whose sources are packed."""

    def test_sources(self, project: Path) -> None:
        """A source folder is watched with all below it, the project's own without."""
        assert find(project) == ({"project/src"}, {"project"})

    def test_only_named_functions(self, project: Path) -> None:
        """The folders of a function that does not run are not watched."""
        other = {**projects.HELLO, "source": "other"}
        projects.write_config(project, hello=projects.HELLO, other=other)
        projects.write_files(project, {"other/hello.py": b""})

        assert find(project)[0] == {"project/src"}
        both = watch_paths.find(planning.load_project(str(project)), ["hello", "other"], [])
        assert {os.path.basename(folder) for folder in both.recursive} == {"src", "other"}

    def test_layer(self, project: Path) -> None:
        """The folders of a layer are watched if the function uses it."""
        for layers, folders in ([], {"project/src"}), (["a"], {"project/src", "project/shared"}):
            hello = {**projects.HELLO, "layers": layers}
            projects.write_tables(project, {"layer.a": LAYER, "function.hello": hello})
            (project / "shared").mkdir(exist_ok=True)
            assert find(project)[0] == folders

    def test_inner_folder(self, project: Path) -> None:
        """A folder in another watched folder is not watched by itself; its neighbour is."""
        projects.write_files(project, {"src2/a.py": b""})
        projects.configure(project, source=["src", "src/lib", "src2"])

        assert find(project)[0] == {"project/src", "project/src2"}

    def test_lock_elsewhere(self, project: Path) -> None:
        """The folder of the lock is watched, without those below it."""
        projects.write_files(project, {"locks/deep/requirements.txt": b""})
        projects.configure(project, requirements="locks/deep/requirements.txt")

        assert find(project) == ({"project/src"}, {"project", "project/locks/deep"})

    def test_missing_lock(self, project: Path) -> None:
        """A function that cannot be planned has its folders watched one by one until it can."""
        projects.configure(project, requirements="locks/requirements.txt")
        assert find(project) == (set(), {"project", "project/src", "project/src/lib"})

        projects.write_files(project, {"locks/requirements.txt": b""})
        assert find(project) == ({"project/src"}, {"project", "project/locks"})

    @pytest.mark.parametrize("is_planned", [False, True])
    def test_missing_folder(self, project: Path, *, is_planned: bool) -> None:
        """A missing folder is seen to appear in the nearest folder that is there."""
        projects.write_files(project, {"a/x": b""})
        projects.configure(project, source=["src", "a/b/c"])
        if not is_planned:
            projects.configure(project, source=["src", "a/b/c"], requirements="a/lock.txt")
        assert find(project)[1] >= {"project", "project/a"}

        (project / "a/b/c").mkdir(parents=True)
        projects.write_files(project, {"a/lock.txt": b""})
        assert find(project)[0] == {"project/src", "project/a/b/c"}

    def test_links(self, project: Path) -> None:
        """The target of a link is watched once it is known: a folder, or the folder of a file."""
        projects.write_files(project, {"far/way/b.py": b"", "near/c.py": b"", "unused/d.py": b""})
        (project / "src/far").symlink_to("../far/way")
        (project / "src/c.py").symlink_to("../near/c.py")

        assert find(project)[0] == {"project/src"}
        assert find(project, planned=True)[0] == {
            "project/src",
            "project/far/way",
            "project/near",
        }


class TestOutput:
    """Functions that a builder makes anew."""

    @pytest.mark.parametrize("is_planned", [False, True])
    def test_folders(self, tmp_path: Path, *, is_planned: bool) -> None:
        """Each folder of the sources and inputs is watched by itself, and no output is."""
        root = commands.make(
            tmp_path / "project", inputs=["shared/**/*.txt", "lock/package-lock.json"]
        )
        files = (
            *("src/lib/deep/a.py", "src/node_modules/lib/a.js", "src/target/a", "src/out/a"),
            *("shared/a/b.txt", "lock/package-lock.json", "other/a.txt"),
        )
        projects.write_files(root, dict.fromkeys(files, b""))
        project = planning.load_project(str(root))
        plans = [planning.plan(project, "hello")] if is_planned else []

        paths = watch_paths.find(project, ["hello"], plans)

        watched = {os.path.relpath(folder, root) for folder in paths.shallow}
        assert watched == {".", "src", "src/lib", "src/lib/deep", "shared", "shared/a", "lock"}
        assert paths.recursive == set()
        assert paths.outputs == {str(root / "src/out")}

    def test_missing_input(self, tmp_path: Path) -> None:
        """If an input is missing, its nearest folder is watched, and so are the sources."""
        root = commands.make(tmp_path / "project", inputs=["shared/a/b.txt"])
        projects.write_files(root, {"shared/c.txt": b"", "src/lib/a.py": b""})

        assert find(root) == (
            set(),
            {"project", "project/src", "project/src/lib", "project/shared"},
        )


@pytest.mark.parametrize(
    "path, folder, is_below",
    [
        ("/a/b", "/a", True),
        ("/a/b/c", "/a/", True),
        ("/a", "/a", False),
        ("/ab", "/a", False),
        ("/a", "/a/b", False),
        ("/a", "/", True),
    ],
)
def test_is_below(path: str, folder: str, *, is_below: bool) -> None:
    """A path is below a folder by whole names only."""
    assert watch_paths.is_below(path, folder) is is_below
