"""What an installer laid into a folder, package by package, and what of it is not packed.

Only at build time. A file may be a hard link into the installer's cache, so none is ever changed
where it lies: it is unlinked, and written anew.
"""

import os
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from hashzip.builders.python import record
from hashzip.builders.python.record import SCRIPT_FOLDERS, Distribution
from hashzip.errors import HashzipError, did_you_mean
from hashzip.inputs.gitignore import matcher_below
from hashzip.inputs.paths import normalized
from hashzip.inputs.walk import LEFT_OUT

# "The Lambda Python runtimes include the AWS SDK for Python (Boto3) and its dependencies":
# https://docs.aws.amazon.com/lambda/latest/dg/python-package.html
# These are what boto3 asks for, and what that asks for in turn. They go together: the same page
# warns of a package that brings urllib3 and leaves boto3 to the runtime.
RUNTIME = "@runtime"
RUNTIME_PACKAGES = (
    "boto3",
    "botocore",
    "jmespath",
    "python-dateutil",
    "s3transfer",
    "six",
    "urllib3",
)

# The first line of a script that an installer wrote or rewrote names the Python that it installed
# for; where that path is long or has a space in it, a shell must help.
_NAMES_PYTHON = re.compile(rb"#![ \t]*(\S*[/\\])?[^/\\\s]*(python|pypy|graalpy)[^/\\\s]*(\s|\Z)")
_SHELL_RUNS_PYTHON = b"#!/bin/sh\n'''exec'"
_LONGEST_LINE = 4096  # bytes; no path is longer on Linux

_ONE_OF_THEM = "take one of them out of the requirements, or lock versions that do not share it"


def read(folder: Path) -> list[Distribution]:
    """Reads what is installed in a folder, sorted by name.

    Raises:
        HashzipError: A package has a file by a path that leads out of the folder.
    """
    found = [record.read(path.parent) for path in folder.glob("*.dist-info/RECORD")]
    return sorted(found, key=lambda each: (each.name.lower(), each.info))


def owners(distributions: Iterable[Distribution]) -> dict[str, str]:
    """Answers who brought each file, as `name version`; of several the first."""
    found: dict[str, str] = {}
    for distribution in distributions:
        for path in distribution.files:
            found.setdefault(path, str(distribution))
    return found


def refuse_conflicts(folder: Path, distributions: Iterable[Distribution]) -> None:
    """Refuses two packages that bring one file with different content.

    Packages are installed at the same time, and the last one wins, which may be another one each
    time. Launchers are no conflict, since none is packed.

    Raises:
        HashzipError: There is such a file, or two whose paths are one path on some machine.
    """
    first: dict[str, tuple[str, Distribution]] = {}
    for mine in distributions:
        for path, recorded in mine.files.items():
            other_path, other = first.setdefault(_folded(path), (path, mine))
            if path != other_path:
                raise HashzipError(
                    f"{other} has the file {other_path} and {mine} has {path}, "
                    "which are one path on some machines",
                    _ONE_OF_THEM,
                )
            if mine is other or (path in mine.launchers and path in other.launchers):
                continue
            if recorded != other.files[path] or not record.holds(folder / path, recorded):
                raise HashzipError(
                    f"{other} and {mine} both have the file {path}, with different content",
                    _ONE_OF_THEM,
                )


def tidy(folder: Path, distributions: Sequence[Distribution]) -> list[Distribution]:
    """Removes what is not packed, and writes each `RECORD` anew: what is there, in order.

    What goes is scripts whose first line names the Python of the machine that builds, so that
    their bytes would differ from machine to machine, and that nothing in Lambda could run; what
    `sources` leaves out of every package; and what uv left behind. What else a package has in a
    folder called `bin` stays: modules, data, and programs that need no Python.

    Returns:
        The same packages, with the files that are there now.
    """
    brought = owners(distributions)
    if ".lock" not in brought:
        (folder / ".lock").unlink(missing_ok=True)  # uv's own, against two installs at a time
    launchers = {path for each in distributions for path in each.launchers}
    gone = {
        path
        for path in brought
        if path in launchers or _is_left_out(path) or _is_gone_or_script(folder, path)
    }
    _remove(folder, gone)
    tidied = []
    for each in distributions:
        files = {path: recorded for path, recorded in each.files.items() if path not in gone}
        tidied.append(replace(each, files=files, launchers=frozenset()))
        record.write(folder, tidied[-1])
    return tidied


def exclude(
    folder: Path, distributions: Sequence[Distribution], patterns: Iterable[str]
) -> list[Distribution]:
    """Removes whole packages, but for files that a package that stays has too; or single files.

    Args:
        folder: Where they are installed.
        distributions: All that is installed there.
        patterns: Of names, in the syntax of `fnmatch`. Case does not count, and `-`, `_` and `.`
            are one: https://packaging.python.org/en/latest/specifications/name-normalization/
            `@runtime` stands for `RUNTIME_PACKAGES`. A pattern with a slash is of files, as
            `exclude` has them, and never takes what says which packages there are.

    Returns:
        What stays.

    Raises:
        HashzipError: A pattern matches nothing: it is misspelt, or no longer needed.
    """
    kept = list(distributions)
    for pattern in patterns:
        matched = _matched(pattern, distributions)
        if not matched:
            raise HashzipError(
                f'nothing that is installed matches "{pattern}" in exclude_packages',
                did_you_mean(
                    normalized(pattern), [normalized(each.name) for each in distributions]
                ),
            )
        kept = [_without(each, matched) for each in kept if normalized(each.name) not in matched]
    stays = owners(kept)
    _remove(folder, [path for path in owners(distributions) if path not in stays])
    return kept


def _matched(pattern: str, distributions: Sequence[Distribution]) -> set[str]:
    """Answers the names of packages, or the paths of files, that a pattern matches."""
    if "/" in pattern:
        is_matched = matcher_below([pattern])
        return {
            path
            for each in distributions
            for path in each.files
            if not path.startswith(f"{each.info}/") and is_matched(path)
        }
    names = {normalized(each.name) for each in distributions}
    if pattern == RUNTIME:
        return names.intersection(RUNTIME_PACKAGES)
    return {name for name in names if fnmatchcase(name, normalized(pattern))}


def _without(distribution: Distribution, paths: Collection[str]) -> Distribution:
    files = {path: hash_ for path, hash_ in distribution.files.items() if path not in paths}
    return replace(distribution, files=files)


def _folded(path: str) -> str:
    return (path if path.isascii() else unicodedata.normalize("NFC", path)).casefold()


def _is_left_out(path: str) -> bool:
    return path.endswith(".pyc") or any(part.encode() in LEFT_OUT for part in path.split("/"))


def _is_gone_or_script(folder: Path, path: str) -> bool:
    """Answers whether a file is a script that an installer may have written, or is not there."""
    location = os.path.join(folder, path)
    if not os.path.isfile(location):
        return True
    if path.rpartition("/")[0] not in SCRIPT_FOLDERS:
        return False
    with open(location, "rb") as file:
        start = file.read(_LONGEST_LINE)
    return start.startswith(_SHELL_RUNS_PYTHON) or bool(_NAMES_PYTHON.match(start))


def _remove(folder: Path, paths: Iterable[str]) -> None:
    """Removes files, and the folders that this leaves empty."""
    parents: set[Path] = set()
    for path in paths:
        (folder / path).unlink(missing_ok=True)
        parents.update(Path(path).parents[:-1])  # the last is the folder itself
    for parent in sorted(parents, key=lambda each: len(each.parts), reverse=True):
        with suppress(OSError):  # it is not empty
            (folder / parent).rmdir()
