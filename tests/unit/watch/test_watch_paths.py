"""Which folders `hashzip watch` listens to, and what it hears."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hashzip import planning
from hashzip.watch import watch_paths
from tests.support import project as projects

if TYPE_CHECKING:
    from pathlib import Path

LAYER = {"source": "shared", "runtime": "python3.13", "architecture": "arm64"}


def found(root: Path, *, examined: bool = False) -> tuple[set[str], set[str]]:
    """Answers the folders to watch for hello, deep and flat, named from beside the project."""
    project = planning.load_project(str(root))
    plans = [projects.examine(root)] if examined else []
    deep, flat, _ = watch_paths.find(project, ["hello"], plans)
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
        both = watch_paths.find(planning.load_project(str(project)), ["hello", "other"], [])
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
