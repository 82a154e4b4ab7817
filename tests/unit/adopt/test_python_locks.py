"""The requirements and the version of Python functions."""

from pathlib import Path

import pytest

from hashzip.adopt.python_locks import Requirements
from hashzip.adopt.repository import Repository
from tests.support import project as projects

PROJECT = b'[project]\nname = "shop"\nversion = "1"\ndependencies = ["six"]\n'


def requirements(tmp_path: Path, files: dict[str, bytes]) -> Requirements:
    """Return the requirements of a repository."""
    projects.write_files(tmp_path, files)
    return Requirements(Repository(str(tmp_path)))


@pytest.mark.parametrize(
    "files, lock",
    [
        ({}, None),
        ({"f/requirements.txt": b"a"}, "f/requirements.txt"),
        ({"requirements.txt": b"a"}, "requirements.txt"),
        ({"uv.lock": b"", "f/requirements.txt": b"a"}, "f/requirements.txt"),
        ({"f/requirements.txt": b"a", "f/requirements.lock.txt": b""}, "f/requirements.lock.txt"),
        ({"f/poetry.lock": b""}, "f/poetry.lock"),
        ({"Pipfile.lock": b""}, "Pipfile.lock"),
        ({"f/pyproject.toml": PROJECT}, "f/pyproject.toml"),
        ({"f/pyproject.toml": PROJECT, "uv.lock": b""}, "uv.lock"),
        ({"f/pyproject.toml": PROJECT, "requirements.txt": b"a"}, "f/pyproject.toml"),
        ({"f/pyproject.toml": b"[tool.ruff]\n"}, None),
        ({"g/requirements.txt": b"a"}, None),
    ],
)
def test_nearest(tmp_path: Path, files: dict[str, bytes], lock: str | None) -> None:
    """It is the nearest list upwards, locked or not."""
    assert requirements(tmp_path, {"f/app.py": b"", **files}).nearest("f") == lock


def test_member_of_a_workspace(tmp_path: Path) -> None:
    """A function of a member installs what the member requires, not the workspace's project."""
    files = {
        "uv.lock": b"",
        "pyproject.toml": PROJECT,
        "f/pyproject.toml": PROJECT.replace(b"shop", b"f"),
    }
    found = requirements(tmp_path, files)

    assert found.options("uv.lock", "f") == {"package": "f"}
    assert found.options("uv.lock", ".") == {}
    assert found.options("requirements.txt", "f") == {}


@pytest.mark.parametrize(
    "files, runtime",
    [
        ({}, "python3.13"),
        ({".python-version": b"3.12\n"}, "python3.12"),
        ({".python-version": b"cpython-3.11.4"}, "python3.11"),
        ({".python-version": b"pypy3.10"}, "python3.13"),
        ({".python-version": b"2.7"}, "python3.13"),
        ({"f/.python-version": b"3.10", ".python-version": b"3.12"}, "python3.10"),
        ({"pyproject.toml": b'[project]\nrequires-python = ">=3.9,<3.12"\n'}, "python3.11"),
        ({"pyproject.toml": b'[project]\nrequires-python = ">=3.14"\n'}, "python3.14"),
        ({"pyproject.toml": b'[project]\nrequires-python = "^3.9"\n'}, "python3.13"),
    ],
)
def test_runtime(tmp_path: Path, files: dict[str, bytes], runtime: str) -> None:
    """It is what the nearest file says."""
    assert requirements(tmp_path, files).runtime("f") == runtime


@pytest.mark.parametrize("line", ["requests==2.0", "Requests[socks]>=2", "requests"])
def test_is_required(tmp_path: Path, line: str) -> None:
    """A package is required by its normalized name."""
    found = requirements(tmp_path, {"requirements.txt": f"six\n{line}\n".encode()})

    assert found.is_required("requests", ".")
    assert not found.is_required("request", ".")
    assert not found.is_required("requests_more", ".")


def test_own_project(tmp_path: Path) -> None:
    """The project that a lock is of is no package that it requires."""
    lock = b'[[package]]\nname = "shop"\n[[package]]\nname = "six"\n'

    found = requirements(tmp_path, {"pyproject.toml": PROJECT, "uv.lock": lock})

    assert found.is_required("six", "src")
    assert not found.is_required("shop", "src")


def test_broken_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A `pyproject.toml` that is no TOML is one warning."""
    found = requirements(tmp_path, {"pyproject.toml": b"[project\n"})

    assert found.nearest("f") is None
    assert found.runtime("f") == "python3.13"
    assert capsys.readouterr().err.count("warning: pyproject.toml is not read") == 1
