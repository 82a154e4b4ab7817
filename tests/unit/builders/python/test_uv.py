"""Finding uv, running it, and its errors in plain words. See also `test_install_errors.py`."""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from hashzip.builders.python import uv
from hashzip.errors import HashzipError

# As an earlier version writes it on a narrow terminal.
TREE = """\
  \N{MULTIPLICATION SIGN} Failed to download `greet==1.0`
  ├─▶ Failed to extract archive:
  │   greet-1.0-py3-none-any.whl
  ╰─▶ Invalid zip file
      structure
"""


def fake(folder: Path, script: str, version: str = "uv 0.13.9 (a machine)") -> Path:
    """Makes a program that says that it is uv."""
    program = folder / "uv"
    text = f'#!/bin/sh\n[ "$1" = --version ] && echo "{version}" && exit\n{script}\n'
    program.write_text(text, encoding="utf-8")
    program.chmod(0o755)
    return program


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is first on the `PATH`, of a Python that has no uv."""
    monkeypatch.setitem(sys.modules, "uv", None)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    for name in uv.PATIENCE:
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def run(folder: Path) -> str:
    """Runs uv, and answers what it printed."""
    return uv.run(["do", "it"], str(folder), "do it", "lock it")


class TestRun:
    """What is run, and how."""

    def test_output(self, folder: Path) -> None:
        """It gets the arguments, in the folder, and its output is the answer."""
        fake(folder, 'echo "$@ in $(pwd)"')

        assert run(folder) == f"do it in {folder}\n"

    def test_patience(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """How often it tries is set, but for a user that has set it."""
        fake(folder, 'echo "$UV_HTTP_RETRIES"')

        assert run(folder) == f"{uv.PATIENCE['UV_HTTP_RETRIES']}\n"
        monkeypatch.setenv("UV_HTTP_RETRIES", "7")
        assert run(folder) == "7\n"

    @pytest.mark.parametrize("version", ["uv 0.8.0", "uv 0.11.14 (x)", "", "something"])
    def test_too_old(self, folder: Path, version: str) -> None:
        """An old uv, that a package could write anywhere with, is not run."""
        program = fake(folder, "touch ran", version)

        with pytest.raises(HashzipError, match="too old to be safe") as caught:
            run(folder)

        assert str(program) in caught.value.message
        assert "--upgrade uv" in caught.value.hint
        assert not (folder / "ran").exists()

    @pytest.mark.parametrize("version", ["uv 0.11.15", "uv 0.12.0", "uv 1.0.0 (x)"])
    def test_new_enough(self, folder: Path, version: str) -> None:
        """A later one is."""
        fake(folder, "touch ran", version)
        run(folder)

        assert (folder / "ran").exists()

    def test_broken(self, folder: Path) -> None:
        """One that cannot be run is an error like any other."""
        fake(folder, "").write_bytes(b"\x7fELF")

        with pytest.raises(HashzipError, match="cannot run uv"):
            run(folder)

    def test_warnings(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Its warnings are passed on, but for that of a cache on another disk; not its chatter."""
        fake(folder, 'echo "Resolved\nwarning: a\nwarning: b; falling back to full copy" >&2')

        run(folder)

        assert capsys.readouterr().err == "warning: a\n"


class TestFinding:
    """Where uv is."""

    def test_by_one_thread_at_a_time(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Threads ask uv's own finder one after the other; without that, they would meet in it."""
        program = fake(folder, "")

        def find(patience: float) -> str:
            meeting.wait(patience)
            return str(program)

        with ThreadPoolExecutor(2) as pool:
            meeting = threading.Barrier(2)
            assert list(pool.map(find, [60, 60])) == [str(program)] * 2

            meeting = threading.Barrier(2)
            monkeypatch.setitem(sys.modules, "uv", SimpleNamespace(find_uv_bin=lambda: find(0.05)))
            finders = [pool.submit(uv.program) for _ in range(2)]
            assert isinstance(finders[0].exception(), threading.BrokenBarrierError)
            assert isinstance(finders[1].exception(), threading.BrokenBarrierError)


class TestFailure:
    """What it says, in plain words."""

    def refused(self, folder: Path, said: str) -> HashzipError:
        """Answers the error for what uv says."""
        (folder / "said").write_text(said, encoding="utf-8")
        fake(folder, "/bin/cat said >&2; exit 1")
        with pytest.raises(HashzipError) as caught:
            run(folder)
        return caught.value

    def test_tree(self, folder: Path) -> None:
        """A message that is drawn as a tree is understood, and shown as it was."""
        error = self.refused(folder, f"Resolved 1 package\n\n{TREE}")

        first, *own = error.message.splitlines()
        assert (
            first
            == "greet 1.0 is a damaged package (Invalid zip file structure): uv could not do it:"
        )
        assert [line[2:] for line in own] == TREE.rstrip().splitlines()
        assert error.hint.endswith("lock another version of it: lock it")

    def test_unknown(self, folder: Path) -> None:
        """What is not known is shown as it is, with a way out."""
        error = self.refused(folder, "error: it rains {here}\n")

        assert error.message == "uv could not do it:\n  error: it rains {here}"
        assert error.hint.endswith("lock it")

    def test_password(self, folder: Path) -> None:
        """The plain words name the host of an index, and no password."""
        said = "error: Failed to fetch: `https://me:secret@host/simple/`\n  cause: no route\n"
        error = self.refused(folder, said)

        assert error.message.startswith("the index at host cannot be reached (no route): ")
