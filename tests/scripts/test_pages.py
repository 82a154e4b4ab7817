"""Tables, and their places in pages."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from scripts import pages
from scripts.errors import ScriptError

TABLE = pages.Table(("name", "size"), [("a", "1 MB"), ("", "2 MB")], name="sizes")
PAGE = "# Title\n\n<!-- begin: sizes (generated) -->\nold\n<!-- end: sizes -->\n\nmore\n"


def test_table() -> None:
    """A table has its header, a rule that aligns figures to the right, and its rows."""
    assert str(TABLE) == "| name | size |\n| --- | ---: |\n| a | 1 MB |\n| | 2 MB |\n"


def test_fill(tmp_path: Path) -> None:
    """Only the text between the two comments is replaced, as often as one likes."""
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf-8")
    for text in ("new", "newer"):
        page.write_text(pages.fill(page, "sizes", text), encoding="utf-8")
        assert page.read_text(encoding="utf-8") == PAGE.replace("old", f"\n{text}\n")


@pytest.mark.parametrize("name,removed", [("growth", ""), ("sizes", "<!-- end: sizes -->")])
def test_page_without_a_place(tmp_path: Path, name: str, removed: str) -> None:
    """A page without the two comments is an error that shows them."""
    page = tmp_path / "page.md"
    page.write_text(PAGE.replace(removed, ""), encoding="utf-8")
    with pytest.raises(
        ScriptError, match=f"page.md has no place for its generated part {name}"
    ) as e:
        pages.fill(page, name, "new")
    assert f"<!-- end: {name} -->" in e.value.hint


def test_publish(tmp_path: Path) -> None:
    """A table is written into its place, with the date and the command that made it."""
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf-8")
    pages.publish(TABLE, page, "bench", ["--runs", "9", "a b"])
    text = page.read_text(encoding="utf-8")
    assert f"{datetime.now(UTC):%Y}" in text
    assert "`nox -s bench -- --runs 9 'a b'`" in text
    assert f"\n\n{TABLE}\n<!-- end" in text


@pytest.mark.parametrize(
    "value,text", [(0.0123, "12.3 ms"), (0.9, "900.0 ms"), (1.0, "1.00 s"), (61.5, "61.50 s")]
)
def test_seconds(value: float, text: str) -> None:
    """A time below one second is shown in milliseconds."""
    assert pages.seconds(value) == text
