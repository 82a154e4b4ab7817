"""Bringing together what files declare and what code has."""

from pathlib import Path

import pytest

from hashzip.adopt import merge
from hashzip.adopt.merge import Merged
from hashzip.adopt.proposal import Code, Declared
from hashzip.adopt.python_locks import Requirements
from hashzip.adopt.python_roots import Roots
from hashzip.adopt.repository import Repository
from hashzip.adopt.tables import Settings
from hashzip.project.config import Project
from hashzip.project.targets import Function
from tests.support import project as projects

APP = Code("a/app.py", "run", ("a",), "app.run")
OTHER = Code("b/app.py", "run", ("b",), "app.run")
PROGRAM = Code("go", "tool", ("go",), runtime="provided.al2023", names=("tool",))


def merged(
    tmp_path: Path, declared: list[Declared], codes: list[Code], project: Project | None = None
) -> Merged:
    """Merge, in a repository with the files that the code names."""
    files = {"a/app.py": b"", "b/app.py": b"", "go/go.mod": b""}
    projects.write_files(tmp_path, files)
    repository = Repository(str(tmp_path))
    requirements = Requirements(repository)
    roots = Roots(repository, requirements.is_required)
    settings = Settings(repository, requirements, roots)
    return merge.merge(declared, codes, settings, project)


def declared(name: str, **fields: object) -> Declared:
    """Return a function of Terraform."""
    values = {"handler": "app.run", "runtime": "python3.12", **fields}
    return Declared("main.tf:1", name, (name,), **values)  # type: ignore[arg-type]


def test_no_second_function(tmp_path: Path) -> None:
    """Code that a declared function packs is no function beside it."""
    result = merged(tmp_path, [declared("x", sources=("a",))], [APP, OTHER])

    assert [each.name for each in result.new] == ["x", "b"]


@pytest.mark.parametrize("name, source", [("b", "b"), ("a", "a"), ("neither", None)])
def test_source_by_code(tmp_path: Path, name: str, source: str | None) -> None:
    """A function without a known source has that of the code that it can only mean."""
    result = merged(tmp_path, [declared(name)], [APP, OTHER])

    sources = {each.name: each.table["source"] for each in result.new}
    if source is None:
        assert name not in sources
        assert len(result.skipped) == 1
    else:
        assert sources[name] == source
        assert len(sources) == 2


def test_programs(tmp_path: Path) -> None:
    """A program is meant by its name, or by being the only one."""
    bootstrap = declared("x", handler="bootstrap", runtime="provided.al2", program="other")

    result = merged(tmp_path, [bootstrap], [PROGRAM, APP])

    tables = {each.name: each.table for each in result.new}
    assert tables["x"]["source"] == "go"
    assert tables["x"]["runtime"] == "provided.al2"
    assert "handler" not in tables["x"]


def test_known(tmp_path: Path) -> None:
    """A function that `hashzip.toml` has is not added, whatever its name there."""
    function = Function(
        name="mine",
        builder="python",
        runtime="python3.12",
        architecture="arm64",
        sources=("a",),
        handler="app.run",
    )
    project = Project(str(tmp_path), {"mine": function})

    result = merged(tmp_path, [declared("x", sources=("a",))], [APP, OTHER], project)

    assert list(result.known) == ["mine"]
    assert [each.name for each in result.new] == ["b"]


def test_layers(tmp_path: Path) -> None:
    """A layer takes the runtime and architecture of its functions, if these are one."""
    layer = Declared("main.tf:9", "deps", ("deps",), ("b",), is_layer=True, requirements="b/r.txt")
    first = declared("x", sources=("a",), layers=("deps",), architecture="arm64")

    result = merged(tmp_path, [layer, first], [])
    tables = {each.target: each.table for each in result.new}
    assert tables["layer.deps"] == {
        "runtime": "python3.12",
        "architecture": "arm64",
        "requirements": "b/r.txt",
    }
    assert tables["x"]["layers"] == ["deps"]

    second = declared("y", sources=("b",), layers=("deps",), runtime="python3.13")
    result = merged(tmp_path, [layer, first, second], [])
    assert [each.target for each in result.new] == ["x", "y"]
    assert "several runtimes" in result.skipped[0][1]


def test_two_kinds_of_files(tmp_path: Path) -> None:
    """A function that Terraform and SAM declare is one; two of Terraform over one file are two."""
    terraform = declared("x", sources=("a",), places=(1,))
    sam = declared("y", sources=("a",))

    assert [each.name for each in merged(tmp_path, [terraform, sam], []).new] == ["x"]
    twin = terraform._replace(names=("z",))
    assert [each.name for each in merged(tmp_path, [terraform, twin], []).new] == ["x", "z"]
