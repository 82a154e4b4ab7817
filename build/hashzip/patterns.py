"""The patterns of `include`, `exclude` and `executable`. Pure; standard library only.

A pattern is one line of a `.gitignore`, without negation: https://git-scm.com/docs/gitignore
"""

import re
from collections.abc import Callable, Iterable
from typing import Protocol

from hashzip.errors import HashzipError

_EVERYTHING = "**"


class Matcher(Protocol):
    """Tells whether any of some patterns matches a path."""

    def __call__(self, path: str, *, is_folder: bool) -> bool:
        """Answers for a path that is relative and `/`-separated."""


def matcher(patterns: Iterable[str]) -> Matcher:
    """Compiles patterns into one question: does any of them match this path itself?

    A pattern of a folder takes all below it; that is the walk's business, which asks about each
    folder on its way down.

    Args:
        patterns: In the syntax of `.gitignore`, relative to the folder that is walked.

    Raises:
        HashzipError: A pattern is empty, a negation, or not closed.
    """
    wanted = tuple(patterns)
    if _EVERYTHING in wanted:
        return _always
    if not wanted:
        return _never
    either = _compile(pattern for pattern in wanted if not pattern.endswith("/"))
    folder = _compile(pattern.rstrip("/") for pattern in wanted if pattern.endswith("/"))

    def matches(path: str, *, is_folder: bool) -> bool:
        return either(path) is not None or (is_folder and folder(path) is not None)

    return matches


def _always(path: str, *, is_folder: bool) -> bool:  # noqa: ARG001 - a Matcher
    return True


def _never(path: str, *, is_folder: bool) -> bool:  # noqa: ARG001 - a Matcher
    return False


def _compile(patterns: Iterable[str]) -> Callable[[str], object]:
    expressions = [_expression(pattern) for pattern in patterns]
    if not expressions:
        return lambda _path: None
    return re.compile("|".join(expressions), re.DOTALL).fullmatch


def _expression(pattern: str) -> str:
    """Translates one pattern, without the slash at its end, to a regular expression."""
    if not pattern.strip("/") or pattern.startswith("!"):
        raise HashzipError(
            f'"{pattern}" is not a pattern',
            "a pattern is one line of a .gitignore; there is no negation: use include and exclude",
        )
    anchored = "/" in pattern
    parts = pattern.removeprefix("/").split("/")
    expression = "" if anchored else "(?:.*/)?"
    for position, part in enumerate(parts):
        last = position == len(parts) - 1
        if part == "**":
            # In front and in the middle it stands for any folders or none; at the end, for all
            # below the folder, which is not the folder itself.
            expression += ".+" if last else "(?:.*/)?"
        else:
            expression += _part(part, pattern) + ("" if last else "/")
    return expression


def _part(part: str, pattern: str) -> str:
    """Translates what stands between two slashes."""
    expression = ""
    at = 0
    while at < len(part):
        character = part[at]
        if character == "*":
            expression += "[^/]*"
        elif character == "?":
            expression += "[^/]"
        elif character == "[":
            bracket, at = _bracket(part, at, pattern)
            expression += bracket
        elif character == "\\" and at + 1 < len(part):
            at += 1
            expression += re.escape(part[at])
        else:
            expression += re.escape(character)
        at += 1
    return expression


def _bracket(part: str, start: int, pattern: str) -> tuple[str, int]:
    """Translates `[…]`; answers it and the position of its `]`, which may stand first inside."""
    first = start + 1 + (part[start + 1 : start + 2] in ("!", "^"))
    end = part.find("]", first + 1)
    if end < 0:
        raise HashzipError(f'"{pattern}" has a "[" without a "]"', r"close it, or write \[")
    inside = re.sub(r"([\\\[\]^&~|])", r"\\\1", part[first:end])
    # What a class excludes may still not be a slash.
    return (f"[^/{inside}]" if first > start + 1 else f"[{inside}]"), end
