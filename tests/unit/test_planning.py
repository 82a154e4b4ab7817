"""Planning looks at a project's folders once, and reports what is wrong with them."""

from pathlib import Path

import pytest

from hashzip import planning
from hashzip.errors import HashzipError
from hashzip.inputs import walk
from hashzip.planning import ScanCache
from tests.support import commands, shared_package
from tests.support import project as projects

LAYER = {"source": "shared", "runtime": "python3.13", "architecture": "arm64"}


@pytest.fixture
def two(project: Path) -> Path:
    """Make a project with two functions of one folder, which share a layer."""
    projects.write_files(project, {"shared/common.py": b""})
    function = projects.HELLO | {"layers": ["deps"]}
    projects.write_tables(
        project,
        {"layer.deps": LAYER, "function.first": function, "function.second": function},
    )
    return project


def test_shared_folders_are_walked_once(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Functions that share a folder and a layer have each walked once, in one command."""
    walked: list[str] = []
    original = walk.walk

    def count(root: str, folder: str, **options: object) -> object:
        walked.append(folder)
        return original(root, folder, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(walk, "walk", count)
    project = planning.load_project(str(two))
    cache = ScanCache()
    plans = [planning.plan(project, name, cache) for name in ("first", "second")]

    assert sorted(walked) == ["shared", "src"]
    assert plans[0].layers == plans[1].layers
    planning.plan(project, "first")
    assert sorted(walked) == ["shared", "shared", "src", "src"]


def test_unknown_name(project: Path) -> None:
    """An unknown name is an error whose hint has the nearest one."""
    with pytest.raises(HashzipError, match='"helo"') as caught:
        planning.plan(planning.load_project(str(project)), "helo")

    assert 'did you mean "hello"?' in caught.value.hint


def test_empty_folder(tmp_path: Path) -> None:
    """A folder that hashzip.toml names, and that has no file, is an error that names the key."""
    root = commands.make(tmp_path / "made")
    commands.configure(root, include=["*.json"])

    with pytest.raises(HashzipError, match=r'source = "src" of .* has no file'):
        projects.examine(root)
    projects.write_files(root, {"src/a.json": b""})
    assert projects.examine(root).fingerprint


def test_errors_come_from_the_plan(project: Path) -> None:
    """A file that cannot be packed fails the plan, not the first use of its fingerprint."""
    projects.write_files(project, {"src/.env": b"A=1"})

    with pytest.raises(HashzipError, match="like a secret"):
        planning.plan(planning.load_project(str(project)), "hello")


def test_artifacts_are_no_sources(project: Path) -> None:
    """The artifacts of the project's root do not count when the root is the source."""
    projects.configure(project, source=".", exclude=["hashzip.toml"])
    before = projects.examine(project).fingerprint

    projects.write_files(project, {"dist/hello/a.zip": b"", ".hashzip/x.index": b""})
    assert projects.examine(project).fingerprint == before
    projects.write_files(project, {"dist2/hello.py": b""})
    assert projects.examine(project).fingerprint != before


def test_other_place_for_the_cache(project: Path, tmp_path: Path) -> None:
    """The stat cache is in the folder that the caller names, and by default in the project."""
    loaded = planning.load_project(str(project))

    planning.plan(loaded, "hello", ScanCache(str(tmp_path / "caches")))
    assert (tmp_path / "caches/hello.index").exists()
    assert not (project / ".hashzip").exists()
    planning.plan(loaded, "hello")
    assert (project / ".hashzip/hello.index").exists()


class TestPackage:
    """A package that several functions share."""

    def test_one_plan(self, tmp_path: Path) -> None:
        """Its functions have its fingerprint and its store, and in one command one plan."""
        root = shared_package.make(tmp_path / "shared")
        loaded = planning.load_project(str(root))
        cache = ScanCache()

        plans = [planning.plan(loaded, name, cache) for name in ("read", "write", "api")]

        assert plans[0] is plans[1] is plans[2]
        assert plans[0].target.label == "[package.api]"
        assert [use.function.name for use in plans[0].uses] == ["read", "write"]

    def test_fingerprint(self, tmp_path: Path) -> None:
        """It is that of a function with the same content: handlers and names do not count."""
        root = shared_package.make(tmp_path / "shared")
        before = projects.fingerprint(root, "read")
        own = {**shared_package.API, "handler": "write.handler"}
        shared_package.configure(root, read={"handler": "read.other"}, own=own)

        assert projects.fingerprint(root, "read") == projects.fingerprint(root, "own") == before
        shared_package.configure(root, api={"exclude": ["write.py"]})
        assert projects.fingerprint(root, "read") != before

    def test_layers_of_a_function(self, tmp_path: Path) -> None:
        """Layers of one function change no fingerprint; a broken one fails no plan of another."""
        root = shared_package.make(tmp_path / "shared")
        before = projects.fingerprint(root, "read")
        layer = {**shared_package.API, "source": "layer"}

        shared_package.configure(root, layer_deps=layer, write={"layers": ["deps"]})

        assert projects.fingerprint(root, "read") == before
        plan = projects.examine(root, "read")
        with pytest.raises(HashzipError, match="layer"):
            _ = plan.uses
        projects.write_files(root, {"layer/words.py": b""})
        plan = projects.examine(root, "read")
        assert [layer.target.name for layer in plan.all_layers] == ["layer.deps"]
        assert plan.layers == []


@pytest.mark.parametrize(
    "changes, line",
    [
        ({"runtime": "node24"}, 'runtime = "node24"'),
        ({"source": ["src", "scr"]}, 'source = ["src", "scr"]'),
        ({"requirements": "absent.txt"}, 'requirements = "absent.txt"'),
    ],
)
def test_error_of_a_value(project: Path, changes: dict[str, object], line: str) -> None:
    """An error about a value in hashzip.toml shows its line, with a mark under the value."""
    projects.configure(project, **changes)

    with pytest.raises(HashzipError) as caught:
        projects.examine(project)

    shown, mark = caught.value.lines
    value = line.partition(" = ")[2]
    assert shown.partition(" | ")[2] == line
    assert mark.endswith(" " + "^" * len(value))
