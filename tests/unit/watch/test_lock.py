"""One `hashzip watch` at a time in a project, with a folder of its own."""

from pathlib import Path

import pytest

from hashzip.errors import HashzipError
from hashzip.watch import lock


def test_folder(tmp_path: Path) -> None:
    """The folder is empty, ignored by git, and removed at the end of the block."""
    left = tmp_path / ".hashzip" / "watch" / "left.zip"
    left.parent.mkdir(parents=True)
    left.touch()  # as by a watch that was killed

    with lock.exclusive(str(tmp_path)) as folder:
        assert folder == left.parent
        assert list(folder.iterdir()) == []
        assert (tmp_path / ".hashzip" / ".gitignore").read_text(encoding="utf-8") == "*\n"

    assert not folder.exists()


def test_only_one(tmp_path: Path) -> None:
    """A second one in the same project is an error; one in another project is none."""
    (tmp_path / "other").mkdir()
    with lock.exclusive(str(tmp_path)):
        with (
            pytest.raises(HashzipError, match="another hashzip watch is running"),
            lock.exclusive(str(tmp_path)),
        ):
            pass
        with lock.exclusive(str(tmp_path / "other")) as folder:
            assert folder.is_dir()
    with lock.exclusive(str(tmp_path)) as folder:
        assert folder.is_dir()
