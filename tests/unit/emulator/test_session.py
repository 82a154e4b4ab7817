"""A project's commands find the local AWS that runs for it, and no other."""

from __future__ import annotations

import itertools
import json
import os
import signal
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hashzip.emulator import server, session
from hashzip.emulator.session import Session
from hashzip.system import atomic
from tests.support import program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hashzip.emulator.server import LocalAws

ELSEWHERE = "http://127.0.0.1:9"  # the port that discards what it is sent; nothing listens there


@pytest.fixture(scope="module")
def local() -> Iterator[LocalAws]:
    """Run a local AWS."""
    with server.running() as running:
        yield running


def file(root: Path) -> Path:
    """Return where a project's local AWS is announced."""
    return root / ".hashzip" / "local.json"


def session_of(local: LocalAws) -> Session:
    """Return what other commands learn of a local AWS."""
    return Session(local.endpoint, local.secret, local.profile)


def change(root: Path, **values: object) -> None:
    """Change what is announced."""
    file(root).write_text(json.dumps(json.loads(file(root).read_text()) | values))


def test_found_while_announced(tmp_path: Path, local: LocalAws) -> None:
    """It is found only while it is announced, and only in its project."""
    (tmp_path / "other").mkdir()
    with session.announce(tmp_path, local):
        assert session.find(tmp_path) == session_of(local)
        assert session.find(tmp_path / "other") is None
        assert {path.name for path in file(tmp_path).parent.iterdir()} == {
            *("local.json", ".gitignore")
        }
    assert session.find(tmp_path) is None
    assert not file(tmp_path).exists()


def test_last_one_counts(tmp_path: Path, local: LocalAws) -> None:
    """Of two, the later one is found, even when the earlier one ends."""
    with server.running() as other:
        first = session.announce(tmp_path, other)
        first.__enter__()
        with session.announce(tmp_path, local):
            assert session.find(tmp_path) == session_of(local)
            first.__exit__(None, None, None)
            assert session.find(tmp_path) == session_of(local)


def test_process_gone(tmp_path: Path, local: LocalAws) -> None:
    """A local AWS whose process has ended is not found, even if another answers there."""
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    with session.announce(tmp_path, local):
        change(tmp_path, pid=gone.pid)
        assert session.find(tmp_path) is None
        change(tmp_path, pid=os.getpid())
        assert session.find(tmp_path) == session_of(local)


def test_nothing_answers(tmp_path: Path, local: LocalAws) -> None:
    """An endpoint where nothing answers is not found."""
    with session.announce(tmp_path, local):
        change(tmp_path, endpoint=ELSEWHERE)
        assert session.find(tmp_path) is None


def test_another_one_answers(tmp_path: Path, local: LocalAws) -> None:
    """Another local AWS at the same port is not taken for it."""
    with server.running() as other, session.announce(tmp_path, local):
        change(tmp_path, endpoint=other.endpoint)
        assert session.find(tmp_path) is None


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1.example.com", "127.0.0.1:1@example.com"])
def test_only_this_machine(tmp_path: Path, local: LocalAws, host: str) -> None:
    """A file that a repository contains cannot name another machine."""
    with session.announce(tmp_path, local):
        change(tmp_path, endpoint=local.endpoint.replace("127.0.0.1", host))
        assert session.find(tmp_path) is None


def test_only_this_user_can_read_it(tmp_path: Path, local: LocalAws) -> None:
    """The file that has the key is private; one that others can read or replace is not believed."""
    with session.announce(tmp_path, local):
        assert stat.S_IMODE(file(tmp_path).stat().st_mode) == 0o600
        assert session.find(tmp_path)
        for mode in (0o640, 0o604, 0o660, 0o644):
            file(tmp_path).chmod(mode)
            assert session.find(tmp_path) is None
        file(tmp_path).chmod(0o600)
        assert session.find(tmp_path)


def test_no_permissions(
    tmp_path: Path, local: LocalAws, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where a file system keeps no permissions, a warning says that it is not found."""
    with session.announce(tmp_path, local):
        assert not capsys.readouterr().err
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(atomic, "PRIVATE", 0o644)
        with session.announce(tmp_path, local):
            assert f"other users may read {file(tmp_path)}" in capsys.readouterr().err


def test_other_kinds_of_file(tmp_path: Path, local: LocalAws) -> None:
    """A link is not followed, and a pipe is not waited for."""
    with session.announce(tmp_path, local):
        elsewhere = file(tmp_path).rename(tmp_path / "elsewhere.json")
        file(tmp_path).symlink_to(elsewhere)
        assert session.find(tmp_path) is None
        file(tmp_path).unlink()
        os.mkfifo(file(tmp_path), 0o600)
        assert session.find(tmp_path) is None
        elsewhere.replace(file(tmp_path))
        assert session.find(tmp_path)


def test_other_key(tmp_path: Path, local: LocalAws) -> None:
    """A local AWS that does not have the announced key is not taken for it."""
    with session.announce(tmp_path, local):
        change(tmp_path, secret="0" * 64)
        assert session.find(tmp_path) is None
        change(tmp_path, secret=local.secret)
        assert session.find(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"endpoint": 1, "pid": "x"}', "[" * 100_000])
def test_damaged(tmp_path: Path, text: str) -> None:
    """A file that is cut short or invalid is ignored."""
    file(tmp_path).parent.mkdir()
    file(tmp_path).write_text(text)
    file(tmp_path).chmod(0o600)

    assert session.find(tmp_path) is None


def test_by_hand(tmp_path: Path) -> None:
    """A local AWS that is started by hand is found in its project."""
    (tmp_path / "hashzip.toml").touch()
    paths = os.pathsep.join(str(path) for path in (program.CHECKOUT, program.BUILD))
    with subprocess.Popen(
        [sys.executable, "-m", "scripts.local_aws"],
        cwd=tmp_path,
        env=program.environment(PYTHONPATH=paths),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        printed = list(itertools.takewhile(lambda line: "Ctrl-C" not in line, process.stdout))
        running = session.find(tmp_path)
        process.send_signal(signal.SIGINT)
    assert running
    assert f"export AWS_ENDPOINT_URL={running.endpoint}\n" in printed
    assert f"export AWS_SECRET_ACCESS_KEY={running.secret}\n" in printed
    assert not file(tmp_path).exists()
