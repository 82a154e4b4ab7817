"""The files that a package in the project is built from."""

from pathlib import Path

import pytest

from hashzip.builders.python import local_sources
from tests.support import project as projects

USUAL = ("/build/", "/dist/", "*.egg-info/")


def write(root: Path, text: str, *files: str) -> None:
    """Write a package in the folder `libs/own`."""
    projects.write_files(root, {"libs/own/pyproject.toml": text.encode()})
    projects.write_files(root, dict.fromkeys(files, b""))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not TOML",
        '[build-system]\nrequires = ["build"]\n',
        '[project]\ndependencies = ["build"]\n',
        '[tool.setuptools.packages.find]\nexclude = ["build"]\n',
        '[tool.ruff]\nexclude = ["build/"]\n',
        '[tool.hatch.build.targets.wheel]\npackages = ["builds/own"]\n',
        '[project]\nreadme = "../README.md"\nscripts = { build = "own:main" }\n[tool.pdm.build]\n',
        "a = " + "[" * 100_000,
    ],
)
def test_left_out(tmp_path: Path, text: str) -> None:
    """What tools write is left out, and `build` with it."""
    write(tmp_path, text)

    assert local_sources.left_out(str(tmp_path), "libs/own") == USUAL


@pytest.mark.parametrize(
    "text",
    [
        '[tool.setuptools.packages.find]\nwhere = ["build"]\n',
        "[tool.setuptools.package-dir]\n'' = './build'\n",
        '[tool.hatch.build.targets.wheel]\npackages = ["build/own"]\n',
        '[tool.uv.build-backend]\nmodule-root = "build"\n',
        '[tool.uv.build-backend]\nmodule-root = "\\u0062uild"\n',
        '[tool.hatch.build.targets.wheel.force-include]\nbuild = "own"\n',
        f"[tool.setuptools]\n{'packages.' * 40}find = {{ where = ['build'] }}\n",
        '[[tool.poetry.packages]]\ninclude = "own"\nfrom = "build"\n',
    ],
)
def test_build(tmp_path: Path, text: str) -> None:
    """If it has sources, only what setuptools writes into it is left out."""
    write(tmp_path, text)

    patterns = local_sources.left_out(str(tmp_path), "libs/own")

    assert "/build/" not in patterns
    assert {"/build/lib/", *USUAL[1:]} < set(patterns)


def test_package_called_build(tmp_path: Path) -> None:
    """A package that is called `build` is one."""
    write(tmp_path, "", "libs/own/build/main.py")
    assert local_sources.left_out(str(tmp_path), "libs/own") == USUAL

    write(tmp_path, "", "libs/own/build/__init__.py")
    assert "/build/" not in local_sources.left_out(str(tmp_path), "libs/own")


@pytest.mark.parametrize(
    "text, files",
    [
        ('[project]\nreadme = "../README.md"\n', ["libs/README.md"]),
        ('[project]\nreadme = { file = "../../README.md" }\n', ["README.md"]),
        ('[project]\nreadme = "./../own/../README.md"\n', ["libs/README.md"]),
        (
            '[project]\nreadme = "../README.md"\nlicense = { file = "../../LICENSE" }\n',
            ["LICENSE", "libs/README.md"],
        ),
        ('[tool.hatch.build.force-include]\n"../x.py" = "x.py"\n', ["libs/x.py"]),
        ('[project]\nreadme = "README.md"\n', []),
        ('[project]\nreadme = "../own/README.md"\n', []),
        ('[project]\nreadme = "../absent.md"\n', []),
        ('[project]\nreadme = "../../../outside.md"\n', []),
        ('[tool.uv.sources]\nx = { path = "../x.py" }\n', []),
        ('[tool.ruff]\nextend = "../x.py"\n', []),
        ('[project]\ndependencies = ["x @ file:../x.py"]\n', []),
        ("project = 3 # ../", []),
    ],
)
def test_beside(tmp_path: Path, text: str, files: list[str]) -> None:
    """Files in the project that a build backend reads outside the folder are known."""
    more = ("README.md", "LICENSE", "libs/README.md", "libs/x.py", "libs/own/README.md")
    write(tmp_path / "project", text, *more)
    (tmp_path / "outside.md").write_bytes(b"")

    assert local_sources.beside(str(tmp_path / "project"), "libs/own") == files


def test_absent(tmp_path: Path) -> None:
    """A folder without a `pyproject.toml` has no files elsewhere."""
    assert local_sources.beside(str(tmp_path), "own") == []
