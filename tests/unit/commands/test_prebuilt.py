"""Which packages of many are built already, found in several processes."""

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
    """A project of many functions, all but one built."""
    folders = {f"{name}/hello.py": name.encode() for name in NAMES}
    projects.write_files(tmp_path, folders)
    projects.write_config(tmp_path, **{name: projects.HELLO | {"source": name} for name in NAMES})
    for name in NAMES[1:]:
        pipeline.build(projects.examine(tmp_path, name))
    return planning.load_project(str(tmp_path))


def built(project: Project, *words: str) -> list[dict[str, object]]:
    """Answers what `hashzip build` says of each function."""
    finished = program.run("build", "--json", *words, cwd=Path(project.root))
    assert finished.code == 0, finished.err
    results: list[dict[str, object]] = json.loads(finished.out)
    return results


def reasons(results: Sequence[dict[str, object]]) -> dict[object, object]:
    """Answers which functions were built, and why."""
    return {one["function"]: one["reason"] for one in results if one["built"]}


class TestFind:
    """`find`."""

    def test_built(self, many: Project) -> None:
        """All that are built are found, as examining each finds them; one that is not, is not."""
        results = _prebuilt.find(many, NAMES)

        assert list(results) != []
        assert sorted(results) == sorted(NAMES[1:])
        for name in NAMES[1:]:
            plan = projects.examine(Path(many.root), name)
            sizes = plan.store.find(plan.fingerprint)
            assert results[name] == (plan.fingerprint, sizes)

    def test_changed(self, many: Project) -> None:
        """One is not found after an edit, nor with a zip that is damaged, nor without a source."""
        root = Path(many.root)
        assert {"f1", "f2", "f3", "f4"} <= _prebuilt.find(many, NAMES).keys()
        (root / "f1" / "hello.py").write_bytes(b"edited")
        projects.make_zip(root, "f2").write_bytes(b"damaged")
        (root / "f3" / "hello.py").unlink()

        assert sorted(_prebuilt.find(many, NAMES)) == sorted(set(NAMES) - {"f0", "f1", "f2", "f3"})

    def test_few(self, many: Project) -> None:
        """A few are not looked for, for that takes as long as to examine them."""
        assert _prebuilt.find(many, NAMES[1:20]) == {}
        assert _prebuilt.find(many, NAMES[1:]) != {}


class TestBuild:
    """`hashzip build` with many functions."""

    def test_same(self, many: Project) -> None:
        """It builds what is not built, and says of the others what it says of a few."""
        first = built(many)
        second = built(many)

        assert reasons(first) == {"f0": "no build before"}
        assert reasons(second) == {}
        assert [one["function"] for one in second] == NAMES
        few = built(many, *NAMES[:3])
        assert [{**one, "seconds": 0} for one in few] == [
            {**one, "seconds": 0} for one in second[:3]
        ]
        assert list(first[0]) == list(second[0])

    def test_force(self, many: Project) -> None:
        """`--force` builds all, also those that are built."""
        assert len(reasons(built(many))) == 1
        assert set(reasons(built(many, "--force")).values()) == {"forced"}

    def test_error(self, many: Project) -> None:
        """A function that cannot be examined is an error that names it, and nothing is built."""
        root = Path(many.root)
        (root / "f7" / "hello.py").unlink()

        finished = program.run("build", cwd=root)

        assert finished.code == 1
        assert f"no file to pack in f7 (in {root})" in finished.err
        assert not (root / "dist" / "f0").exists()
        (root / "f7" / "hello.py").write_bytes(b"f7")
        assert reasons(built(many)) == {"f0": "no build before"}


def test_status(many: Project) -> None:
    """`hashzip status` says of many what examining each finds."""
    root = Path(many.root)
    finished = program.run("status", "--json", cwd=root)
    rows = json.loads(finished.out)

    assert [row["function"] for row in rows] == NAMES
    assert [row["function"] for row in rows if not row["built"]] == ["f0"]
    assert rows[0]["reason"] == "no build before"
    for row in rows[1:]:
        plan = projects.examine(root, row["function"])
        sizes = plan.store.find(plan.fingerprint)
        assert sizes
        assert (row["fingerprint"], row["reason"]) == (plan.fingerprint, "")
        assert (row["size"], row["unpacked_size"]) == sizes
