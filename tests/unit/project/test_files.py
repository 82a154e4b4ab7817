"""The files of a project are opened through one door, which lets in what belongs to the project."""

import os
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from hashzip.errors import HashzipError
from hashzip.project import files
from tests.support import project as projects

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of POSIX")

PRIVATE = "a line that is not of the project"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a project beside a file that is not its own."""
    projects.write_files(tmp_path, {"home/secret": PRIVATE.encode(), "project/a/lock": b"locked"})
    return tmp_path.resolve() / "project"


def refused(root: Path, path: str) -> str:
    """Return the error of a file that the door refuses, which has nothing of what is in a file."""
    with pytest.raises(HashzipError) as caught:
        files.read(str(root), path)
    assert caught.value.hint
    assert PRIVATE not in caught.value.message + caught.value.hint
    return caught.value.message


class TestLinks:
    """A link that leads out of the project is refused at any level of a path."""

    @pytest.mark.parametrize("target", ["../home/secret", "{outside}/home/secret", "first"])
    def test_out(self, root: Path, target: str) -> None:
        """A link is refused, relative, absolute or through another one; a file is read."""
        (root / "first").symlink_to("../home/secret")
        (root / "lock").symlink_to(target.format(outside=root.parent))

        assert f"the link {root}/lock leads out of the project, to {root.parent}/home" in refused(
            root, "lock"
        )
        assert files.read(str(root), "a/lock") == b"locked"

    def test_folder(self, root: Path) -> None:
        """The error of a file behind a linked folder names the link."""
        (root / "a/b").symlink_to("../../home")
        (root / "c").symlink_to("a")

        assert f"the link {root}/a/b leads out of the project" in refused(root, "a/b/secret")
        assert f"the link {root}/c/b leads out of the project" in refused(root, "c/b/secret")
        assert files.read(str(root), "c/lock") == b"locked"

    def test_environment(self, root: Path) -> None:
        """The environment of the process, which Linux has as a file, is not of the project."""
        if not os.path.exists("/proc/self/environ"):
            pytest.skip("only Linux has /proc")
        (root / "requirements.txt").symlink_to("/proc/self/environ")

        assert "leads out of the project" in refused(root, "requirements.txt")

    @pytest.mark.parametrize("path", ["../home/secret", "a/../../home/secret", "/etc/hosts", ".."])
    def test_path(self, root: Path, path: str) -> None:
        """A path that leads out without a link is refused; one that comes back is not."""
        assert "out" in refused(root, path)
        assert files.read(str(root), "a/../a/lock") == b"locked"

    def test_no_path(self, root: Path) -> None:
        """A text that no system takes as a path is refused."""
        with pytest.raises(HashzipError, match=r"^a\\x00b cannot be a path$"):
            files.locate(str(root), "a\0b")

    def test_inside(self, root: Path) -> None:
        """Links that stay in the project are followed, relative and absolute, through folders."""
        (root / "relative").symlink_to("a/lock")
        (root / "absolute").symlink_to(root / "a")

        assert files.read(str(root), "relative") == b"locked"
        assert files.read(str(root), f"{root}/absolute/lock") == b"locked"
        assert files.is_there(str(root), "relative")

    @pytest.mark.parametrize(
        "target, problem", [("nothing", "leads to nothing (nothing)"), ("lock", "loops (lock)")]
    )
    def test_broken(self, root: Path, target: str, problem: str) -> None:
        """The error of a link that cannot be followed says so; a missing file is just missing."""
        (root / "lock").symlink_to(target)

        assert refused(root, "lock") == f"the link {root}/lock {problem}"
        with pytest.raises(FileNotFoundError):
            files.read(str(root), "a/none")

    def test_outside(self, root: Path) -> None:
        """What is the user's own may be a link to anywhere."""
        (root / "link").symlink_to("../home/secret")

        assert files.read_outside(root / "link") == PRIVATE.encode()


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    os.chdir(path.parent)  # the path of a socket has at most a hundred bytes
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(path.name)


KINDS: dict[str, Callable[[Path], None]] = {
    "a pipe": _pipe,
    "a socket": _socket,
    "a folder": Path.mkdir,
    "a device": lambda path: path.symlink_to("/dev/zero"),
}


