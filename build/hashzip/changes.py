"""Compares what went into a package with what goes into it now. Pure; standard library only."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from hashzip.fingerprint import Input, Recipe
from hashzip.manifest import Package

_DIGEST = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")  # its first digits will do for people
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


def digests(files: Iterable[Input]) -> dict[str, str]:
    """Answers all that counts of each file, by path."""
    return {file.path: f"{file.mode:04o} {file.sha256}" for file in files}


def packages(old: Iterable[Package], new: Iterable[Package]) -> Changes:
    """Compares what is installed: `numpy 2.3.1`, or `numpy 2.3.0 -> 2.3.1`."""
    before = {package.name: package.version for package in old}
    after = {package.name: package.version for package in new}
    found = compare(before, after)
    return Changes(
        [f"{name} {after[name]}" for name in found.added],
        [f"{name} {before[name]} -> {after[name]}" for name in found.changed],
        [f"{name} {before[name]}" for name in found.removed],
    )


def recipe_changes(old: Recipe, new: Recipe) -> list[str]:
    """Names the keys of a recipe that differ: `runtime python3.12 -> python3.13`."""
    return [
        _DIGEST.sub(r"\1", f"{key} {old.get(key)} -> {new.get(key)}")
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]
