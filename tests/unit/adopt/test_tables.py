"""The keys of a function's table."""

from pathlib import Path

import pytest

from hashzip.adopt import tables
from hashzip.adopt.proposal import Code, Declared
from hashzip.adopt.python_locks import Requirements
from hashzip.adopt.python_roots import Roots
from hashzip.adopt.repository import Repository
from hashzip.adopt.tables import Settings
from tests.support import project as projects

APP = Code("f/app.py", "run", ("f",), "app.run")


def settings(tmp_path: Path, files: dict[str, bytes], **asked: str) -> Settings:
    """Return the settings of a repository."""
    projects.write_files(tmp_path, {"f/app.py": b"", **files})
    repository = Repository(str(tmp_path))
    requirements = Requirements(repository)
    roots = Roots(repository, requirements.is_required)
    return Settings(repository, requirements, roots, **asked)


def test_defaults(tmp_path: Path) -> None:
    """Where nothing says otherwise, it is x86_64, as for Terraform, whatever machine this is."""
    table, reason = tables.of(APP, settings(tmp_path, {}), [])

    assert (list(table), reason) == (["source", "handler", "runtime", "architecture"], "")
    assert table["architecture"] == "x86_64"


@pytest.mark.parametrize("architecture", ["amd64", "", "${x}"])
def test_unknown_architecture(tmp_path: Path, architecture: str) -> None:
    """What is no architecture of Lambda is not written."""
    function = Declared("", "", ("f",), ("f",), "app.run", architecture=architecture)

    assert tables.of(function, settings(tmp_path, {}), [])[0]["architecture"] == "x86_64"


@pytest.mark.parametrize(
    "asked, runtime",
    [("python3.11", "python3.11"), ("nodejs22.x", "python3.13"), ("", "python3.13")],
)
def test_asked_runtime(tmp_path: Path, asked: str, runtime: str) -> None:
    """What the user asks for counts for functions in that language."""
    found = settings(tmp_path, {}, asked_runtime=asked, asked_architecture="arm64")

    table, _ = tables.of(APP, found, [])

    assert (table["runtime"], table["architecture"]) == (runtime, "arm64")


def test_not_ours(tmp_path: Path) -> None:
    """What is Terraform's or hashzip's in the function's folder is left out."""
    found = settings(tmp_path, {"f/main.tf": b"", "f/old.zip": b""}, infra="f/infra")
    assert tables.of(APP, found, [])[0]["exclude"] == ["/infra/", "*.tf", "*.tfvars", "/*.zip"]

    table, _ = tables.of(APP._replace(include=("/app.py",)), found, [])
    assert "exclude" not in table


@pytest.mark.parametrize(
    "source, infra, exclude",
    [
        (".", "infra", ["/infra/"]),
        (".", ".", ["/*.zip"]),
        ("f", "infra", None),
        ("f", "f", ["*.tf", "*.tfvars", "/*.zip"]),
    ],
)
def test_folder_of_terraform(
    tmp_path: Path, source: str, infra: str, exclude: list[str] | None
) -> None:
    """The folder of the configuration is left out where it is in the function's, or is that."""
    found = settings(tmp_path, {f"{infra}/main.tf": b""}, infra=infra)
    function = Declared("", "", ("f",), (source,), "app.run", "python3.12")

    assert tables.of(function, found, [])[0].get("exclude") == exclude


@pytest.mark.parametrize(
    "requirements, expected", [("", "f/requirements.txt"), (None, None), ("x.txt", "x.txt")]
)
def test_requirements(tmp_path: Path, requirements: str | None, expected: str | None) -> None:
    """They are those that a file names, none if it installs none, or else the nearest."""
    found = settings(tmp_path, {"f/requirements.txt": b"six"})
    function = Declared("", "", ("f",), ("f",), "app.run", "python3.12", requirements=requirements)

    assert tables.of(function, found, [])[0].get("requirements") == expected


@pytest.mark.parametrize("runtime", ["java21", "ruby3.4", "provided.al2023"])
def test_other_languages(tmp_path: Path, runtime: str) -> None:
    """What hashzip cannot build by itself is refused with a reason."""
    function = Declared("", "", ("f",), ("f",), "X::y", runtime)

    assert "docs/command.md" in tables.of(function, settings(tmp_path, {}), [])[1]


def test_layer(tmp_path: Path) -> None:
    """A layer has the files below its `python/`, and the list of packages beside or in it."""
    files = {"layer/python/x.py": b"", "layer/requirements.txt": b"six"}
    layer = Declared("", "", ("deps",), ("layer",), runtime="python3.12", is_layer=True)

    table, reason = tables.of_layer(layer, settings(tmp_path, files))

    assert reason == ""
    assert (table["source"], table["requirements"]) == ("layer/python", "layer/requirements.txt")
    nothing = layer._replace(sources=("f",))
    assert tables.of_layer(nothing, settings(tmp_path, {}))[1]
