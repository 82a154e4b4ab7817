"""Reading the files of a repository."""

import os
from pathlib import Path

import pytest

from hashzip.adopt import repository
from hashzip.adopt.repository import Repository
from tests.support import project as projects


@pytest.mark.parametrize(
    "folder", [".venv/lib", "node_modules/x", "tests", "dist/a", ".hidden", "build", "target/x"]
)
def test_not_searched(tmp_path: Path, folder: str) -> None:
    """What tools leave behind, tests and builds are not searched."""
    projects.write_files(tmp_path, {f"{folder}/app.py": b"", "mine/app.py": b""})

    assert list(Repository(str(tmp_path)).paths(".py")) == ["mine/app.py"]


def test_environments_are_not_searched(tmp_path: Path) -> None:
    """A folder is an environment by its file, whatever its name."""
    projects.write_files(tmp_path, {"env/pyvenv.cfg": b"", "env/x.py": b"", "env2/dev/x.py": b""})

    assert list(Repository(str(tmp_path)).paths(".py")) == ["env2/dev/x.py"]


def test_unreadable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A pipe, a link out, a large file and other bytes are a warning each, once, and no wait."""
    root = tmp_path / "project"
    projects.write_files(
        root, {"latin": b"\xe9", "large": b" " * 1_000_001, "good": b"\xef\xbb\xbfx"}
    )
    os.mkfifo(root / "pipe")
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    (root / "out").symlink_to(tmp_path / "secret")
    files = Repository(str(root))

    bad = ("latin", "large", "pipe", "out", "missing")
    assert [files.text(name) for name in (*bad, *bad)] == [None] * 10
    assert files.text("good") == "x"

    errors = capsys.readouterr().err
    assert [errors.count(f"warning: {name} is not read") for name in bad] == [1] * 5
    assert errors.count("warning") == 5


@pytest.mark.parametrize(
    "path, is_generated",
    [("src/a", False), (".", False), ("build/a", True), ("a/.aws-sam/b", True), ("dist", True)],
)
def test_generated(tmp_path: Path, path: str, *, is_generated: bool) -> None:
    """What tools write is not the source of a function."""
    assert Repository(str(tmp_path)).is_generated(path) == is_generated


def test_lines(tmp_path: Path) -> None:
    """The line of a key is the first that begins with it."""
    projects.write_files(tmp_path, {"x.yaml": b'a:\n  b: 1\n  "c" : 2\nb: 3\n'})

    assert Repository(str(tmp_path)).lines("x.yaml") == {"a": 1, "b": 2, "c": 3}


def test_links(tmp_path: Path) -> None:
    """A link to a file of the repository is a file, and one that leads out is none."""
    root = tmp_path / "project"
    projects.write_files(root, {"shared/x.py": b"", "f/app.py": b""})
    (root / "f/lib").symlink_to("../shared")
    (root / "f/out").symlink_to(tmp_path)
    (tmp_path / "y.py").write_text("", encoding="utf-8")

    files = Repository(str(root))
    assert files.is_file("f/lib/x.py")
    assert not files.is_file("f/out/y.py")
    assert not files.is_folder("f/out")


def test_paths() -> None:
    """Paths are joined, split and compared as text."""
    assert repository.join(".", "a") == "a"
    assert repository.parent("a/b") == "a"
    assert repository.parent("a") == "."
    assert list(repository.upwards("a/b")) == ["a/b", "a", "."]
    assert repository.below("a", "a/b/c") == "b/c"
    assert repository.below(".", "a") == "a"
