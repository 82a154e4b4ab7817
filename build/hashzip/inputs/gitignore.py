"""The patterns of `include`, `exclude` and `executable`.

A pattern is one line of a `.gitignore`, without negation: https://git-scm.com/docs/gitignore
"""

import re
from collections.abc import Callable, Iterable
from typing import Protocol

from hashzip.errors import HashzipError, did_you_mean

WILDCARDS = frozenset("*?[")  # a pattern without one is a path

EVERYTHING = "**"
# Regular expressions. They are compiled when they are used, because most functions have no pattern.
_FOLDERS = r"(?:^|(?<=/))\*{2,}(?:/|$)"

# An item in brackets: a class, or a character or range, in which characters may be escaped.
_ITEM = r"(?s)\[:(?P<name>[^\]]*):\]|(?P<low>\\.|[^\\])(?:-(?P<high>\\.|[^\\\]]))?"
_CLASSES = {
    "alnum": "A-Za-z0-9",
    "alpha": "A-Za-z",
    "blank": r" \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r" \t-\r",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}


class Matcher(Protocol):
    """A function that returns whether any of some patterns matches a path."""

    def __call__(self, path: str, *, is_folder: bool) -> bool:
        """Return the answer for a path, which is relative and `/`-separated."""


def matcher(patterns: Iterable[str]) -> Matcher:
    """Compile patterns into a function that returns whether any of them matches a path itself.

    A pattern of a folder takes everything below it, because a walk asks for each folder on its way
    down.

    Args:
        patterns: In the syntax of `.gitignore`, relative to the folder that is walked.

    Raises:
        HashzipError: A pattern is empty, a negation, or not closed, or names an unknown class.
    """
    patterns = tuple(patterns)
    if EVERYTHING in patterns:
        return always
    if not patterns:
        return never
    either = _compile(pattern for pattern in patterns if not pattern.endswith("/"))
    folder = _compile(pattern for pattern in patterns if pattern.endswith("/"))

    def matches(path: str, *, is_folder: bool) -> bool:
        return either(path) is not None or (is_folder and folder(path) is not None)

    return matches


class PatternSet:
    """Patterns that remember which of them have matched a path.

    Args:
        patterns: In the syntax of `.gitignore`.

    Raises:
        HashzipError: As in `matcher`.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._files = [pattern for pattern in patterns if not pattern.endswith("/")]
        self._folders = [pattern for pattern in patterns if pattern.endswith("/")]
        self._match_file, self._match_folder = _groups(self._files), _groups(self._folders)
        self._used: set[str] = set()

    def __call__(self, path: str, *, is_folder: bool) -> bool:
        """Return whether any pattern matches a path; see `Matcher`."""
        match, patterns = self._match_file(path), self._files
        if match is None and is_folder:
            match, patterns = self._match_folder(path), self._folders
        if match is None:
            return False
        self._used.add(patterns[(match.lastindex or 1) - 1])
        return True

    def unused(self, paths: Iterable[str]) -> list[str]:
        """Return the patterns that have matched nothing.

        Args:
            paths: The paths that other patterns have matched: of two patterns that match one path,
                only the first one knows it.
        """
        rest = [p for p in (*self._files, *self._folders) if p not in self._used]
        if not rest:
            return []
        seen = list(paths)
        return [pattern for pattern in rest if not any(map(matcher_below([pattern]), seen))]


def has_name(pattern: str) -> bool:
    """Return whether a pattern names files: its last part is not made of wildcards alone."""
    return any(character.isalnum() for character in pattern.rstrip("/").rpartition("/")[2])


def literal(path: str) -> str:
    """Return the pattern that matches one path and no other."""
    return "/" + re.sub(r"([\\*?\[])", r"\\\1", path)


def always(path: str, *, is_folder: bool) -> bool:
    """Match everything; a `Matcher`."""
    del path, is_folder
    return True


def never(path: str, *, is_folder: bool) -> bool:
    """Match nothing; a `Matcher`."""
    del path, is_folder
    return False


def matcher_below(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Compile patterns into a function that returns whether any matches a path or a folder above.

    Raises:
        HashzipError: As in `matcher`.
    """
    matches = matcher(patterns)
    if matches is never:
        return lambda _path: False

    def matches_below(path: str) -> bool:
        ends = [at for at, character in enumerate(path) if character == "/"]
        return matches(path, is_folder=False) or any(
            matches(path[:end], is_folder=True) for end in ends
        )

    return matches_below


def _groups(patterns: Iterable[str]) -> Callable[[str], "re.Match[str] | None"]:
    """Compile patterns into one expression with a group for each."""
    expressions = [f"({_expression(pattern)})" for pattern in patterns]
    if not expressions:
        return lambda _path: None
    return re.compile("|".join(expressions), re.DOTALL).fullmatch


def _compile(patterns: Iterable[str]) -> Callable[[str], object]:
    expressions = [_expression(pattern) for pattern in patterns]
    if not expressions:
        return lambda _path: None
    return re.compile("|".join(expressions), re.DOTALL).fullmatch


def _expression(pattern: str) -> str:
    """Translate one pattern, without the slash at its end, to a regular expression."""
    if not pattern.strip("/") or pattern.startswith("!"):
        raise HashzipError(
            f'"{pattern}" is not a pattern',
            "a pattern is one line of a .gitignore; there is no negation: use include and exclude",
        )
    text = pattern.removesuffix("/")
    expression = "" if "/" in text else "(?:.*/)?"
    text = text.removeprefix("/")
    at = 0
    while at < len(text):
        character = text[at]
        stars = re.compile(_FOLDERS).match(text, at)
        if stars:
            # In front and in the middle, `**` matches any folders or none; at the end, all below
            # the folder, but not the folder itself.
            expression += "(?:.*/)?" if stars.group().endswith("/") else ".+"
            at = stars.end() - 1
        elif character == "*":
            expression += "[^/]*"
        elif character == "?":
            expression += "[^/]"
        elif character == "[":
            bracket, at = _bracket(text, at, pattern)
            expression += bracket
        elif character == "\\":
            at += 1
            if at == len(text):
                raise HashzipError(
                    f'"{pattern}" has nothing after its last backslash',
                    r"write \\ for a backslash",
                )
            expression += re.escape(text[at])
        else:
            expression += re.escape(character)
        at += 1
    return expression


def _bracket(text: str, start: int, pattern: str) -> tuple[str, int]:
    """Translate `[…]`, and return it with the position of its `]`, which may come first inside."""
    negated = text[start + 1 : start + 2] in ("!", "^")
    first = at = start + 1 + negated
    inside = ""
    while text[at : at + 1] != "]" or at == first:
        item = re.compile(_ITEM).match(text, at)
        if item is None:
            raise HashzipError(f'"{pattern}" has a "[" without a "]"', r"close it, or write \[")
        low, high, name = item["low"], item["high"], item["name"]
        if name is not None and name not in _CLASSES:
            raise HashzipError(
                f'"{pattern}" has the unknown class "[:{name}:]"', did_you_mean(name, _CLASSES)
            )
        if name is not None:
            inside += _CLASSES[name]
        else:
            inside += re.escape(low[-1])
            if high is not None and low[-1] <= high[-1]:
                inside += f"-{re.escape(high[-1])}"
        at = item.end()
    # Brackets never match a slash.
    return (f"[^/{inside}]" if negated else f"(?!/)[{inside}]" if inside else "(?!)"), at
