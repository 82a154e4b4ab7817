"""Compare what went into a package with what goes into it now. Pure; standard library only."""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from hashzip.artifacts.manifest import Package
from hashzip.inputs.files import FileEntry
from hashzip.inputs.fingerprint import Recipe
from hashzip.inputs.paths import IN_PROJECT

# A pattern is compiled when it is first used: most builds name files alone.
_DIGEST = r"\b([0-9a-f]{12})[0-9a-f]{52}\b"  # people are shown its first digits
_COMMIT_DIGITS = 12
_NAMED = 3  # files that one line names; it only counts the others

# Git leaves files alone that are what it expects, so they have to be checked out again. `:/` is the
# top of the repository.
CHECK_OUT_AGAIN = "commit all your changes, then run: git rm -rq --cached :/ && git reset -q --hard"
# Not `* -text`, with which git takes the CRLF of a clone for changes to commit. As the first line,
# so that rules for single files still count.
LINE_ENDINGS_HINT = (
    'to have the same line endings in every clone, write "* text=auto eol=lf" as the first line of '
    f".gitattributes; {CHECK_OUT_AGAIN}"
)


class Changes(NamedTuple):
    """What differs, each list sorted."""

    added: list[str]
    changed: list[str]
    removed: list[str]

    def __str__(self) -> str:
        """Name the first few: `hello.py changed, a.py added and 4 more files`."""
        states = (("changed", self.changed), ("added", self.added), ("removed", self.removed))
        named = [f"{as_written(path)} {state}" for state, paths in states for path in paths]
        more = len(named) - _NAMED
        rest = f" and {more} more file{'s' if more > 1 else ''}" if more > 0 else ""
        return ", ".join(named[:_NAMED]) + rest


def compare(old: Mapping[str, str], new: Mapping[str, str]) -> Changes:
    """Compare two sets of files, each a digest by path."""
    return Changes(
        added=sorted(new.keys() - old.keys()),
        changed=sorted(path for path in new.keys() & old.keys() if new[path] != old[path]),
        removed=sorted(old.keys() - new.keys()),
    )


def files(old: Iterable[FileEntry], new: Iterable[FileEntry]) -> Changes:
    """Compare two sets of files by content and mode."""
    before, after = set(old), set(new)
    return compare(digests(before - after), digests(after - before))


def line_endings(
    old: Iterable[FileEntry], new: Iterable[FileEntry], read: Callable[[str], bytes]
) -> list[str]:
    """Return the paths of the files that differ in their line endings alone, sorted.

    Args:
        old: The files as they were.
        new: The files as they are.
        read: Returns the content of a new file, by its path.
    """
    before = {file.path: file for file in old}
    return sorted(
        file.path
        for file in new
        for earlier in [before.get(file.path)]
        # Content of all LF or all CRLF has another size than the same content with other endings.
        if earlier and earlier.mode == file.mode and earlier.size != file.size
        if is_converted(read(file.path), earlier.sha256)
    )


def is_converted(content: bytes, digest: str) -> bool:
    """Return whether content gets a digest if its line endings are all LF, or all CRLF, instead.

    Args:
        content: The content of a file.
        digest: The SHA-256 of other content, as hex digits, or at least the first 12 of them.
    """
    lf = content.replace(b"\r\n", b"\n")
    return any(
        hashlib.sha256(converted).hexdigest().startswith(digest)
        for converted in (lf, lf.replace(b"\n", b"\r\n"))
        if converted != content
    )


def digests(files: Iterable[FileEntry]) -> dict[str, str]:
    """Return the mode and the digest of each file, as one text, by path."""
    return {file.path: f"{file.mode:04o} {file.sha256}" for file in files}


def packages(old: Iterable[Package], new: Iterable[Package]) -> Changes:
    """Compare two sets of packages: `numpy 2.3.1`, or `numpy 2.3.0 -> 2.3.1`.

    A program may contain several versions of one crate. If more than one version was added or
    removed, each is listed as such.
    """
    changes = Changes([], [], [])
    before, after = _versions(old), _versions(new)
    for name in sorted(before.keys() | after.keys()):
        removed = sorted(before[name] - after[name])
        added = sorted(after[name] - before[name])
        if len(removed) == len(added) == 1:
            changes.changed.append(f"{name} {removed[0]} -> {added[0]}")
        else:
            changes.added.extend(f"{name} {version}" for version in added)
            changes.removed.extend(f"{name} {version}" for version in removed)
    return changes


def _versions(packages: Iterable[Package]) -> defaultdict[str, set[str]]:
    """Return the versions of each package, with the commit if it is from git."""
    versions = defaultdict(set)
    for package in packages:
        commit = (package.source or "").partition("#")[2]
        suffix = f" ({commit[:_COMMIT_DIGITS]})" if commit else ""
        versions[package.name].add(package.version + suffix)
    return versions


def recipe_changes(old: Recipe, new: Recipe) -> list[str]:
    """Name the keys of a recipe that differ: `runtime python3.12 -> python3.13`."""
    return [
        re.sub(_DIGEST, r"\1", f"{key} {as_written(old.get(key))} -> {as_written(new.get(key))}")
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]


def as_written(value: object) -> str:
    """Return a value of a recipe, or the path of an input, as people write it in `hashzip.toml`.

    A string that is no part of a list or table has no quotes, and a path starts at the project.
    """
    if value is None:
        return "none"
    return value.removeprefix(IN_PROJECT) if isinstance(value, str) else _toml(value)


def _toml(value: object) -> str:
    """Return a value as TOML writes it. Strings, numbers and booleans are the same in JSON."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, Mapping):
        rows = (f"{key} = {_toml(inner)}" for key, inner in value.items())
        return f"{{ {', '.join(rows)} }}"
    return json.dumps(value, ensure_ascii=False)
