"""Tables for people and for programs."""

import io

import pytest

from hashzip import terminal
from hashzip.commands import _table
from hashzip.commands._table import Column

COLUMNS = (
    Column("NAME"),
    Column("ID", may_hide=True),
    Column("STATE", may_shorten=True, styles=(("built", terminal.GOOD),)),
    Column("SIZE", is_number=True),
)
NAMES = ["orders-created-eu-west-1", "orders-deleted-eu-west-1"]
REASON = "to build: handler.py changed, requirements.txt changed and 4 more files"
ROWS = [(NAMES[0], "0123456789ab", REASON, "-"), (NAMES[1], "ba9876543210", "built", "12.4 MB")]


def lines(width: int, encoding: str = "utf-8") -> list[str]:
    """Return the table for a terminal."""
    return _table.lines(COLUMNS, ROWS, width, io.TextIOWrapper(io.BytesIO(), encoding))


def test_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    """In a pipe, fields are whole and separated by tabs, without a header."""
    _table.show(COLUMNS, ROWS)

    assert capsys.readouterr().out == "".join("\t".join(row) + "\n" for row in ROWS)


def test_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing of a project steers the terminal, or makes another row."""
    _table.show((Column("STATE"),), [("a\x1b[2J\nb",)])

    assert capsys.readouterr().out == "a\\x1b[2J\\nb\n"


def test_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal, it has a header, and the terminal's width."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("NO_COLOR", "1")

    _table.show(COLUMNS, ROWS)

    header, *rows = capsys.readouterr().out.splitlines()
    assert header.split() == ["NAME", "STATE", "SIZE"]
    assert all(len(row) <= 60 for row in rows)


@pytest.mark.parametrize("width", [60, 80, 140])
def test_fits(width: int) -> None:
    """A name is never cut, a reason is shortened, and no line is wider than the terminal."""
    header, first, second = lines(width)

    assert first.startswith(NAMES[0] + "  ")
    assert second.startswith(NAMES[1] + "  ")
    assert max(map(len, (header, first, second))) <= width
    assert ("…" in first) == (width < 140)
    assert ("0123456789ab" in first) == (width >= 80)
    assert first.endswith("  -")
    assert second.endswith("12.4 MB")
    assert first.index("to build") == second.index("built") == header.index("STATE")


def test_narrower_than_a_name() -> None:
    """Even where a name leaves no room, it stays."""
    assert lines(10)[1].startswith(NAMES[0])


def test_ascii() -> None:
    """Where the encoding has no ellipsis, there are three dots."""
    assert "..." in lines(60, "ascii")[1]
    assert "…" in lines(60)[1]


def test_style(monkeypatch: pytest.MonkeyPatch) -> None:
    """Colours take no columns."""
    plain = lines(80)
    monkeypatch.setenv("FORCE_COLOR", "1")

    _, first, second = lines(80)

    assert first == plain[1]
    assert "\x1b[1;32mbuilt\x1b[0m" in second
    assert second.replace("\x1b[1;32m", "").replace("\x1b[0m", "") == plain[2]


@pytest.mark.parametrize(
    "text, width", [("abc", 3), ("\u00fc", 1), ("u\u0308", 1), ("\u6771\u4eac", 4)]
)
def test_text_width(text: str, width: int) -> None:
    """Wide characters take two columns, combining ones none."""
    assert _table.text_width(text) == width


def test_shorten_wide() -> None:
    """A wide character is not cut into halves."""
    stream = io.TextIOWrapper(io.BytesIO(), "utf-8")
    assert _table.shorten("\u6771\u4eac\u6771", 5, stream) == "\u6771\u4eac…"
    assert _table.shorten("\u6771\u4eac\u6771", 4, stream) == "\u6771…"


@pytest.mark.parametrize("is_terminal", [True, False])
def test_hostile(
    is_terminal: bool,  # noqa: FBT001 - pytest passes it by name
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name in a table steers neither the terminal nor a workflow, and is no markup."""
    monkeypatch.setattr(terminal, "is_terminal", lambda _: is_terminal)

    _table.show((Column("NAME"), Column("STATE")), [("::a\n\x1b[2J", "[bold]##[b]")])

    row = capsys.readouterr().out.splitlines()[-1]
    assert row.split() == [r"\::a\n\x1b[2J", r"[bold]#\#[b]"]
