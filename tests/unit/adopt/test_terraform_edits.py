"""Edits of Terraform's text."""

import pytest

from hashzip.adopt import hcl, terraform_edits

TEXT = 'x "y" {\n  name = 1 # a\n  old  = 2\n\n  more = [\n    3,\n  ]\n}\n'


def edited(values: dict[str, str], old: tuple[str, ...], text: str = TEXT) -> str:
    """Return the text after attributes were set, and others dropped."""
    (block,) = hcl.parse("main.tf", text).blocks
    for edit in sorted(terraform_edits.replace(text, block, values, old), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


@pytest.mark.parametrize(
    "values, old, lines",
    [
        ({"name": "9"}, ("name",), TEXT.replace("1", "9")),
        ({"new": "9"}, ("old",), TEXT.replace("old  = 2", "new  = 9")),
        ({"old": "9"}, ("old", "more"), 'x "y" {\n  name = 1 # a\n  old  = 9\n\n}\n'),
        ({"longer": "9"}, ("old",), TEXT.replace("  old  = 2\n", "\n  longer = 9\n")),
        ({"added": "9"}, (), TEXT.replace("  ]\n", "  ]\n\n  added = 9\n")),
    ],
)
def test_replace(values: dict[str, str], old: tuple[str, ...], lines: str) -> None:
    """Values change in their places; new names stand where an old one was, or last, and apart."""
    assert edited(values, old) == lines


def test_empty_block() -> None:
    """A block without attributes gets them at its start."""
    assert edited({"a": "1"}, (), "x {\n}\n") == "x {\n  a = 1\n}\n"


def test_without_block() -> None:
    """A block goes with the empty line after it."""
    text = "a {\n}\n\nb {\n}\n"
    first, _ = hcl.parse("main.tf", text).blocks

    edit = terraform_edits.without_block(text, first)

    assert text[: edit.start] + edit.text + text[edit.end :] == "b {\n}\n"
