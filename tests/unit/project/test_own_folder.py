"""The folder for programs and their caches: never one that came with the project."""

import os
import tempfile
from pathlib import Path

import pytest

from hashzip.errors import HashzipError
from hashzip.project import own_folder, user_cache


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a project, the current folder, and a home and a folder for temporary files beside it."""
    for name in ("home", "tmp", "work/.git", "work/project"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "work/project/hashzip.toml").touch()
    monkeypatch.chdir(tmp_path / "work/project")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv(user_cache.FOLDER_VARIABLE, raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    return tmp_path / "work/project"


def use(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the user's variable name a cache folder."""
    monkeypatch.setenv(user_cache.FOLDER_VARIABLE, str(folder))


@pytest.mark.parametrize("folder", ["home/x", "elsewhere"])
def test_of_the_user(
    project: Path, tmp_path: Path, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the cache folder, wherever the user has it."""
    assert own_folder.find() == user_cache.folder()

    use(tmp_path / folder, monkeypatch)

    assert own_folder.find() == str(tmp_path / folder)
    assert project


@pytest.mark.parametrize("folder", ["project/.cache", "cache", "other/.cache"])
@pytest.mark.parametrize("cwd", ["project", "project/infra", "../home"])
def test_in_a_project(
    project: Path, tmp_path: Path, folder: str, cwd: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One in this project, its checkout or another one is not used, wherever hashzip runs."""
    (project / "infra").mkdir()
    monkeypatch.chdir(project.parent / cwd)
    use(project.parent / folder, monkeypatch)

    assert own_folder.find() == str(tmp_path / "home/.cache/hashzip")


@pytest.mark.parametrize("home", ["work", "nowhere/home"])
def test_temporary(
    project: Path, tmp_path: Path, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the home folder cannot be used either, it is temporary and this user's alone."""
    (tmp_path / "nowhere").touch()
    monkeypatch.setenv("HOME", str(tmp_path / home))
    use(project / ".cache", monkeypatch)

    folder = Path(own_folder.find())

    assert folder.parent == tmp_path / "tmp"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert Path(own_folder.find()) == folder


@pytest.mark.parametrize("kind", ["open", "a link", "a file"])
def test_temporary_of_another(
    project: Path, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A temporary folder that somebody else may have made is not used."""
    monkeypatch.setenv("HOME", str(tmp_path / "work"))
    use(project / ".cache", monkeypatch)
    folder = Path(own_folder.find())  # the control
    folder.rmdir()
    if kind == "open":
        folder.mkdir(mode=0o755)
        folder.chmod(0o755)
    elif kind == "a link":
        (tmp_path / "target").mkdir(mode=0o700)
        folder.symlink_to(tmp_path / "target")
    else:
        folder.touch(mode=0o600)

    with pytest.raises(HashzipError, match="is not this user's alone") as caught:
        own_folder.find()

    assert f"set {user_cache.FOLDER_VARIABLE} to a folder outside" in caught.value.hint


def test_caches_of_programs(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the home folder can have no caches, those of programs are not in the project either."""
    (tmp_path / "nowhere").touch()
    monkeypatch.setenv("HOME", str(tmp_path / "nowhere/home"))
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path).is_dir())  # root may always
    monkeypatch.delenv("UV_CACHE_DIR", raising=False)
    use(project / ".cache", monkeypatch)

    inside = user_cache.substitutes("UV_CACHE_DIR")
    outside = user_cache.substitutes("UV_CACHE_DIR", folder=own_folder.find)

    assert inside == {"UV_CACHE_DIR": str(project / ".cache/uv")}  # the control
    assert outside == {"UV_CACHE_DIR": str(tmp_path / f"tmp/hashzip-{os.getuid()}/uv")}
