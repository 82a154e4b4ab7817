"""Finding uv, running it, and explaining its errors. See also `test_install_errors.py`."""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from hashzip.builders.python import uv
from hashzip.errors import HashzipError
from hashzip.project import installation

EXPLAINED = {
    "stale": (
        "error: The lockfile at `uv.lock` needs to be updated, but `--locked` was provided.",
        "the lock is stale",
        "run: lock it",
    ),
    "hash": (
        "error: Failed to download `greet==1.0`\n  cause: Hash mismatch for `greet==1.0`\n",
        "greet==1.0 does not have the locked hash",
        "lock it again: lock it",
    ),
    "hash of a file": (
        "error: Hash mismatch for `greet @ file:///wheels/greet-1.0-py3-none-any.whl`",
        "greet does not have the locked hash",
        "if not, do not use it",
    ),
    "cache": (
        "error: Failed to initialize cache at `/x/uv`\n  cause: failed to create directory `/x/uv`",
        "uv cannot write to its cache /x/uv",
        "set UV_CACHE_DIR to a folder",
    ),
    "no wheel": (
        "  cause: Because greet==1.0 has no usable wheels and you require greet==1.0",
        "greet==1.0 has no wheel for this runtime and architecture",
        "build_sdists = true",
    ),
    "no wheel with the tag": (
        "  cause: Because greet==1.0 has no wheels with a matching Python ABI tag (e.g., `cp313`)",
        "greet==1.0 has no wheel for this runtime and architecture",
        "lock a version that has one: lock it",
    ),
    "no wheel in pylock.toml": (
        "error: Package `greet` can't be installed because it is marked as `--no-build` but has no",
        "greet has no wheel for this runtime and architecture",
        "build_sdists = true",
    ),
    "offline": (
        "error: Failed to download `greet==1.0`\n  cause: Network connectivity is disabled, but",
        "uv is offline, and its cache lacks a package",
        "unset UV_OFFLINE",
    ),
    "offline by name": (
        "hint: Packages were unavailable because the network was disabled. When the network is",
        "uv is offline, and its cache lacks a package",
        "lock what is cached: lock it",
    ),
    "unreachable": (
        "error: Failed to fetch: `https://me:secret@host/simple/`\n  cause: no route\n",
        "uv cannot download from host: ",
        "UV_DEFAULT_INDEX",
    ),
    "unreachable with a port": (
        "error: Request failed\n  cause: Failed to fetch: http://127.0.0.1:9/simple/six/\n",
        "uv cannot download from 127.0.0.1:9: ",
        "check your network",
    ),
    "refused": (
        "hint: An index URL (https://me:secret@host/simple) could not be queried (403 Forbidden).",
        "uv cannot download from host: ",
        "its credentials",
    ),
    "failing": (
        "  cause: HTTP status server error (503 Service Unavailable) for url (https://host/x)",
        "uv cannot download from host: ",
        "build again",
    ),
    # As an earlier version writes it on a narrow terminal.
    "drawn as a tree": (
        "  \N{MULTIPLICATION SIGN} Failed\n  ╰─▶ Hash mismatch\n      for `greet==1.0`\n",
        "greet==1.0 does not have the locked hash",
        "lock it",
    ),
}


