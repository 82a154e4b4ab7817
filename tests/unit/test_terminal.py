"""When text is coloured, and how wide a stream is."""

import io
from collections.abc import Mapping

import pytest

from hashzip import terminal


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


TERM = {"TERM": "xterm-256color"}


@pytest.mark.parametrize(
    "variables, on_terminal, in_pipe",
    [
        (TERM, True, False),
        ({}, False, False),
        ({"CI": "true"}, True, False),
        ({"CI": "false"}, False, False),
        ({"TERM": "dumb"}, False, False),
        ({"TERM": "dumb", "CI": "1"}, False, False),
        (TERM | {"NO_COLOR": "1"}, False, False),
        (TERM | {"NO_COLOR": ""}, True, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": "3", "TERM": "dumb"}, True, True),
        (TERM | {"FORCE_COLOR": "0"}, True, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
    ],
)
def test_colour(variables: Mapping[str, str], *, on_terminal: bool, in_pipe: bool) -> None:
    """A terminal has colours and a pipe has none, unless a variable says otherwise."""
    assert terminal.has_colour(Terminal(), variables) is on_terminal
    assert terminal.has_colour(io.StringIO(), variables) is in_pipe


@pytest.mark.parametrize(
    "variables, live", [(TERM, True), ({"TERM": "dumb"}, False), (TERM | {"CI": "true"}, False)]
)
def test_live(variables: Mapping[str, str], *, live: bool) -> None:
    """A line is drawn again only on a terminal that people look at."""
    assert terminal.is_live(Terminal(), variables) is live
    assert not terminal.is_live(io.StringIO(), variables)


def test_paint(monkeypatch: pytest.MonkeyPatch) -> None:
    """A style ends with the text; without colours, and for an empty text, nothing is added."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert terminal.paint("no", terminal.ERROR, io.StringIO()) == "\x1b[1;31mno\x1b[0m"
    assert terminal.paint("", terminal.ERROR, io.StringIO()) == ""

    monkeypatch.setenv("NO_COLOR", "1")
    assert terminal.paint("no", terminal.ERROR, io.StringIO()) == "no"


@pytest.mark.parametrize("text, width", [("60", 60), ("0", 80), ("wide", 80), ("", 80)])
def test_columns(monkeypatch: pytest.MonkeyPatch, text: str, width: int) -> None:
    """The width is that of `COLUMNS`, if it is a width."""
    monkeypatch.setenv("COLUMNS", text)
    assert terminal.columns(io.StringIO()) == width


def test_can_show() -> None:
    """A character is shown only where the encoding has it."""
    ascii_stream = io.TextIOWrapper(io.BytesIO(), "ascii")
    assert terminal.can_show("hello", ascii_stream)
    assert not terminal.can_show("…", ascii_stream)
    assert terminal.can_show("…", io.TextIOWrapper(io.BytesIO(), "utf-8"))


def test_closed_stream() -> None:
    """A closed stream is no terminal, and no error."""
    stream = io.StringIO()
    stream.close()
    assert not terminal.is_terminal(stream)
