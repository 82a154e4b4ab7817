"""Read files: size, mode and digest."""

import hashlib
import os
import sys
from pathlib import Path

import pytest

from hashzip.errors import HashzipError
from hashzip.inputs import read
from hashzip.inputs.files import FileEntry, SourceFile


def read_one(location: Path, *, executable: bool = False) -> FileEntry:
    """Read one file."""
    (found,) = read.read([SourceFile("a", str(location).encode(), executable)])
    return found


class TestRead:
    """A file -> an entry."""

    @pytest.mark.parametrize(
        "size", [0, 1, 65_535, 65_536, 65_537, 65_536 + (1 << 20), 65_537 + (1 << 20), 3 << 20]
    )
    def test_size(self, tmp_path: Path, size: int) -> None:
        """A file is read to its end, with sizes on both sides of each buffer's end."""
        content = hashlib.shake_256(b"inputs").digest(size)
        (tmp_path / "a").write_bytes(content)

        assert read_one(tmp_path / "a") == FileEntry(
            "a", 0o644, size, hashlib.sha256(content).hexdigest()
        )

    def test_order(self, tmp_path: Path) -> None:
        """Inputs come in the order of the files."""
        for name in "ab":
            (tmp_path / name).write_text(name)
        files = [SourceFile(name, str(tmp_path / name).encode(), False) for name in "ba"]  # noqa: FBT003 - a tuple

        assert [file.path for file in read.read(files)] == ["b", "a"]

    def test_vanished(self, tmp_path: Path) -> None:
        """A file that is gone since the walk is named."""
        with pytest.raises(HashzipError, match=f"{tmp_path}/gone vanished") as caught:
            read_one(tmp_path / "gone")

        assert caught.value.hint


class TestMode:
    """A file's mode."""

    @pytest.mark.parametrize(
        "content, mode",
        [
            (b"", 0o644),
            (b"#", 0o644),
            (b"#!", 0o755),
            (b"#!/bin/sh\n", 0o755),
            (b" #!/bin/sh\n", 0o644),
            (b"\x7fELF\x02\x01", 0o755),
            (b"\x7fEL", 0o644),
            (b"MZ", 0o644),
        ],
    )
    @pytest.mark.parametrize("on_disk", [0o400, 0o644, 0o777])
    def test_content_decides(self, tmp_path: Path, content: bytes, mode: int, on_disk: int) -> None:
        """Scripts and ELF files are executable, and no other file, whatever their modes on disk."""
        (tmp_path / "a").write_bytes(content)
        (tmp_path / "a").chmod(on_disk)

        assert read_one(tmp_path / "a").mode == mode

    def test_named(self, tmp_path: Path) -> None:
        """A file that the user names is executable too."""
        (tmp_path / "a").write_bytes(b"")

        assert read_one(tmp_path / "a", executable=True).mode == 0o755
        assert read_one(tmp_path / "a", executable=False).mode == 0o644


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
def test_pipe(tmp_path: Path) -> None:
    """A pipe that takes the place of a source is refused, without waiting for a writer."""
    os.mkfifo(tmp_path / "a")

    with pytest.raises(HashzipError, match="a is a pipe"):
        read.content(os.fsencode(tmp_path / "a"))


def test_growth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source that grows while it is read is refused, so that it is not read for ever."""
    path = tmp_path / "a"
    path.write_bytes(b"x")
    read_some = os.read

    def append_and_read(descriptor: int, size: int) -> bytes:
        with path.open("ab") as file:
            file.write(b"more")
        return read_some(descriptor, size)

    assert read.content(os.fsencode(path))[0].size == 1
    monkeypatch.setattr(os, "read", append_and_read)
    with pytest.raises(HashzipError, match="a grows while it is read"):
        read.content(os.fsencode(path))
