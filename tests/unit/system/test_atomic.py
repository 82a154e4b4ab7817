"""Files written in one step, and names that nothing else has."""

import errno
import fcntl
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir
from pathlib import Path

import pytest

from hashzip.system import atomic
from tests.support import program


def test_create(tmp_path: Path) -> None:
    """A file is new, empty, open for writing, and for this user alone; the next is another one."""
    descriptor, path = atomic.create(str(tmp_path))
    os.write(descriptor, b"x")
    other, second = atomic.create(str(tmp_path))
    os.close(descriptor)
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


class TestAbandoned:
    """Drafts that killed processes have left."""

    NAME = f".draft-{'0' * 16}"

    def test_removed(self, tmp_path: Path) -> None:
        """The next write removes a draft that nobody writes, and no file of another name."""
        others = [".draft-mine", f"draft-{'0' * 16}", ".gitignore"]
        for name in (self.NAME, *others):
            (tmp_path / name).write_bytes(b"half")

        atomic.write(tmp_path / "file", b"new")

        assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*others, "file"])

    @pytest.mark.skipif(os.name == "nt", reason="Windows needs no lock to keep an open file")
    def test_live(self, tmp_path: Path) -> None:
        """A draft that a process is writing stays; when that process is killed, it goes."""
        script = (
            "import sys; sys.path.insert(0, sys.argv[1])\n"
            "from hashzip.system import atomic\n"
            "print(atomic.create(sys.argv[2])[1], flush=True)\n"
            "sys.stdin.read()\n"
        )
        command = [sys.executable, "-c", script, str(program.BUILD), str(tmp_path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            assert other.stdout
            draft = Path(os.fsdecode(other.stdout.readline()).strip())
            atomic.write(tmp_path / "file", b"1")
            assert draft.exists()
            other.kill()
            other.wait()
            atomic.write(tmp_path / "file", b"2")

        assert [path.name for path in tmp_path.iterdir()] == ["file"]

    def test_current_folder(self, tmp_path: Path) -> None:
        """A file that is named without its folder is written where it is meant to be."""
        (tmp_path / self.NAME).write_bytes(b"half")
        with chdir(tmp_path):
            atomic.write("file", b"new")

        assert [path.name for path in tmp_path.iterdir()] == ["file"]

    def test_folder_that_cannot_be_listed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A folder that may be written and not be listed is written."""

        def fail(_folder: str) -> None:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

        monkeypatch.setattr(os, "listdir", fail)
        atomic.write(tmp_path / "file", b"new")

        assert (tmp_path / "file").read_bytes() == b"new"

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no such links and pipes")
    def test_no_file(self, tmp_path: Path) -> None:
        """What has the name of a draft and is no file stays, and is not waited for."""
        (tmp_path / "mine").write_bytes(b"mine")
        (tmp_path / self.NAME).symlink_to("mine")
        (tmp_path / self.NAME.replace("0", "1")).mkdir()

        atomic.write(tmp_path / "file", b"new")

        assert len(list(tmp_path.iterdir())) == 4
        assert (tmp_path / "mine").read_bytes() == b"mine"

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no such locks")
    @pytest.mark.parametrize("age, left", [(0, 1), (100_000, 0)])
    def test_no_locks(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, age: int, left: int
    ) -> None:
        """Where a file system has no locks, a draft is removed when it is more than a day old."""

        def fail(_descriptor: int, _how: int) -> None:
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

        monkeypatch.setattr(fcntl, "flock", fail)
        draft = tmp_path / self.NAME
        draft.write_bytes(b"half")
        made = draft.stat().st_mtime - age
        os.utime(draft, (made, made))

        atomic.write(tmp_path / "file", b"new")

        assert draft.exists() == bool(left)

    @pytest.mark.skipif(os.name == "nt", reason="Windows removes no open file")
    def test_removed_before_it_is_locked(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A draft that another process removes before it is locked is made again."""
        opened = os.open
        made: list[str] = []

        def removed_at_first(path: str, flags: int, mode: int = 0o777) -> int:
            descriptor = opened(path, flags, mode)
            made.append(path)
            if len(made) == 1:
                os.unlink(path)
            return descriptor

        monkeypatch.setattr(os, "open", removed_at_first)
        atomic.write(tmp_path / "file", b"new")

        assert len(made) == 2
        assert (tmp_path / "file").read_bytes() == b"new"

    def test_many_at_once(self, tmp_path: Path) -> None:
        """Threads that write into one folder do not remove each other's drafts."""
        names = [f"file {number % 4}" for number in range(200)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda name: atomic.write(tmp_path / name, b"new"), names))

        assert sorted(path.name for path in tmp_path.iterdir()) == sorted(set(names))


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
