"""Files written in one step, and names that nothing else has."""

import os
from pathlib import Path

import pytest

from hashzip.system import atomic


def test_create(tmp_path: Path) -> None:
    """A file is new, empty, open for writing, and for this user alone; the next is another one."""
    descriptor, path = atomic.create(str(tmp_path))
    os.write(descriptor, b"x")
    os.close(descriptor)
    other, second = atomic.create(str(tmp_path))
    os.close(other)

    assert [Path(each).read_bytes() for each in (path, second)] == [b"x", b""]
    assert Path(path).stat().st_mode & 0o777 == 0o600
    assert sorted(tmp_path.iterdir()) == sorted(map(Path, (path, second)))


def test_make_folder(tmp_path: Path) -> None:
    """A folder has the given suffix, and is for this user alone, whatever the umask."""
    before = os.umask(0)
    try:
        path = Path(atomic.make_folder(str(tmp_path), ".partial"))
    finally:
        os.umask(before)

    assert path.parent == tmp_path
    assert path.suffix == ".partial"
    assert path.stat().st_mode & 0o777 == 0o700
    assert atomic.make_folder(str(tmp_path), ".partial") != str(path)


def test_name_that_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that exists is never opened, nor is a link to it."""
    monkeypatch.setattr(os, "urandom", bytes)
    (tmp_path / "mine").write_bytes(b"mine")
    (tmp_path / f".draft-{bytes(8).hex()}").symlink_to("mine")

    with pytest.raises(FileExistsError):
        atomic.create(str(tmp_path))
    assert (tmp_path / "mine").read_bytes() == b"mine"
    monkeypatch.setattr(os, "urandom", lambda size: b"x" * size)
    os.close(atomic.create(str(tmp_path))[0])


class TestWrite:
    """A file is written in one step."""

    def test_content(self, tmp_path: Path) -> None:
        """The parts replace what was there, and no draft stays."""
        (tmp_path / "file").write_bytes(b"earlier, and longer")

        atomic.write(tmp_path / "file", b"a", bytearray(b"b"))

        assert (tmp_path / "file").read_bytes() == b"ab"
        assert [path.name for path in tmp_path.iterdir()] == ["file"]

    def test_text(self, tmp_path: Path) -> None:
        """A text is UTF-8 on every machine, and its line ends stay."""
        atomic.write_text(tmp_path / "file", "\u00fc\r\n\n")

        assert (tmp_path / "file").read_bytes() == b"\xc3\xbc\r\n\n"

    def test_failure(self, tmp_path: Path) -> None:
        """A write that fails halfway leaves the old content, and no draft."""
        (tmp_path / "file").write_bytes(b"earlier")

        with pytest.raises(TypeError):
            atomic.write(tmp_path / "file", b"half of it", "not bytes")  # type: ignore[arg-type]

        assert (tmp_path / "file").read_bytes() == b"earlier"
        assert [path.name for path in tmp_path.iterdir()] == ["file"]

    def test_draft_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The draft is in the folder that the caller names; by default, beside the file."""
        (tmp_path / "drafts").mkdir()
        moves = []
        replace = os.replace

        def record(draft: str, file: Path) -> None:
            moves.append(Path(draft).parent)
            replace(draft, file)

        monkeypatch.setattr(os, "replace", record)
        atomic.write(tmp_path / "file", b"", draft_folder=str(tmp_path / "drafts"))
        atomic.write(tmp_path / "file", b"")

        assert moves == [tmp_path / "drafts", tmp_path]

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
    @pytest.mark.parametrize("mode, expected", [(0o666, 0o640), (atomic.PRIVATE, 0o600)])
    def test_mode(self, tmp_path: Path, mode: int, expected: int) -> None:
        """The umask decides who may read the file, unless it is private."""
        before = os.umask(0o027)
        try:
            atomic.write(tmp_path / "file", b"", mode=mode)
        finally:
            os.umask(before)

        assert (tmp_path / "file").stat().st_mode & 0o777 == expected
