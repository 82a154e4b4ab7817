"""Which of many packages are built already, found in several processes."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from hashzip import pipeline, planning
from hashzip.commands import _prebuilt
from hashzip.project.config import Project
from tests.support import program
from tests.support import project as projects

NAMES = [f"f{number}" for number in range(41)]


@pytest.fixture
def many(tmp_path: Path) -> Project:
    """Make a project of many functions, and build all but one."""
    folders = {f"{name}/hello.py": name.encode() for name in NAMES}
    projects.write_files(tmp_path, folders)
    projects.write_config(tmp_path, **{name: projects.HELLO | {"source": name} for name in NAMES})
    for name in NAMES[1:]:
        pipeline.build(projects.examine(tmp_path, name))
    return planning.load_project(str(tmp_path))


def built(project: Project, *words: str) -> list[dict[str, object]]:
    """Build, and return the result of each function."""
    finished = program.run("build", "--json", *words, cwd=Path(project.root))
    assert finished.code == 0, finished.err
    results: list[dict[str, object]] = json.loads(finished.out)
    return results


def reasons(results: Sequence[dict[str, object]]) -> dict[object, object]:
    """Return which functions were built, and why."""
    return {result["function"]: result["reason"] for result in results if result["built"]}


class TestFind:
    """`find`."""

    def test_built(self, many: Project) -> None:
        """All packages that are built are found, as a plan of each finds them, and no other."""
        results = _prebuilt.find(many, NAMES)

        assert list(results) != []
        assert sorted(results) == sorted(NAMES[1:])
        for name in NAMES[1:]:
            plan = projects.examine(Path(many.root), name)
            sizes = plan.store.find(plan.fingerprint)
            assert results[name] == (plan.fingerprint, sizes)

    def test_changed(self, many: Project) -> None:
        """A package is not found after an edit, with a damaged zip, or without a source."""
        root = Path(many.root)
        assert {"f1", "f2", "f3", "f4"} <= _prebuilt.find(many, NAMES).keys()
        (root / "f1" / "hello.py").write_bytes(b"edited")
        projects.make_zip(root, "f2").write_bytes(b"damaged")
        (root / "f3" / "hello.py").unlink()

        assert sorted(_prebuilt.find(many, NAMES)) == sorted(set(NAMES) - {"f0", "f1", "f2", "f3"})

    def test_few(self, many: Project) -> None:
        """Of a few packages, none is looked for: to plan each is as fast."""
        assert _prebuilt.find(many, NAMES[1:20]) == {}
        assert _prebuilt.find(many, NAMES[1:]) != {}


class TestBuild:
    """`hashzip build` with many functions."""

    def test_same(self, many: Project) -> None:
        """Packages are built that are not yet; of the others, the result is that of a few."""
        first = built(many)
        second = built(many)

        assert reasons(first) == {"f0": "first build here"}
        assert reasons(second) == {}
        assert [result["function"] for result in second] == NAMES
        few = built(many, *NAMES[:3])
        assert [{**result, "seconds": 0} for result in few] == [
            {**result, "seconds": 0} for result in second[:3]
        ]
        assert list(first[0]) == list(second[0])

    def test_force(self, many: Project) -> None:
        """`--force` builds all packages, even those that are built."""
        assert len(reasons(built(many))) == 1
        assert set(reasons(built(many, "--force")).values()) == {"forced"}

    def test_error(self, many: Project) -> None:
        """A function that cannot be planned is an error that names it, and nothing is built."""
        root = Path(many.root)
        (root / "f7" / "hello.py").unlink()

        finished = program.run("build", cwd=root)

        assert finished.code == 1
        assert f"no file to pack in f7 (in {root})" in finished.err
        assert not (root / "dist" / "f0").exists()
        (root / "f7" / "hello.py").write_bytes(b"f7")
        assert reasons(built(many)) == {"f0": "first build here"}


def test_status(many: Project) -> None:
    """`hashzip status` of many packages has what a plan of each finds."""
    root = Path(many.root)
    finished = program.run("status", "--json", cwd=root)
    rows = json.loads(finished.out)

    assert [row["function"] for row in rows] == NAMES
    assert [row["function"] for row in rows if not row["built"]] == ["f0"]
    assert rows[0]["reason"] == "first build here"
    for row in rows[1:]:
        plan = projects.examine(root, row["function"])
        sizes = plan.store.find(plan.fingerprint)
        assert sizes
        assert (row["fingerprint"], row["reason"]) == (plan.fingerprint, "")
        assert (row["size"], row["unpacked_size"]) == sizes
