"""The packages that an installer put into a folder, and what of them is not packed. Build time.

A file may be a hard link into the installer's cache, so none is changed in place: it is unlinked
and written again.
"""

import os
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from hashzip.builders.python import record
from hashzip.builders.python.names import normalized
from hashzip.builders.python.record import SCRIPT_FOLDERS, Distribution
from hashzip.errors import HashzipError, did_you_mean
from hashzip.inputs.gitignore import matcher_below
from hashzip.inputs.paths import LEFT_OUT

# "The Lambda Python runtimes include the AWS SDK for Python (Boto3) and its dependencies":
# https://docs.aws.amazon.com/lambda/latest/dg/python-package.html
# These are boto3's dependencies, direct or not. They are left out together, because the same page
# warns against a package that has urllib3 and takes boto3 from the runtime.
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
# for; if that path is long or has a space, a shell starts it.
_NAMES_PYTHON = re.compile(rb"#![ \t]*(\S*[/\\])?[^/\\\s]*(python|pypy|graalpy)[^/\\\s]*(\s|\Z)")
_SHELL_RUNS_PYTHON = b"#!/bin/sh\n'''exec'"
_LONGEST_LINE = 4096  # bytes; no path is longer on Linux

_CONFLICT_HINT = "remove one from the requirements, or lock versions that do not share the file"


def read(folder: Path) -> list[Distribution]:
    """Read the packages that are installed in a folder, sorted by name.

    Raises:
        HashzipError: A package has a file whose path leads out of the folder.
    """
    installed = [record.read(path.parent) for path in folder.glob("*.dist-info/RECORD")]
    return sorted(installed, key=lambda each: (each.name.lower(), each.info))


def owners(distributions: Iterable[Distribution]) -> dict[str, str]:
    """Map each file to its package, as `name version`; a shared file to the first one."""
    owners: dict[str, str] = {}
    for distribution in distributions:
        for path in distribution.files:
            owners.setdefault(path, str(distribution))
    return owners


def check_no_conflicts(folder: Path, distributions: Iterable[Distribution]) -> None:
    """Check that no two packages have the same file with different content.

    Packages are installed in parallel, so either could win. What is left out cannot conflict: it is
    gone by now. Launchers cannot either, because none is packed.

    Raises:
        HashzipError: Two packages have such a file, or paths that are the same on some machines.
    """
    first: dict[str, tuple[str, Distribution]] = {}
    for distribution in distributions:
        for path, recorded in distribution.files.items():
            other_path, other = first.setdefault(_folded(path), (path, distribution))
            if path != other_path:
                raise HashzipError(
                    f"{other} has the file {other_path} and {distribution} has {path}, "
                    "which are the same path on some machines",
                    _CONFLICT_HINT,
                )
            if distribution is other or path in distribution.launchers & other.launchers:
                continue
            if recorded != other.files[path] or not record.matches(folder / path, recorded):
                raise HashzipError(
                    f"{other} and {distribution} both have the file {path}, with different content",
                    _CONFLICT_HINT,
                )


def tidy(folder: Path, distributions: Sequence[Distribution]) -> list[Distribution]:
    """Remove what is not packed, and rewrite each `RECORD`: the files that remain, sorted.

    Removed are scripts whose first line names the Python of this machine: their bytes differ from
    machine to machine, and nothing in Lambda could run them. So are files that `inputs.walk` leaves
    out of every package, and what uv leaves behind. Other files in a folder called `bin` stay:
    modules, data, and programs that do not need Python.

    Returns:
        The same packages, with the files that remain.
    """
    recorded_files = owners(distributions)
    if ".lock" not in recorded_files:
        (folder / ".lock").unlink(missing_ok=True)  # uv's own, against simultaneous installs
    launchers = {path for each in distributions for path in each.launchers}
    gone = {
        path
        for path in recorded_files
        if path in launchers or _is_left_out(path) or _is_missing_or_script(folder, path)
    }
    _remove(folder, gone)
    tidied = []
    for each in distributions:
        files = {path: recorded for path, recorded in each.files.items() if path not in gone}
        tidied.append(replace(each, files=files, launchers=frozenset()))
        record.write(folder, tidied[-1])
    return tidied


