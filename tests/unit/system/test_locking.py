"""A lock: one process or thread at a time holds it, and a killed process frees it."""

import subprocess
import sys
import threading
from pathlib import Path

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