class TestKinds:
    """Only regular files are opened."""

    @pytest.mark.parametrize("kind", KINDS)
    def test_kind(self, root: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """A pipe, a socket, a folder and a device are refused, and not even opened."""
        monkeypatch.chdir(root)
        KINDS[kind](root / "lock")
        monkeypatch.setattr(os, "open", None)

        with pytest.raises(HashzipError, match=kind):
            files.read_outside(root / "lock")
        assert files.is_there(str(root), "lock") == (kind != "a folder")
        assert not files.is_there(str(root), "none")

    def test_late_pipe(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A pipe that takes the place of a file after the check is refused without waiting."""
        status = os.stat(root / "a/lock")
        os.mkfifo(root / "lock")
        monkeypatch.setattr(os, "stat", lambda *_, **__: status)

        assert "lock is a pipe" in refused(root, "lock")

    def test_zip(self, root: Path) -> None:
        """A file that is opened, and not read at once, is checked likewise."""
        os.mkfifo(root / "pipe")

        with files.open_file(str(root), "a/lock") as opened:
            assert opened.read() == b"locked"
        with pytest.raises(HashzipError, match="is a pipe"):
            files.open_file(str(root), "pipe")


class TestSize:
    """A file has a size that makes sense, and keeps it."""

    def test_limit(self, root: Path) -> None:
        """A file of more bytes than the limit is refused before it is read."""
        assert files.read(str(root), "a/lock", limit=6) == b"locked"
        with pytest.raises(HashzipError, match="lock has 6 bytes; it may have 5"):
            files.read(str(root), "a/lock", limit=5)

    def test_huge(self, root: Path) -> None:
        """A file with a hole of a terabyte is refused."""
        with (root / "lock").open("wb") as file:
            file.truncate(1 << 40)

        assert "has 1,099,511,627,776 bytes; it may have 67,108,864" in refused(root, "lock")

    def test_growth(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A file that grows while it is read is refused; so it cannot be read for ever."""
        read = os.read

        def read_and_append(descriptor: int, size: int) -> bytes:
            with (root / "a/lock").open("ab") as file:
                file.write(b"more")
            return read(descriptor, size)

        monkeypatch.setattr(os, "read", read_and_append)

        assert "lock grows while it is read" in refused(root, "a/lock")

    def test_unknown(self) -> None:
        """A file whose size the system does not know is refused, as one that grows."""
        if not os.path.exists("/proc/self/status"):
            pytest.skip("only Linux has /proc")
        with pytest.raises(HashzipError, match="grows while it is read"):
            files.read_outside("/proc/self/status")


@pytest.mark.parametrize("content", [b"a\nb\n", b"\xef\xbb\xbfa\r\nb\r\n", b"a\rb\r"])
def test_text(root: Path, content: bytes) -> None:
    """A text has neither its byte order mark nor the line endings of another system."""
    (root / "text").write_bytes(content)

    assert files.read_text(str(root), "text") == "a\nb\n"


def test_threads(root: Path) -> None:
    """A pipe with a writer that waits is refused, and the writer goes on waiting."""
    os.mkfifo(root / "pipe")
    writer = threading.Thread(target=lambda: (root / "pipe").write_bytes(b"x"), daemon=True)
    writer.start()

    assert "is a pipe" in refused(root, "pipe")
    assert writer.is_alive()
    assert (root / "pipe").read_bytes() == b"x"
    writer.join()


class TestNamed:
    """A file that the user names on the command line."""

    def test_elsewhere(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Outside the project it may be anything, such as a link or a pipe."""
        (root.parent / "link").symlink_to("home/secret")
        os.mkfifo(root.parent / "pipe")
        writer = threading.Thread(target=lambda: (root.parent / "pipe").write_bytes(b"x"))
        writer.start()
        monkeypatch.chdir(root.parent)

        assert files.read_named(str(root), "link") == PRIVATE.encode()
        assert files.read_named(str(root), "pipe") == b"x"
        writer.join()
        with pytest.raises(HashzipError, match="link has more bytes; it may have 5"):
            files.read_named(str(root), "link", limit=5)

    def test_project(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """In the project it is held to the project's rules."""
        (root / "link").symlink_to("../home/secret")
        monkeypatch.chdir(root)

        assert files.read_named(str(root), "a/lock") == b"locked"
        with pytest.raises(HashzipError, match="leads out of the project"):
            files.read_named(str(root), "link")
