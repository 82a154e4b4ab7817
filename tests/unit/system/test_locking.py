"""A lock: one process or thread at a time holds it, and a killed process frees it."""

import errno
import importlib.util
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest

from hashzip.system import locking
from hashzip.system.locking import HeldError
from tests.support import program

_HOLD = """
import sys
sys.path.insert(0, sys.argv[1])
from hashzip.system import locking
with locking.hold(sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_other_process(tmp_path: Path) -> None:
    """A lock that another process holds is refused at once, until that process is killed."""
    file = tmp_path / "lock"
    command = [sys.executable, "-c", _HOLD, str(program.BUILD), str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(HeldError), locking.hold(file, wait=False):
            pass
        other.kill()
        other.wait()
        with locking.hold(file, wait=False):
            pass


def test_waits(tmp_path: Path) -> None:
    """A thread that waits gets the lock when it is given up, after an error too, and not before."""
    file, order = tmp_path / "lock", []
    waits = threading.Event()

    def second() -> None:
        waits.set()
        with locking.hold(file):
            order.append("second")

    def first() -> None:
        with locking.hold(file):
            thread.start()
            waits.wait()
            order.append("first")
            raise KeyError

    thread = threading.Thread(target=second)
    with pytest.raises(KeyError):
        first()
    thread.join()

    assert order == ["first", "second"]


def test_others_are_free(tmp_path: Path) -> None:
    """A lock does not hold up a lock on another file."""
    with locking.hold(tmp_path / "one"), locking.hold(tmp_path / "other", wait=False):
        pass


def test_no_folder(tmp_path: Path) -> None:
    """A lock that cannot be made is an error of the system, and not one that is held."""
    with (
        pytest.raises(FileNotFoundError, match="nowhere"),
        locking.hold(tmp_path / "nowhere" / "lock", wait=False),
    ):
        pass


class Msvcrt(ModuleType):
    """Windows' locks: a file has one or none, and closing it does not free it at once."""

    LK_NBLCK, LK_UNLCK = 2, 0

    def __init__(self) -> None:
        super().__init__("msvcrt")
        self.locked: set[int] = set()

    def locking(self, descriptor: int, mode: int, count: int) -> None:
        """Lock a file, or unlock it."""
        assert count == 1
        inode = os.fstat(descriptor).st_ino
        if mode == self.LK_UNLCK:
            self.locked.remove(inode)
        elif inode in self.locked:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        else:
            self.locked.add(inode)


@pytest.fixture
def on_windows(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the module as Windows has it."""
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "msvcrt", Msvcrt())
    spec = importlib.util.spec_from_file_location("locking_on_windows", locking.__file__)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_windows(on_windows: ModuleType, tmp_path: Path) -> None:
    """On Windows too a lock is refused or waited for while another has it, and is then free."""
    file, order = tmp_path / "lock", []

    def second() -> None:
        with on_windows.hold(file):
            order.append("second")

    thread = threading.Thread(target=second)
    with on_windows.hold(file):
        with pytest.raises(on_windows.HeldError), on_windows.hold(file, wait=False):
            pass
        with on_windows.hold(tmp_path / "other", wait=False):
            pass
        thread.start()
        thread.join(timeout=0.2)
        order.append("first")
    thread.join()

    assert order == ["first", "second"]
    assert sys.modules["msvcrt"].locked == set()


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of POSIX")
def test_link(tmp_path: Path) -> None:
    """A link in the place of the lock is refused, and makes no file elsewhere; a pipe is, too."""
    file = tmp_path / "lock"
    file.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(OSError, match="lock"), locking.hold(file):
        pass
    assert not (tmp_path / "elsewhere").exists()

    file.unlink()
    os.mkfifo(file)
    with pytest.raises(OSError, match="not a regular file"), locking.hold(file):
        pass
    file.unlink()
    with locking.hold(file):  # the control
        assert file.is_file()
