"""A project's commands find the local AWS that runs for it, and no other."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hashzip.emulator import server, session
from tests.support import program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ELSEWHERE = "http://127.0.0.1:9"  # the port that discards what it is sent; nothing listens there


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Run a local AWS, and return its endpoint."""
    with server.running() as local:
        yield local.endpoint


def file(root: Path) -> Path:
    """Return where a project's local AWS is announced."""
    return root / ".hashzip" / "local.json"


def change(root: Path, **values: object) -> None:
    """Change what is announced."""
    file(root).write_text(json.dumps(json.loads(file(root).read_text()) | values))


def test_found_while_announced(tmp_path: Path, endpoint: str) -> None:
    """It is found only while it is announced, and only in its project."""
    (tmp_path / "other").mkdir()
    with session.announce(tmp_path, endpoint):
        assert session.find(tmp_path) == endpoint
        assert session.find(tmp_path / "other") is None
        assert {path.name for path in file(tmp_path).parent.iterdir()} == {
            *("local.json", ".gitignore")
        }
    assert session.find(tmp_path) is None
    assert not file(tmp_path).exists()


def test_last_one_counts(tmp_path: Path, endpoint: str) -> None:
    """Of two, the later one is found, even when the earlier one ends."""
    with server.running() as other:
        first = session.announce(tmp_path, other.endpoint)
        first.__enter__()
        with session.announce(tmp_path, endpoint):
            assert session.find(tmp_path) == endpoint
            first.__exit__(None, None, None)
            assert session.find(tmp_path) == endpoint


def test_process_gone(tmp_path: Path, endpoint: str) -> None:
    """A local AWS whose process has ended is not found, even if another answers there."""
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    with session.announce(tmp_path, endpoint):
        change(tmp_path, pid=gone.pid)
        assert session.find(tmp_path) is None
        change(tmp_path, pid=os.getpid())
        assert session.find(tmp_path) == endpoint


def test_nothing_answers(tmp_path: Path, endpoint: str) -> None:
    """An endpoint where nothing answers is not found."""
    with session.announce(tmp_path, endpoint):
        change(tmp_path, endpoint=ELSEWHERE)
        assert session.find(tmp_path) is None


def test_another_one_answers(tmp_path: Path, endpoint: str) -> None:
    """Another local AWS at the same port is not taken for it."""
    with server.running() as other, session.announce(tmp_path, endpoint):
        change(tmp_path, endpoint=other.endpoint)
        assert session.find(tmp_path) is None


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1.example.com", "127.0.0.1:1@example.com"])
def test_only_this_machine(tmp_path: Path, endpoint: str, host: str) -> None:
    """A file that a repository contains cannot name another machine."""
    with session.announce(tmp_path, endpoint):
        change(tmp_path, endpoint=endpoint.replace("127.0.0.1", host))
        assert session.find(tmp_path) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"endpoint": 1, "pid": "x"}', "[" * 100_000])
def test_damaged(tmp_path: Path, text: str) -> None:
    """A file that is cut short or invalid is ignored."""
    file(tmp_path).parent.mkdir()
    file(tmp_path).write_text(text)

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
        endpoint = session.find(tmp_path)
        process.send_signal(signal.SIGINT)
    assert f"export AWS_ENDPOINT_URL={endpoint}\n" in printed
    assert not file(tmp_path).exists()
