"""The patterns of `include`, `exclude` and `executable`.

A pattern is one line of a `.gitignore`, without negation: https://git-scm.com/docs/gitignore
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Protocol

from hashzip.errors import HashzipError

WILDCARDS = frozenset("*?[")  # a pattern without one is a path

EVERYTHING = "**"
_SPECIAL = frozenset("*?[\\")
_FEW = 32  # patterns: the time that a group of an expression takes grows with their number


# Beginnings or ends of names or paths, by length, each with its patterns.
_Affixes = dict[int, dict[str, list[str]]]


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
    of_all, of_folders = (group.find for group in _split(patterns))

    def matches(path: str, *, is_folder: bool) -> bool:
        return bool(of_all(path) or (is_folder and of_folders(path)))

    return matches


class PatternSet:
    """Patterns that remember which of them have matched a path.

    Args:
        patterns: In the syntax of `.gitignore`.

    Raises:
        HashzipError: As in `matcher`.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._either, self._folder = _split(patterns)
        self._used: set[str] = set()
        self._last: Sequence[str] = ()

    def __call__(self, path: str, *, is_folder: bool) -> bool:
        """Return whether any pattern matches a path; see `Matcher`."""
        matched = self._either.find(path) or (is_folder and self._folder.find(path))
        if not matched:
            return False
        if matched is not self._last:  # as it is for most of 100,000 paths
            self._used.update(matched)
            self._last = matched
        return True

    def unused(self, paths: Iterable[str]) -> list[str]:
        """Return the patterns that have matched nothing.

        Args:
            paths: The paths that other patterns have matched: of two patterns that match one path,
                only one knows it.
        """
        rest = [
            pattern
            for pattern in (*self._either.patterns, *self._folder.patterns)
            if pattern not in self._used
        ]
        return unused(rest, paths) if rest else []


def unused(patterns: Sequence[str], paths: Iterable[str]) -> list[str]:
    """Return the patterns that match none of some paths, and no folder above one.

    Args:
        patterns: In the syntax of `.gitignore`.
        paths: The paths; that of a folder ends in a slash.

    Raises:
        HashzipError: As in `matcher`.
    """
    either, folder = _split(patterns)
    folders: set[str] = set()
    for path in paths:
        if not path.endswith("/"):
            either.note(path)
        above = path.rpartition("/")[0]
        while above and above not in folders:
            folders.add(above)
            either.note(above)
            folder.note(above)
            above = above.rpartition("/")[0]
    used = either.noted | folder.noted
    return [pattern for pattern in patterns if pattern not in used]


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
    folders = {"": False}  # whether each matches, or one above it

    def matches_below(path: str) -> bool:
        if matches(path, is_folder=False):
            return True
        folder = path.rpartition("/")[0]
        waiting = []
        while folder not in folders:
            waiting.append(folder)
            folder = folder.rpartition("/")[0]
        for each in reversed(waiting):
            folders[each] = folders[folder] or matches(each, is_folder=True)
            folder = each
        return folders[folder]

    return matches_below


def _split(patterns: Iterable[str]) -> "tuple[_Patterns, _Patterns]":
    """Return the patterns of files and folders, and those of folders alone."""
    patterns = tuple(patterns)
    return (
        _Patterns([pattern for pattern in patterns if not pattern.endswith("/")]),
        _Patterns([pattern for pattern in patterns if pattern.endswith("/")]),
    )


