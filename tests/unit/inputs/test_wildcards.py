"""Regular expressions of patterns. `test_gitignore.py` compares them with git."""

import re

import pytest

from hashzip.errors import HashzipError
from hashzip.inputs import wildcards


def matches(pattern: str, text: str) -> bool:
    """Return whether a pattern's expression matches a text."""
    return re.fullmatch(wildcards.expression(pattern), text, re.DOTALL) is not None


@pytest.mark.parametrize(
    "pattern, matched, other",
    [
        ("a*", "a\nb", "a/b"),
        ("/a/?", "a/b", "a/"),
        ("a/**", "a/b/c", "a"),
        ("**/a", "a", "ab"),
        ("a/**/b", "a/b", "a/xb"),
        ("a\\/\\*", "a/*", "a/b"),
        ("[a-c/]x", "bx", "/x"),
        ("[!a]", "b", "a"),
        ("[]-]", "]", "a"),
    ],
)
def test_expression(pattern: str, matched: str, other: str) -> None:
    """Each kind of wildcard matches what it is for, and not something similar."""
    assert matches(pattern, matched)
    assert not matches(pattern, other)


@pytest.mark.parametrize(
    "pattern, problem", [("[a", '"]"'), ("a\\", "backslash"), ("[[:x:]]", ":x:")]
)
def test_refused(pattern: str, problem: str) -> None:
    """What git would silently never match is an error that names the problem."""
    with pytest.raises(HashzipError) as caught:
        wildcards.expression(pattern)

    assert problem in caught.value.message
    assert wildcards.expression(pattern.replace("\\", "").replace("[", ""))
