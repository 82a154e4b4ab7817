"""The plan of a function in Rust, without cargo."""

import sys
from pathlib import Path

import pytest

from hashzip.errors import HashzipError
from tests.support import crates, program
from tests.support import project as projects
from tests.support.crates import library


def recipe(root: Path, **changes: object) -> dict[str, object]:
    """Return the recipe of hello."""
    crates.configure(root, **changes)
    return dict(projects.examine(root).recipe)


def test_recipe(tmp_path: Path) -> None:
    """The recipe has the settings for cargo, and nothing of this machine."""
    assert recipe(crates.make(tmp_path)) == {
        "builder": "rust",
        "runtime": "provided.al2023",
        "architecture": "x86_64",
        "source": "//app",
        "bin": "hello",
        "profile": "release",
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"runtime": "provided.al2"},
        {"architecture": "arm64"},
        {"bin": "other"},
        {"features": ["fast"]},
        {"default_features": False},
        {"profile": "small"},
    ],
)
def test_options(tmp_path: Path, changes: dict[str, object]) -> None:
    """Each key that changes the program changes the fingerprint and the recipe."""
    crates.make(tmp_path, {"app/src/bin/other.rs": ""}, head='default-run = "hello"')
    before = projects.examine(tmp_path).fingerprint

    planned = recipe(tmp_path, **changes)

    assert planned | changes == planned
    assert projects.examine(tmp_path).fingerprint != before


@pytest.mark.parametrize(
    "changes",
    [
        {"environment": {}},
        {"default_features": True},
        {"features": []},
        {"profile": "release"},
        {"bin": "hello"},
        {"handler": "bootstrap"},
    ],
)
def test_same(tmp_path: Path, changes: dict[str, object]) -> None:
    """A key with its default, or one that does not change the package, changes nothing."""
    before = projects.examine(crates.make(tmp_path)).fingerprint

    crates.configure(tmp_path, **changes)

    assert projects.examine(tmp_path).fingerprint == before


def test_moved(tmp_path: Path) -> None:
    """The project has the same fingerprint in two folders; another crate has another."""
    first, second, other = (
        projects.fingerprint(crates.make(tmp_path / name, library(f"app/{crate}")))
        for name, crate in (("one", "src/a"), ("two here", "src/a"), ("other", "src/b"))
    )

    assert first == second != other


@pytest.mark.parametrize("runtime", ["python3.13", "provided.al1", "provided"])
def test_runtime(tmp_path: Path, runtime: str) -> None:
    """A runtime that does not run programs is refused."""
    crates.make(tmp_path)

    with pytest.raises(
        HashzipError, match=r"which (this builder does not build for|Lambda does not have)"
    ) as caught:
        recipe(tmp_path, runtime=runtime, handler="bootstrap")
    assert "provided.al2023" in caught.value.hint


def test_standard_library(tmp_path: Path) -> None:
    """A plan needs neither cargo nor a package."""
    crates.make(tmp_path, library("a"), '[dependencies]\na = { path = "../a" }')

    finished = program.run(
        "external",
        cwd=tmp_path,
        text=projects.query(),
        python=[sys.executable, "-I", "-S"],
        settings={"PATH": ""},
    )

    assert finished.code == 0, finished.err
    assert "//a/src/lib.rs" in finished.out
