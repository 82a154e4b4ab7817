"""Writing files: all of them or none."""

import os
import sys
from pathlib import Path

import pytest

from hashzip.adopt import writing
from hashzip.adopt.proposal import Change
from hashzip.adopt.repository import Repository
from hashzip.errors import HashzipError
from hashzip.system import atomic
from tests.support import project as projects

CHANGES = [Change("a.toml", "old\r\n", "new\r\n"), Change("x/y/b.tf", None, "text\n")]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a project with a file that has a byte order mark and a mode of its own."""
    projects.write_files(tmp_path, {"a.toml": b"\xef\xbb\xbfold\r\n"})
    (tmp_path / "a.toml").chmod(0o600)
    return tmp_path


def test_written(root: Path) -> None:
    """Files are written with their folders; mark, line endings and mode stay."""
    writing.write(Repository(str(root)), CHANGES)

    assert (root / "a.toml").read_bytes() == b"\xef\xbb\xbfnew\r\n"
    assert (root / "a.toml").stat().st_mode & 0o777 == 0o600
    assert (root / "x/y/b.tf").read_bytes() == b"text\n"
    assert sorted(os.listdir(root / "x/y")) == ["b.tf"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
@pytest.mark.parametrize("after", [0, 1])
def test_interrupted(
    root: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException], after: int
) -> None:
    """After Ctrl-C or an error everything is as it was: no file, no folder."""
    before = {path: projects.listing(root)[path][2] for path in projects.listing(root)}
    count = iter([False] * after + [True] + [False] * 9)
    for name in ("write", "write_text"):
        genuine = getattr(atomic, name)

        def write(*arguments: object, genuine: object = genuine, **options: object) -> None:
            if next(count):
                raise error
            genuine(*arguments, **options)  # type: ignore[operator]

        monkeypatch.setattr(atomic, name, write)

    with pytest.raises(error):
        writing.write(Repository(str(root)), CHANGES)

    assert {path: projects.listing(root)[path][2] for path in projects.listing(root)} == before


def test_checked(root: Path) -> None:
    """What does not pass a check is not left."""

    def check() -> None:
        assert (root / "x/y/b.tf").exists()
        raise HashzipError("no")

    with pytest.raises(HashzipError, match="no"):
        writing.write(Repository(str(root)), CHANGES, check)

    assert (root / "a.toml").read_bytes().endswith(b"old\r\n")
    assert not (root / "x").exists()


@pytest.mark.parametrize(
    "change, problem",
    [
        (Change("a.toml", None, "x"), "exists"),
        (Change("a.toml", "other", "x"), "has changed"),
        (Change("link/x", None, "x"), "outside the project"),
        (Change("../x", None, "x"), "outside the project"),
    ],
)
def test_refused(
    root: Path, tmp_path_factory: pytest.TempPathFactory, change: Change, problem: str
) -> None:
    """A file that is not as it was read, or is outside, is not written, nor any other."""
    (root / "link").symlink_to(tmp_path_factory.mktemp("outside"))

    with pytest.raises(HashzipError, match=problem):
        writing.write(Repository(str(root)), [CHANGES[1], change])

    assert not (root / "x").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
def test_pipe(tmp_path: Path) -> None:
    """A pipe in the place of a file is refused, without waiting for a writer."""
    os.mkfifo(tmp_path / "a")

    with pytest.raises(HashzipError, match="a is a pipe"):
        writing.write(Repository(str(tmp_path)), [Change("a", None, "new")])
