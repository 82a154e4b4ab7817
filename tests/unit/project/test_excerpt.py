"""A line of a file, with a mark."""

import pytest

from hashzip.project import excerpt


@pytest.mark.parametrize(
    "line, start, end, mark",
    [
        ("a = bad", 4, 7, "    ^^^"),
        ("a = ", 4, 4, "    ^"),
        ("a = ", 4, 9, "    ^"),
        ("\tif bad", 4, 7, "    ^^^"),
        ("\x1b = bad", 4, 7, "       ^^^"),
        ("x" * 500, 0, 500, "^" * 160),
    ],
)
def test_mark(line: str, start: int, end: int, mark: str) -> None:
    """The mark is below its part of the line, whatever has to be escaped before it."""
    shown, below = excerpt.shown(12, line, start, end)

    assert shown.startswith("12 | ")
    assert shown.isprintable()
    assert below == f"   | {mark}"


def test_far_away() -> None:
    """A mark that would be far to the right is not shown, and neither is its line."""
    assert excerpt.shown(1, "x" * 500, 300, 301) == []
