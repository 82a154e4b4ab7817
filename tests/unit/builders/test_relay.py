"""What programs print is shown as it comes, and no line of it is a command to a workflow."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hashzip import terminal
from hashzip.builders import relay

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a shell, and pipes of POSIX")


def shell(script: str, stdout: int = 2) -> int:
    """Run a shell script."""
    return relay.run(["sh", "-c", script], stdout=stdout, stdin=subprocess.DEVNULL)


class TestRun:
    """The program's output and its exit code."""

    @pytest.mark.parametrize("redirection", ["", ">&2"])
    def test_lines(self, redirection: str, capfd: pytest.CaptureFixture[str]) -> None:
        """Both outputs go to standard error, with a line's end behind the last one."""
        assert shell(f"printf 'one\\ntwo' {redirection}; exit 3") == 3

        assert capfd.readouterr() == ("", "one\ntwo\n")

    def test_standard_output(self, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        """Standard output goes where the caller wants it, byte by byte."""
        with (tmp_path / "out").open("wb") as file:
            assert shell("echo ::error::one; echo two >&2", file.fileno()) == 0

        assert (tmp_path / "out").read_text() == "::error::one\n"
        assert capfd.readouterr().err == "two\n"

    @pytest.mark.parametrize(
        "text, shown",
        [
            (r"::error::x\n", "\\::error::x\n"),
            (r"  ::set-output name=a::b\n", "  \\::set-output name=a::b\n"),
            (r"a ##vso[b]\n", "a #\\#vso[b]\n"),
            (r"\033[31mred\033[0m\ta\n", "red\ta\n"),
            (r"\033[0m::error::x\n", "\\::error::x\n"),
            (r"\033]0;title\007\n", "\\x1b]0;title\\x07\n"),
            (r"10 %%\r20 %%\r\n", "20 %\n"),
            (r"https://a:b@c/\n", "https://***@c/\n"),
            (r"\377\n", "\N{REPLACEMENT CHARACTER}\n"),
        ],
    )
    def test_escapes(self, text: str, shown: str, capfd: pytest.CaptureFixture[str]) -> None:
        """Commands to workflows, escapes of terminals and credentials do not get through."""
        shell(f"printf '{text}'")

        assert capfd.readouterr().err == shown

    def test_colours(
        self, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Colours stay where hashzip has them too, unless a command hides behind them."""
        monkeypatch.setenv("FORCE_COLOR", "1")

        shell(r"printf '\033[31mred\033[0m\n\033[0m::error::x\n'")

        assert capfd.readouterr().err == "\x1b[31mred\x1b[0m\n\\::error::x\n"

    def test_as_it_comes(self, tmp_path: Path) -> None:
        """A line is shown before the program ends: it waits until its reader has seen one."""
        code = (
            "import sys; sys.path.insert(0, sys.argv[1]); from hashzip.builders import relay\n"
            "relay.run(['sh', '-c', 'echo one; read line < pipe; echo two'], stdout=2)"
        )
        os.mkfifo(tmp_path / "pipe")
        build = str(Path(relay.__file__).parents[2])
        with subprocess.Popen(
            [sys.executable, "-c", code, build], cwd=tmp_path, stderr=subprocess.PIPE
        ) as program:
            assert program.stderr
            assert program.stderr.readline() == b"one\n"
            (tmp_path / "pipe").write_bytes(b"\n")
            assert program.stderr.read() == b"two\n"

    def test_left_running(self, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        """Nothing waits for programs that the program has left running."""
        shell(f"sleep 1000 & echo $! > {tmp_path}/pid; echo one")

        assert capfd.readouterr().err == "one\n"
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)  # it still runs

    def test_left_printing(self, tmp_path: Path) -> None:
        """A program that was left running and prints for ever is not shown for ever."""
        shell(f"yes & echo $! > {tmp_path}/pid")

        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)

    def test_long(self, capfd: pytest.CaptureFixture[str]) -> None:
        """A line without an end does not fill the memory."""
        shell("head -c 3000000 /dev/zero | tr '\\0' x")

        lines = capfd.readouterr().err.splitlines()
        assert sum(map(len, lines)) == 3_000_000
        assert len(lines) > 1

    def test_terminal(
        self, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """On a terminal, the program prints by itself: it may draw."""
        monkeypatch.setattr(terminal, "is_terminal", lambda _: True)

        shell(r"printf '\033[31mred'")

        assert capfd.readouterr().err == "\x1b[31mred"

    def test_missing(self) -> None:
        """A program that cannot be started is the system's error, and leaves nothing open."""
        before = len(os.listdir("/dev/fd"))

        with pytest.raises(FileNotFoundError):
            relay.run(["no-such-program-anywhere"], stdout=2)

        assert len(os.listdir("/dev/fd")) == before
