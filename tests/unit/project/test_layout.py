"""The folders that hashzip keeps in a project."""

import os
import subprocess
from pathlib import Path

import pytest

from hashzip.project import layout


def status(repository: Path) -> str:
    """Return what git would add."""
    return subprocess.run(
        ["git", "status", "--porcelain"], cwd=repository, check=True, capture_output=True, text=True
    ).stdout


def test_is_ignored(tmp_path: Path) -> None:
    """Git sees nothing in the cache, which it does in a folder of the same content."""
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    layout.make_cache_folder(tmp_path / layout.CACHE)
    (tmp_path / layout.CACHE / "file").touch()

    assert status(tmp_path) == ""

    (tmp_path / "other").mkdir()
    (tmp_path / "other/file").touch()
    assert status(tmp_path) == "?? other/\n"


def test_is_completed(tmp_path: Path) -> None:
    """A folder without a .gitignore gets one: a process may have been killed before it wrote it."""
    (tmp_path / layout.CACHE).mkdir()

    layout.make_cache_folder(tmp_path / layout.CACHE)

    assert (tmp_path / layout.CACHE / ".gitignore").read_text() == "*\n"


def test_is_kept(tmp_path: Path) -> None:
    """A .gitignore that the user has changed stays."""
    (tmp_path / layout.CACHE).mkdir()
    (tmp_path / layout.CACHE / ".gitignore").write_text("*.index\n")

    layout.make_cache_folder(tmp_path / layout.CACHE)

    assert (tmp_path / layout.CACHE / ".gitignore").read_text() == "*.index\n"


def test_cannot_be_made(tmp_path: Path) -> None:
    """A file in its place is an error of the system."""
    (tmp_path / layout.CACHE).write_text("")

    with pytest.raises(OSError, match=r"Not a directory|cannot find"):
        layout.make_cache_folder(os.fspath(tmp_path / layout.CACHE))
