"""The registry of builders: a new one is a module and a line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from hashzip import builders, cli, planning
from hashzip.errors import HashzipError
from scripts import reference
from tests.support import project as projects

if TYPE_CHECKING:
    from pathlib import Path

# Packs a greeting in a file; a folder with a GREETING is a function.
TOY = """
from pathlib import Path

from hashzip.builders.base import BuildOutput, Discovered, OutputFile
from hashzip.builders.build_plan import BuilderPlan, InputFolder
from hashzip.inputs.files import SourceFile
from hashzip.project import keys
from hashzip.project.keys import Key

KEYS = {"greeting": Key(keys.STRING, "what the toy says", "hello")}
RUNTIMES = ("provided.al2023",)
PURL_TYPE = ""


def plan(project, target, layers):
    recipe = {"builder": "toy", "greeting": target.options["greeting"]}
    folders = [InputFolder(target.sources[0])]
    return BuilderPlan(recipe, [], folders, packs_sources=False)


def build(plan, folder, *, fresh):
    folder.mkdir()
    file = folder / "bootstrap"
    file.write_text(plan.target.options["greeting"])
    return BuildOutput([OutputFile(SourceFile("bootstrap", bytes(file), True))], {"toy": "1.0"})


def build_for_host(plan, folder):
    return build(plan, folder, fresh=False)


def host_note():
    return ""


def discover(folder, root):
    if (folder / "GREETING").exists():
        source = folder.relative_to(root).as_posix()
        yield Discovered(["toy"], source, "provided.al2023", options={"builder": "toy"})
"""
TABLE = {
    "builder": "toy",
    "source": "src",
    "greeting": "hi",
    "runtime": "provided.al2023",
    "architecture": "arm64",
}


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a project with a function of a new builder."""
    folder = tmp_path / "modules"
    projects.write_files(folder, {"toy_builder.py": TOY.encode()})
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setitem(builders.MODULES, "toy", "toy_builder")
    monkeypatch.delitem(sys.modules, "toy_builder", raising=False)
    root = tmp_path / "project"
    projects.write_files(root, {"src/GREETING": b""})
    projects.write_tables(root, {"function.t": TABLE})
    return root


def test_it_plans(toy: Path) -> None:
    """Its key and its inputs decide the fingerprint."""
    first = projects.examine(toy, "t").fingerprint
    projects.write_tables(toy, {"function.t": TABLE | {"greeting": "hey"}})
    by_key = projects.examine(toy, "t").fingerprint
    projects.write_files(toy, {"src/GREETING": b"more"})
    by_input = projects.examine(toy, "t").fingerprint

    assert len({first, by_key, by_input}) == 3
    assert projects.examine(toy, "t").fingerprint == by_input


def test_its_keys_are_checked(toy: Path) -> None:
    """A key of the wrong type is an error, and so is its key with another builder."""
    projects.write_tables(toy, {"function.t": TABLE | {"greeting": 3}})
    with pytest.raises(HashzipError, match=r'"greeting" in .* must be a string'):
        planning.load_project(str(toy))

    projects.write_tables(toy, {"function.t": projects.HELLO | {"greeting": "hi"}})
    with pytest.raises(HashzipError, match='is for builder = "toy"'):
        planning.load_project(str(toy))


def test_it_builds(toy: Path) -> None:
    """The command line builds a zip of what it made, and its manifest names its tool."""
    assert cli.main(["build", "--project", str(toy), "t"]) == 0

    (built,) = (toy / "dist" / "t").glob("*.zip")
    assert projects.content(built, "bootstrap") == b"hi"
    assert '"toy": "1.0"' in built.with_suffix(".json").read_text(encoding="utf-8")


def test_it_is_documented(toy: Path) -> None:
    """The page of all keys has its table; without the line in the registry it has not."""
    assert toy
    assert '| `greeting` | string | `"hello"` | what the toy says |' in reference.keys_tables()

    del builders.MODULES["toy"]
    assert "greeting" not in reference.keys_tables()


def test_init_finds_it(toy: Path) -> None:
    """`init` asks it for functions, and writes what it says."""
    (toy / "hashzip.toml").unlink()

    assert cli.main(["init", "--yes", "--project", str(toy)]) == 0

    assert planning.load_project(str(toy)).target("toy").options == {"greeting": "hello"}