class _Patterns:
    """Patterns, in groups by how they are compared: most are looked up, whatever their number.

    Attributes:
        patterns: All of them.
        noted: Those that have matched a path of `note`.
        find: Returns patterns that match a path, but not always all of them.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self.patterns = patterns
        self.noted: set[str] = set()
        self._paths: dict[str, list[str]] = {}
        self._names: dict[str, list[str]] = {}
        # With one star, by the length of the rest.
        self._ends: _Affixes = {}
        self._starts: _Affixes = {}
        self._path_starts: _Affixes = {}
        of_paths: list[str] = []
        of_names: list[str] = []
        for pattern in patterns:
            text = pattern.removesuffix("/")
            if not text.strip("/") or pattern.startswith("!"):
                raise HashzipError(
                    f'"{pattern}" is not a pattern',
                    "a pattern is one line of a .gitignore; there is no negation: use include and "
                    "exclude",
                )
            is_path = "/" in text
            text = text.removeprefix("/")
            if _SPECIAL.isdisjoint(text):
                group = self._paths if is_path else self._names
                group.setdefault(text, []).append(pattern)
            elif text[-1] == "*" and _SPECIAL.isdisjoint(text[:-1]):
                affixes = self._path_starts if is_path else self._starts
                affixes.setdefault(len(text) - 1, {}).setdefault(text[:-1], []).append(pattern)
            elif text[0] == "*" and not is_path and _SPECIAL.isdisjoint(text[1:]):
                self._ends.setdefault(len(text) - 1, {}).setdefault(text[1:], []).append(pattern)
            else:
                (of_paths if is_path else of_names).append(pattern)
        self._of_paths = _Expressions(of_paths) if of_paths else None
        self._of_names = _Expressions(of_names) if of_names else None
        self.find = self._finder()

    def _finder(self) -> Callable[[str], Sequence[str]]:
        """Return `find`. Most paths match nothing, and each plan may look for 100,000."""
        paths, path_starts, of_paths = self._paths, _any(self._path_starts), self._of_paths
        ends, by_end, of_name = _any(self._ends), tuple(self._ends.items()), self._finder_of_names()

        def find(path: str) -> Sequence[str]:
            if path in paths:
                return paths[path]
            if path.endswith(ends):
                for length, of_length in by_end:  # in none of which is a slash
                    end = path[-length:]
                    if end in of_length:
                        return of_length[end]
            if of_name and (matched := of_name(path[path.rfind("/") + 1 :])):
                return matched
            if path.startswith(path_starts) and (known := next(self._looked_up(path), None)):
                return known
            return of_paths.find(path) if of_paths and of_paths.match(path) else ()

        return find if self.patterns else lambda _path: ()

    def _finder_of_names(self) -> Callable[[str], Sequence[str]] | None:
        """Return what `find` does with the name of a file or folder, but for its end."""
        names, starts, of_names = self._names, _any(self._starts), self._of_names

        def find(name: str) -> Sequence[str]:
            if name in names:
                return names[name]
            if name.startswith(starts) and (known := next(self._looked_up(name), None)):
                return known
            return of_names.find(name) if of_names and of_names.match(name) else ()

        return find if names or starts or of_names else None

    def _looked_up(self, path: str) -> Iterator[list[str]]:
        """Yield the patterns that match a path, but for regular expressions."""
        name_at = path.rfind("/") + 1
        name = path[name_at:]
        yield from filter(None, (self._paths.get(path), self._names.get(name)))
        for length, ends in self._ends.items():
            if name[-length:] in ends:
                yield ends[name[-length:]]
        for length, starts in self._starts.items():
            if name[:length] in starts:
                yield starts[name[:length]]
        for length, starts in self._path_starts.items():
            # A star matches no slash.
            if name_at <= length and path[:length] in starts:
                yield starts[path[:length]]

    def note(self, path: str) -> None:
        """Add all patterns that match a path to `noted`."""
        self.noted.update(*self._looked_up(path))
        if self._of_names:
            self._of_names.note(path[path.rfind("/") + 1 :], self.noted)
        if self._of_paths:
            self._of_paths.note(path, self.noted)


def _any(affixes: _Affixes) -> tuple[str, ...]:
    """Return beginnings or ends of which a text has one, if it has one of these."""
    all_of_them = tuple(affix for of_length in affixes.values() for affix in of_length)
    return all_of_them if len(all_of_them) <= _FEW else ("",)  # so many are only looked up


class _Expressions:
    """Patterns that are compared by regular expressions, at least one.

    Attributes:
        match: Matches a text, if any pattern does.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        from hashzip.inputs import wildcards

        self._patterns = patterns
        self._each = [[pattern] for pattern in patterns]
        self._is_small = len(patterns) <= _FEW
        form = "({})" if self._is_small else "(?:{})"
        expressions = (form.format(wildcards.expression(pattern)) for pattern in patterns)
        self.match = re.compile("|".join(expressions), re.DOTALL).fullmatch

    def find(self, text: str) -> Sequence[str]:
        """Return a pattern that matches a text, if one does."""
        match = self.match(text)
        if match is None:
            return ()
        if self._is_small:
            return self._each[(match.lastindex or 1) - 1]
        return next(filter(None, (part.find(text) for part in self._parts)))

    def note(self, text: str, noted: set[str]) -> None:
        """Add all patterns that match a text to a set."""
        if self.match(text) is None or noted.issuperset(self._patterns):
            return
        if len(self._patterns) == 1:
            noted.update(self._patterns)
            return
        for part in self._parts:
            part.note(text, noted)

    @cached_property
    def _parts(self) -> "list[_Expressions]":
        """The patterns, a few at a time: to find out which of them match."""
        count = 1 if self._is_small else _FEW
        starts = range(0, len(self._patterns), count)
        return [_Expressions(self._patterns[start : start + count]) for start in starts]
