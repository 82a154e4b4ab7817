"""Turn a requirements file into what uv is to install for one function. Build time."""

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Named
from packaging.utils import (
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from hashzip.builders.build_plan import BuildPlan
from hashzip.builders.python import distributions, locks, pylock, requirements_txt
from hashzip.builders.python.locks import Lock
from hashzip.builders.python.requirements import Pin, Requirements, pin
from hashzip.builders.python.requirements_txt import Requirement, RequirementsTxt
from hashzip.project.targets import Target

# A name begins where a part of the path does: from anywhere in it, a search would take long.
_FILE_NAME = re.compile(r"(?<![^/\\])([^/\\]+\.(?:whl|tar\.gz|zip))(?:[#?\s;]|$)")
_IS_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:|\$").match


class _Entry(NamedTuple):
    """A requirement.

    Attributes:
        requirement: As it is in the file.
        name: The normalized name of the package, or "" if it is in no wheel or sdist by its name.
        version: The version that is locked, or "".
        extras: The extras that the file asks for.
        holds: Whether the marker holds in Lambda.
    """

    requirement: Requirement
    name: str
    version: str
    extras: frozenset[str]
    holds: bool


def export(plan: BuildPlan, lock: Lock, text: str, scratch: Path) -> Requirements:
    """Return what uv is to install, which is in files of hashzip's own.

    Args:
        plan: The plan of the function or layer.
        lock: Its lock.
        text: The lock's content.
        scratch: A folder for the files.

    Raises:
        HashzipError: As for `requirements_txt.parse`.
    """
    target = plan.target
    parsed = locks.parse_requirements(text, lock.path, target)
    entries = [_entry(requirement, target) for requirement in parsed.requirements]
    wanted = {each.name: each.version for each in entries if each.holds}
    excluded = distributions.excluded(wanted, target.options["exclude_packages"])
    remaining = [each for each in entries if each.name not in excluded]
    hashed = [each.requirement for each in remaining if each.requirement.hashes]
    commits = [each.requirement for each in remaining if not each.requirement.hashes]
    folders = [os.path.join(plan.project.root, os.path.dirname(lock.path)), plan.project.root]
    hosts = [value for name, value in parsed.places if name == "--trusted-host"]
    shared = ["--no-deps", *(word for host in hosts for word in ("--allow-insecure-host", host))]
    options = list(_option_lines(parsed, target, folders))

    def written(name: str, requirements: Iterable[Requirement]) -> list[str]:
        file = scratch / name
        lines = (*options, *map(str, requirements))
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return [*shared, "--requirements", str(file)]

    return Requirements(
        arguments=["--require-hashes", *written("requirements.txt", hashed)] if hashed else [],
        unhashed=written("git.txt", commits) if commits else [],
        wanted={name: version for name, version in wanted.items() if name not in excluded},
        hashes=_hashes(entries),
        extras={each.name: each.extras for each in entries if each.holds and each.extras},
        variables=parsed.variables,
        excluded=excluded,
        sources=dict(_sources(commits)),
    )


def _entry(requirement: Requirement, target: Target) -> _Entry:
    """Find out which package a requirement is."""
    try:
        named = Named(requirement.text)
    except (InvalidRequirement, RecursionError):  # a URL or a path, or an error that uv reports
        name, version = _of_file(requirement.text)
        return _Entry(requirement, name, version, frozenset(), holds=True)
    pins = [each.version for each in named.specifier if each.operator in ("==", "===")]
    marker = named.marker
    return _Entry(
        requirement,
        canonicalize_name(named.name),
        pins[0] if pins else "",
        frozenset(named.extras),
        holds=marker is None or pylock.holds(marker, pylock.environment(target)),
    )


def _hashes(entries: Iterable[_Entry]) -> dict[Pin, tuple[str, ...]]:
    """Return the hashes of each package; one may be there twice, with two markers."""
    hashes: dict[Pin, set[str]] = defaultdict(set)
    for entry in entries:
        if entry.name:
            hashes[pin(entry.name, entry.version)].update(entry.requirement.hashes)
    return {key: tuple(sorted(values)) for key, values in hashes.items()}


def _of_file(text: str) -> tuple[str, str]:
    """Return the name and version of the wheel or sdist in a URL or path, or two empty strings."""
    match = _FILE_NAME.search(text)
    if match:
        try:
            name, version = parse_wheel_filename(match[1])[:2]
        except ValueError:  # not by the rule for its name, or with a version of no sense
            try:
                name, version = parse_sdist_filename(match[1])
            except ValueError:
                return "", ""
        return name, str(version)
    return "", ""


def _option_lines(parsed: RequirementsTxt, target: Target, folders: list[str]) -> Iterator[str]:
    for name, value in parsed.places:
        if name != "--trusted-host":  # uv takes it as an argument only
            yield f"{name} {_place(value, folders)}".rstrip()
    if target.options["build_sdists"]:  # otherwise nothing is built
        for value in parsed.only_binary:
            yield f"--only-binary {value}"


def _place(value: str, folders: list[str]) -> str:
    """Return a URL as it is, and the URL of a folder for its path.

    Args:
        value: A URL, or a path.
        folders: The folders that a path may be relative to. Which one depends on the version of uv.
    """
    if not value or _IS_URL(value):
        return value
    paths = [os.path.abspath(os.path.join(folder, value)) for folder in folders]
    return Path(next(filter(os.path.exists, paths), paths[0])).as_uri()


def _sources(commits: Iterable[Requirement]) -> Iterator[tuple[str, str]]:
    """Yield the name of each package from a repository, with the repository and the commit."""
    for requirement in commits:
        match = requirements_txt.git_requirement(requirement.text)
        if match:
            source = pylock.git_source(match["repository"], match["commit"], match["folder"] or "")
            yield canonicalize_name(match["name"]), source
