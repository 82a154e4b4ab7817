"""Files and folders under names that nobody else has."""

import os
from pathlib import Path

import pytest

from hashzip.system import atomic


def test_file(tmp_path: Path) -> None:
    """A file is new, empty, open for writing, and for this user alone; the next is another one."""
    descriptor, path = atomic.file(str(tmp_path))
    os.write(descriptor, b"x")
    os.close(descriptor)
    other, second = atomic.file(str(tmp_path))
    os.close(other)

    assert [Path(each).read_bytes() for each in (path, second)] == [b"x", b""]
    assert Path(path).stat().st_mode & 0o777 == 0o600
    assert sorted(tmp_path.iterdir()) == sorted(map(Path, (path, second)))


def test_directory(tmp_path: Path) -> None:
    """A folder has the ending that is asked for, and is for this user alone, whatever the umask."""
    before = os.umask(0)
    try:
        path = Path(atomic.directory(str(tmp_path), ".partial"))
    finally:
        os.umask(before)

    assert path.parent == tmp_path
    assert path.suffix == ".partial"
    assert path.stat().st_mode & 0o777 == 0o700
    assert atomic.directory(str(tmp_path), ".partial") != str(path)


def test_name_that_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there already is never opened, nor a link to it."""
    monkeypatch.setattr(os, "urandom", bytes)
    (tmp_path / "mine").write_bytes(b"mine")
    (tmp_path / f".draft-{bytes(8).hex()}").symlink_to("mine")

    with pytest.raises(FileExistsError):
        atomic.file(str(tmp_path))
    assert (tmp_path / "mine").read_bytes() == b"mine"
    monkeypatch.setattr(os, "urandom", lambda size: b"x" * size)
    os.close(atomic.file(str(tmp_path))[0])
