"""Tables, and their places in pages."""

from pathlib import Path

import pytest

from scripts import pages
from scripts.errors import ScriptError

TABLE = pages.Table(("name", "size"), [("a", "1 MB"), ("", "2 MB")])
PAGE = "# Title\n\n<!-- begin: sizes (generated) -->\nold\n<!-- end: sizes -->\n\nmore\n"


def test_table() -> None:
    """A table has its header, a rule that aligns figures to the right, and its rows."""
    assert str(TABLE) == "| name | size |\n| --- | ---: |\n| a | 1 MB |\n| | 2 MB |\n"


def test_insert(tmp_path: Path) -> None:
    """Only the text between the two comments is replaced, as often as one likes."""
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf-8")
    for text in ("new", "newer"):
        pages.insert(page, "sizes", text)
        assert page.read_text(encoding="utf-8") == PAGE.replace("old", f"\n{text}\n")


def test_page_without_a_place(tmp_path: Path) -> None:
    """A page without the two comments is an error that names them, and stays as it is."""
    page = tmp_path / "page.md"
    for text in (PAGE, PAGE.replace("<!-- end: sizes -->", "")):
        page.write_text(text, encoding="utf-8")
        with pytest.raises(ScriptError, match="no place for its generated part") as caught:
            pages.insert(page, "growth" if text == PAGE else "sizes", "new")
        assert "<!-- begin: " in caught.value.hint
        assert page.read_text(encoding="utf-8") == text


def test_stamp() -> None:
    """A measured table has its date and the command that made it."""
    text = pages.measured(TABLE, "bench", ["--runs", "9", "a b"])
    assert "`nox -s bench -- --runs 9 'a b'`" in text
    assert text.endswith(str(TABLE))


@pytest.mark.parametrize(
    "value,text", [(0.0123, "12.3 ms"), (0.9, "900.0 ms"), (1.0, "1.00 s"), (61.5, "61.50 s")]
)
def test_seconds(value: float, text: str) -> None:
    """A time below one second is shown in milliseconds."""
    assert pages.seconds(value) == text