def fake(folder: Path, script: str, version: str = "uv 0.13.9 (a machine)") -> Path:
    """Make a program that reports that it is uv."""
    program = folder / "uv"
    text = f'#!/bin/sh\n[ "$1" = --version ] && echo "{version}" && exit\n{script}\n'
    program.write_text(text, encoding="utf-8")
    program.chmod(0o755)
    return program


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a folder first on the `PATH`, of a Python that has no uv."""
    monkeypatch.setitem(sys.modules, "uv", None)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    for name in uv.PATIENCE:
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def run(folder: Path) -> str:
    """Run uv, and return its output."""
    return uv.run(["do", "it"], str(folder), "do it", "lock it")


class TestRun:
    """What is run, and how."""

    def test_output(self, folder: Path) -> None:
        """It gets the arguments, runs in the folder, and its output is returned."""
        fake(folder, 'echo "$@ in $(pwd)"')

        assert run(folder) == f"do it in {folder}\n"

    def test_patience(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Its number of retries is set, unless the user has set it."""
        fake(folder, 'echo "$UV_HTTP_RETRIES"')

        assert run(folder) == f"{uv.PATIENCE['UV_HTTP_RETRIES']}\n"
        monkeypatch.setenv("UV_HTTP_RETRIES", "7")
        assert run(folder) == "7\n"

    @pytest.mark.parametrize("version", ["uv 0.8.0", "uv 0.11.14 (x)", "", "something"])
    def test_too_old(self, folder: Path, version: str) -> None:
        """An old uv, with which a package could write anywhere, is not run."""
        program = fake(folder, "touch ran", version)

        with pytest.raises(HashzipError, match="too old to be safe") as caught:
            run(folder)

        assert str(program) in caught.value.message
        assert caught.value.hint == installation.hint()
        assert caught.value.needs == "uv"
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
        """Its warnings are repeated, except that of a cache on another disk; no progress is."""
        fake(folder, 'echo "Resolved\nwarning: a\nwarning: b; falling back to full copy" >&2')

        run(folder)

        assert capsys.readouterr().err == "warning: a\n"


class TestProgram:
    """Where uv is."""

    def test_missing(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without uv the error says how to install it; the control has one on the `PATH`."""
        program = fake(folder, "")
        assert uv.program() == str(program)
        monkeypatch.setenv("PATH", str(folder / "empty"))

        with pytest.raises(HashzipError, match="uv, which the requirements need, is not") as caught:
            uv.program()

        assert caught.value.hint == installation.hint()
        assert caught.value.needs == "uv"

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


class TestFindPython:
    """An interpreter of a version."""

    def test_installed(self, tmp_path: Path) -> None:
        """It is the one that uv finds."""
        program = fake(tmp_path, "echo /opt/python3.99")

        assert uv.find_python(str(program), "3.99", "to compile") == "/opt/python3.99"

    def test_not_installed(self, tmp_path: Path) -> None:
        """The error names the version and its purpose, and the hint installs it."""
        program = fake(tmp_path, "echo error: none here >&2; exit 2")

        with pytest.raises(HashzipError) as caught:
            uv.find_python(str(program), "3.99", "to compile", "do without")

        assert str(caught.value) == (
            "Python 3.99, which is needed to compile, is not installed:\n  error: none here"
        )
        assert caught.value.hint == "run: uv python install 3.99; or do without"

    def test_broken_shim(self, tmp_path: Path) -> None:
        """If uv fails, the Python that runs hashzip serves its own version, and no other."""
        program = fake(tmp_path, "echo a broken shim >&2; exit 2")
        mine = f"{sys.version_info[0]}.{sys.version_info[1]}"

        assert uv.find_python(str(program), mine, "to compile") == sys.executable
        with pytest.raises(HashzipError, match="a broken shim"):
            uv.find_python(str(program), "3.99", "to compile")


class TestError:
    """How an error of uv is explained."""

    def error(self, folder: Path, stderr: str) -> HashzipError:
        """Return the error for a message of uv."""
        (folder / "stderr").write_text(stderr, encoding="utf-8")
        fake(folder, "/bin/cat stderr >&2; exit 1")
        with pytest.raises(HashzipError) as caught:
            run(folder)
        return caught.value

    @pytest.mark.parametrize("stderr, summary, hint", EXPLAINED.values(), ids=EXPLAINED)
    def test_explained(self, folder: Path, stderr: str, summary: str, hint: str) -> None:
        """A known error begins with its cause and has a hint; uv's message follows."""
        error = self.error(folder, stderr)

        first, *message = str(error).splitlines()
        assert first.startswith(summary)
        assert first.endswith(": uv could not do it:")
        assert [line[2:] for line in message] == [line for line in stderr.splitlines() if line]
        assert hint in error.hint

    def test_other(self, folder: Path) -> None:
        """Any other error is uv's message, without its progress."""
        error = self.error(folder, "Resolved 1 package\n\nerror: it rains {here}\n")

        assert str(error) == "uv could not do it:\n  error: it rains {here}"
        assert error.hint == ("fix what uv reports above, and build again; to lock again: lock it")
