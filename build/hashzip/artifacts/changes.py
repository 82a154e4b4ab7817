"""Compares what went into a package with what goes into it now. Pure; standard library only."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from hashzip.artifacts.manifest import Package
from hashzip.inputs.files import FileEntry
from hashzip.inputs.fingerprint import Recipe

# Expressions are text until one is wanted: most builds name files alone.
_DIGEST = r"\b([0-9a-f]{12})[0-9a-f]{52}\b"  # its first digits will do for people
_COMMIT_DIGITS = 12
_PART = r"([0-9]+)"
_NAMED = 3  # files named in one line, before the rest is only counted


class Changes(NamedTuple):
    """What differs, each sorted."""

    added: list[str]
    changed: list[str]
    removed: list[str]

    def __str__(self) -> str:
        """Names the first few: `hello.py changed, a.py added and 4 more files`."""
        named = [
            *(f"{path} changed" for path in self.changed),
            *(f"{path} added" for path in self.added),
            *(f"{path} removed" for path in self.removed),
        ]
        more = len(named) - _NAMED
        rest = f" and {more} more file{'s' if more > 1 else ''}" if more > 0 else ""
        return ", ".join(named[:_NAMED]) + rest


def compare(old: Mapping[str, str], new: Mapping[str, str]) -> Changes:
    """Compares two sets of files, each a digest by path."""
    return Changes(
        added=sorted(new.keys() - old.keys()),
        changed=sorted(path for path in new.keys() & old.keys() if new[path] != old[path]),
        removed=sorted(old.keys() - new.keys()),
    )


def files(old: Iterable[FileEntry], new: Iterable[FileEntry]) -> Changes:
    """Compares two sets of files, by all that counts of each."""
    before, after = set(old), set(new)
    return compare(digests(before - after), digests(after - before))


def digests(files: Iterable[FileEntry]) -> dict[str, str]:
    """Answers all that counts of each file, by path."""
    return {file.path: f"{file.mode:04o} {file.sha256}" for file in files}


def packages(old: Iterable[Package], new: Iterable[Package]) -> Changes:
    """Compares packages: `numpy 2.3.1`, or `numpy 2.3.0 -> 2.3.1`.

    Several versions of one crate may be in a program. Of those that differ, one takes the place of
    the one that it is compatible with, or else of any.
    """
    found = Changes([], [], [])
    before, after = _versions(old), _versions(new)
    for name in sorted(before.keys() | after.keys()):
        gone = sorted(before[name] - after[name], key=_in_order)
        come = sorted(after[name] - before[name], key=_in_order)
        for one, other in _pairs(gone, come):
            found.changed.append(f"{name} {one} -> {other}")
            gone.remove(one)
            come.remove(other)
        found.added.extend(f"{name} {version}" for version in come)
        found.removed.extend(f"{name} {version}" for version in gone)
    return found


def _versions(packages: Iterable[Package]) -> defaultdict[str, set[str]]:
    """Answers the versions of each package; one from git with its commit, which is what changes."""
    found = defaultdict(set)
    for package in packages:
        commit = (package.source or "").partition("#")[2]
        shown = f" ({commit[:_COMMIT_DIGITS]})" if commit else ""
        found[package.name].add(package.version + shown)
    return found


def _pairs(gone: Sequence[str], come: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs versions: first those that are compatible, then whatever is left, in order."""
    found: list[tuple[str, str]] = []
    for key in (_series, lambda _: ""):
        olds, news = (
            [one for one in versions if all(one not in pair for pair in found)]
            for versions in (gone, come)
        )
        for series in dict.fromkeys(map(key, olds)):
            found += zip(
                (one for one in olds if key(one) == series),
                (one for one in news if key(one) == series),
                strict=False,
            )
    return found


def _series(version: str) -> str:
    """Answers what cargo takes for compatible: the first number, or the second where that is 0."""
    first, _, rest = version.partition(".")
    return first if first != "0" else f"0.{rest.partition('.')[0]}"


def _in_order(version: str) -> list[tuple[int, str]]:
    """Orders versions by their numbers: 1.9 before 1.10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(_PART, version)]


def recipe_changes(old: Recipe, new: Recipe) -> list[str]:
    """Names the keys of a recipe that differ: `runtime python3.12 -> python3.13`."""
    return [
        re.sub(_DIGEST, r"\1", f"{key} {old.get(key)} -> {new.get(key)}")
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]
