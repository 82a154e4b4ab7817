"""The folders that hashzip keeps in a project."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hashzip.errors import HashzipError
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


@pytest.mark.skipif(sys.platform == "win32", reason="links of POSIX")
class TestCheck:
    """Folders that hashzip writes to and removes files from are in the project."""

    @pytest.mark.parametrize("folder", ["dist", ".hashzip", "dist/hello", ".hashzip/target"])
    @pytest.mark.parametrize("target", ["{outside}", "{outside}/none", "first"])
    def test_link(self, tmp_path: Path, folder: str, target: str) -> None:
        """A link out of the project, to nothing or through another one is refused, and named."""
        root, outside = tmp_path.resolve() / "project", tmp_path / "outside"
        (root / folder).parent.mkdir(parents=True)
        outside.mkdir()
        (root / folder).with_name("first").symlink_to(outside)
        layout.check(str(root), folder)  # the control

        (root / folder).symlink_to(target.format(outside=outside))

        with pytest.raises(HashzipError, match=f"the link {root / folder} leads "):
            layout.check(str(root), folder)

    @pytest.mark.parametrize("folder", ["dist", ".hashzip", "dist/hello"])
    def test_file(self, tmp_path: Path, folder: str) -> None:
        """A file, a link to one and a pipe are refused."""
        path = tmp_path / folder
        path.parent.mkdir(exist_ok=True)
        for kind in ("a file", "a pipe"):
            if kind == "a file":
                path.touch()
            else:
                os.mkfifo(path)
            with pytest.raises(HashzipError, match=f"{folder} is {kind}") as caught:
                layout.check(str(tmp_path.resolve()), folder)
            assert caught.value.hint.startswith("remove it")
            path.unlink()

    def test_inside(self, tmp_path: Path) -> None:
        """A link that stays in the project is followed; what is missing is not made."""
        (tmp_path / "elsewhere/hello").mkdir(parents=True)
        (tmp_path / "dist").symlink_to("elsewhere")

        layout.check(str(tmp_path.resolve()), "dist/hello", "dist/other/deeper")

        assert not (tmp_path / ".hashzip").exists()
        assert os.listdir(tmp_path / "elsewhere") == ["hello"]