def excluded(names: Iterable[str], patterns: Iterable[str]) -> frozenset[str]:
    """Return the packages that are left out entirely, so that they need not be installed.

    Args:
        names: The names of packages.
        patterns: As for `exclude`.

    Returns:
        Normalized names.
    """
    known = {normalized(name) for name in names}
    return frozenset(
        name
        for pattern in patterns
        if "/" not in pattern
        for name in _matching_names(pattern, known)
    )


def exclude(
    folder: Path,
    distributions: Sequence[Distribution],
    patterns: Iterable[str],
    not_installed: AbstractSet[str] = frozenset(),
) -> list[Distribution]:
    """Remove packages, except files that a remaining package shares; or remove single files.

    Args:
        folder: Where they are installed.
        distributions: All packages that are installed there.
        patterns: Patterns of names, in the syntax of `fnmatch`; names are compared normalized:
            https://packaging.python.org/en/latest/specifications/name-normalization/
            `@runtime` stands for `RUNTIME_PACKAGES`. A pattern with a slash matches files, in the
            syntax of `exclude`, but no file of a `.dist-info` folder.
        not_installed: The normalized names of packages that were left out before.

    Returns:
        The packages that remain.

    Raises:
        HashzipError: A pattern matches nothing: it is misspelt, or no longer needed.
    """
    remaining = list(distributions)
    for pattern in patterns:
        matches = _matches(pattern, distributions)
        if not matches and not _matching_names(pattern, not_installed):
            names = {normalized(each.name) for each in distributions}
            raise HashzipError(
                f'no installed package or file matches "{pattern}" in exclude_packages',
                did_you_mean(normalized(pattern), names | not_installed),
            )
        remaining = [
            _without(each, matches) for each in remaining if normalized(each.name) not in matches
        ]
    shared = owners(remaining)
    _remove(folder, [path for path in owners(distributions) if path not in shared])
    return remaining


def _matches(pattern: str, distributions: Sequence[Distribution]) -> set[str]:
    """Return the names of packages, or the paths of files, that a pattern matches."""
    if "/" in pattern:
        is_matched = matcher_below([pattern])
        return {
            path
            for each in distributions
            for path in each.files
            if not path.startswith(f"{each.info}/") and is_matched(path)
        }
    return _matching_names(pattern, {normalized(each.name) for each in distributions})


def _matching_names(pattern: str, names: AbstractSet[str]) -> set[str]:
    if pattern == RUNTIME:
        return {name for name in RUNTIME_PACKAGES if name in names}
    return {name for name in names if fnmatchcase(name, normalized(pattern))}


def _without(distribution: Distribution, paths: Collection[str]) -> Distribution:
    files = {path: hash_ for path, hash_ in distribution.files.items() if path not in paths}
    return replace(distribution, files=files)


def _folded(path: str) -> str:
    return (path if path.isascii() else unicodedata.normalize("NFC", path)).casefold()


def _is_left_out(path: str) -> bool:
    return path.endswith(".pyc") or any(part.encode() in LEFT_OUT for part in path.split("/"))


def _is_missing_or_script(folder: Path, path: str) -> bool:
    """Return whether a file is absent, or a script that an installer may have written."""
    location = os.path.join(folder, path)
    if not os.path.isfile(location):
        return True
    if path.rpartition("/")[0] not in SCRIPT_FOLDERS:
        return False
    with open(location, "rb") as file:
        start = file.read(_LONGEST_LINE)
    return start.startswith(_SHELL_RUNS_PYTHON) or bool(_NAMES_PYTHON.match(start))


def _remove(folder: Path, paths: Iterable[str]) -> None:
    """Remove files, and the folders that become empty."""
    parents: set[Path] = set()
    for path in paths:
        (folder / path).unlink(missing_ok=True)
        parents.update(Path(path).parents[:-1])  # the last is the folder itself
    for parent in sorted(parents, key=lambda each: len(each.parts), reverse=True):
        with suppress(OSError):  # it is not empty
            (folder / parent).rmdir()
