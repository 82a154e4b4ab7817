"""What is shown of builds while they run."""

import io
import re
import sys
import threading

import pytest

from hashzip.commands import _progress
from hashzip.commands._progress import Lines, Live
from hashzip.system import phases


class Terminal(io.StringIO):
    """A terminal of which the screen can be read."""

    def isatty(self) -> bool:
        """Say that it is one."""
        return True

    def screen(self) -> list[str]:
        """Return what a terminal shows, by the few sequences that are used."""
        lines, row, column = [""], 0, 0
        for part in re.findall(r"\x1b\[\d*[A-Za-z]|\r|\n|[^\x1b\r\n]+", self.getvalue()):
            if part == "\n":
                row, column = row + 1, 0
                if row == len(lines):
                    lines.append("")
            elif part == "\r":
                column = 0
            elif part.endswith("A") and part[0] == "\x1b":
                row -= int(part[2:-1])
            elif part == "\x1b[J":
                lines[row:] = [lines[row][:column]]
            else:
                assert part[0] != "\x1b", part
                lines[row] = lines[row][:column] + part + lines[row][column + len(part) :]
                column += len(part)
        return lines


def make_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Make standard output and standard error one terminal of 60 columns, without colours."""
    screen = Terminal()
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.delenv("CI", raising=False)
    return screen


class TestLive:
    """Lines that are drawn again."""

    def test_several(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Each build has a line with its phase; what is printed meanwhile is above them."""
        terminal = make_terminal(monkeypatch)
        live = Live(terminal, first=1000)
        live.begin("hello", "installing 42 packages", prints=False)
        live.begin("other", "packing 13.4 MB", prints=False)
        live.packed("other", 1_300_000)
        live.draw()
        assert [line[2:] for line in terminal.screen()] == [
            "hello: installing 42 packages",
            "other: packing 13.4 MB, 1.3 MB done",
        ]

        sys.stdout.write("first: up to date")
        sys.stdout.write("\n")
        live.draw()
        assert terminal.screen()[0] == "first: up to date"
        assert len(terminal.screen()) == 3

        live.end("other")
        live.draw()
        assert [line[2:] for line in terminal.screen()[1:]] == ["hello: installing 42 packages"]

        live.close()
        assert terminal.screen() == ["first: up to date", ""]
        assert sys.stdout is sys.stderr is terminal

    def test_nested(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """After an inner phase, the outer one is shown again."""
        terminal = make_terminal(monkeypatch)
        live = Live(terminal, first=1000)
        live.begin("hello", "outer", prints=False)
        live.begin("hello", "inner", prints=False)
        live.draw()
        assert terminal.screen()[0].endswith("inner")
        live.end("hello")
        live.draw()
        assert terminal.screen()[0].endswith("outer")
        live.close()

    def test_program_prints(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """While a program prints, no line is drawn: it stands above what is printed."""
        terminal = make_terminal(monkeypatch)
        live = Live(terminal, first=1000)
        live.begin("hello", "packing 1.0 MB", prints=False)
        live.draw()
        live.begin("rust", "running cargo", prints=True)
        live.draw()
        assert terminal.screen() == ["rust: running cargo", ""]
        live.end("rust")
        live.draw()
        assert terminal.screen() == ["rust: running cargo", ""]  # it may have begun a line
        sys.stdout.write("rust: built\n")
        live.draw()
        assert terminal.screen()[-1].endswith("hello: packing 1.0 MB")
        live.close()

    def test_unfinished_line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A question, or a line that is not complete, stays as it is."""
        terminal = make_terminal(monkeypatch)
        live = Live(terminal, first=1000)
        live.begin("hello", "packing 1.0 MB", prints=False)
        sys.stdout.write("go on? ")
        live.draw()
        assert terminal.screen() == ["go on? "]
        live.close()

    def test_narrow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A line is never wider than the terminal, and there are not too many."""
        terminal = make_terminal(monkeypatch)
        live = Live(terminal, first=1000)
        for number in range(20):
            live.begin(f"function-{number}", "installing 42 packages " * 5, prints=False)
        live.draw()
        lines = terminal.screen()
        assert all(len(line) < 60 for line in lines)
        assert len(lines) == 8
        assert lines[-1].endswith("and 13 more builds")
        live.close()

    def test_names_are_escaped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nothing of a project steers the terminal."""
        terminal = make_terminal(monkeypatch)
        live = Live(terminal, first=1000)
        live.begin("hello", "reading \x1b[2Jlock", prints=False)
        live.draw()
        assert terminal.screen()[0].endswith(r"reading \x1b[2Jlock")
        live.close()

    def test_drawn_by_itself(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A thread draws, until the end of the block; many threads may print meanwhile."""
        terminal = make_terminal(monkeypatch)
        drawn = threading.Event()
        write = terminal.write

        def observe(text: str) -> int:
            if "packing" in text:
                drawn.set()
            return write(text)

        terminal.write = observe  # type: ignore[method-assign]
        with _progress.shown(), phases.build_of("hello"), phases.phase("packing"):
            assert drawn.wait(30)
            threads = [
                threading.Thread(target=sys.stdout.write, args=(f"line {number}\n",))
                for number in range(20)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        lines = terminal.screen()
        assert sorted(lines) == sorted(["", *(f"line {number}" for number in range(20))])

    def test_one_in_another(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A block in another draws nothing of its own."""
        make_terminal(monkeypatch)
        with _progress.shown() as outer:
            with _progress.shown() as inner:
                assert inner == outer
            with _progress.shown() as inner:
                assert inner == outer
        with _progress.shown() as later:
            assert later != outer

    def test_not_drawn_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A build that is done at once shows nothing."""
        terminal = make_terminal(monkeypatch)
        with _progress.shown(), phases.build_of("hello"), phases.phase("packing"):
            pass

        assert terminal.getvalue() == ""


class TestLines:
    """Lines in a pipe."""

    def test_long(self) -> None:
        """A phase that takes long has one line."""
        stream, written = io.StringIO(), threading.Event()
        stream.flush = written.set  # type: ignore[method-assign]
        lines = Lines(stream, seconds=0)

        lines.begin("hello", "installing 42 packages", prints=False)
        assert written.wait(30)
        lines.end("hello")

        assert stream.getvalue() == "hello: installing 42 packages\n"

    def test_short(self, capsys: pytest.CaptureFixture[str]) -> None:
        """A short one has none."""
        with _progress.shown() as packed, phases.build_of("hello"), phases.phase("packing"):
            packed("hello", 1)

        assert capsys.readouterr() == ("", "")

    @pytest.mark.parametrize("name, value", [("CI", "true"), ("TERM", "dumb")])
    def test_not_live(self, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
        """In CI and on a dumb terminal, nothing is drawn again."""
        terminal = make_terminal(monkeypatch)
        with _progress.shown() as packed:
            assert packed.__self__.__class__ is Live  # type: ignore[attr-defined]
        monkeypatch.setenv(name, value)
        with _progress.shown() as packed:
            assert packed.__self__.__class__ is Lines  # type: ignore[attr-defined]
        assert terminal.getvalue() == ""
