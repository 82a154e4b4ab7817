"""What is printed arrives as a whole, or it is an error; and so does the query."""

import errno
import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import pytest

from tests.support import program
from tests.support import project as projects

COMMANDS = pytest.mark.parametrize(
    "command", [["external"], ["status", "--json"], ["build", "--help"]], ids=" ".join
)
UNBUFFERED = pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])


def start(
    project: Path, command: Sequence[str], out: int | IO[bytes], unbuffered: str
) -> "subprocess.Popen[bytes]":
    """Start a command that prints to a file."""
    return subprocess.Popen(
        [sys.executable, str(program.BUILD), *command],
        cwd=project,
        env=program.environment(PYTHONUNBUFFERED=unbuffered),
        stdin=subprocess.PIPE,
        stdout=out,
        stderr=subprocess.PIPE,
    )


@pytest.fixture
def large(project: Path) -> Path:
    """Return a project whose answer is larger than a pipe of `small_pipe`."""
    files = {f"{n:04}_{'x' * 220}": b"" for n in range(90)}
    projects.write_files(project / "src", files)
    return project


def small_pipe() -> tuple[int, int]:
    """Make a pipe of 4 KiB on Linux, and of 16 KiB on macOS."""
    reader, writer = os.pipe()
    if sys.platform == "linux":
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4_096)
    return reader, writer


@UNBUFFERED
def test_pipe_that_does_not_wait(large: Path, unbuffered: str) -> None:
    """An answer goes through a pipe that fails instead of waiting, however slow its reader is."""
    expected = projects.external(large)
    reader, writer = small_pipe()
    os.set_blocking(writer, False)
    with start(large, ["external"], writer, unbuffered) as process:
        assert process.stdin
        process.stdin.write(projects.query().encode())
        process.stdin.close()
        os.close(writer)
        parts = []
        while part := os.read(reader, 1_000):
            parts.append(part)
        os.close(reader)

    assert process.returncode == 0
    assert json.loads(b"".join(parts)) == expected
    assert len(b"".join(parts)) > 16_384  # the control: more than a pipe holds


@UNBUFFERED
def test_reader_that_leaves(large: Path, unbuffered: str) -> None:
    """A reader that leaves in the middle of an answer is an exit code, and no traceback."""
    reader, writer = small_pipe()
    with start(large, ["external"], writer, unbuffered) as process:
        os.close(writer)
        assert process.stdin
        assert process.stderr
        process.stdin.write(projects.query().encode())
        process.stdin.close()
        assert os.read(reader, 10)
        os.close(reader)
        err = process.stderr.read()

    assert (process.returncode, err) == (1, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a disk that is full")
@COMMANDS
@UNBUFFERED
def test_full_disk(project: Path, command: list[str], unbuffered: str) -> None:
    """Where there is no room for the output, one error says so."""
    with open("/dev/full", "wb") as full, start(project, command, full, unbuffered) as process:
        _, err = process.communicate(projects.query().encode(), timeout=60)

    assert process.returncode == 1
    assert err.decode().splitlines() == [
        f"error: cannot write the output: {os.strerror(errno.ENOSPC)}",
        "hint: free some disk space, or send the output elsewhere",
    ]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a disk that is full")
@pytest.mark.parametrize("function, code", [("hello", 0), ("unknown", 1)])
def test_no_room_for_errors(project: Path, function: str, code: int) -> None:
    """Where there is no room for errors and warnings, the exit code is the same."""
    with open("/dev/full", "wb") as full:
        finished = subprocess.run(
            [sys.executable, str(program.BUILD), "external"],
            cwd=project,
            env=program.environment(),
            input=projects.query(function=function).encode(),
            stdout=subprocess.PIPE,
            stderr=full,
            check=False,
        )

    assert (finished.returncode, bool(finished.stdout)) == (code, code == 0)


@COMMANDS
def test_room(project: Path, command: list[str], tmp_path: Path) -> None:
    """The control: with room for it, the output is there."""
    with (tmp_path / "out").open("wb") as out, start(project, command, out, "1") as process:
        _, err = process.communicate(projects.query().encode(), timeout=60)

    assert (process.returncode, err) == (0, b"")
    assert (tmp_path / "out").read_bytes().endswith(b"\n")


@pytest.mark.parametrize("closed", ["0", "1", "2"])
def test_closed_stream(project: Path, closed: str) -> None:
    """A standard stream that is closed is an error where it is needed, and no traceback."""
    command = f"exec {sys.executable} {program.BUILD} external {closed}>&-"
    finished = subprocess.run(
        ["sh", "-c", command],
        cwd=project,
        input=projects.query().encode(),
        capture_output=True,
        env=program.environment(),
        check=False,
    )

    assert finished.returncode == (0 if closed == "2" else 1)
    assert finished.stderr.count(b"error: ") == (0 if closed == "2" else 1)
    assert b"Traceback" not in finished.stderr


def test_query_that_does_not_wait(project: Path) -> None:
    """A query that comes late through a pipe that fails instead of waiting is read to its end."""
    expected = projects.external(project)
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    with subprocess.Popen(
        [sys.executable, str(program.BUILD), "external"],
        cwd=project,
        env=program.environment(),
        stdin=reader,
        stdout=subprocess.PIPE,
    ) as process:
        os.close(reader)
        query = projects.query().encode()
        for start_at in range(0, len(query), 10):
            os.write(writer, query[start_at : start_at + 10])
        os.close(writer)
        out, _ = process.communicate(timeout=60)

    assert json.loads(out) == expected


def test_endless_query(project: Path) -> None:
    """A query without end is refused."""
    with open("/dev/zero", "rb") as zero:
        finished = subprocess.run(
            [sys.executable, str(program.BUILD), "external"],
            cwd=project,
            stdin=zero,
            capture_output=True,
            env=program.environment(),
            check=False,
            timeout=60,
        )

    assert finished.returncode == 1
    assert finished.stderr.startswith(b"error: the query is longer than 1,048,576 bytes\nhint: ")
