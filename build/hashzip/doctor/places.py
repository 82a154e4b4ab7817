"""Check the project, git, and the folders that are written to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hashzip import planning
from hashzip.artifacts import changes
from hashzip.doctor.check import Finding, State, needed, output
from hashzip.errors import HashzipError
from hashzip.planning import ScanCache
from hashzip.project import layout, user_cache, user_key
from hashzip.project.config import FILE_NAME
from hashzip.project.targets import Package

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hashzip.doctor.check import Patient

# No repository names a program to run here; the user's own configuration counts.
_GIT = ("git", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}")


def configuration(patient: Patient) -> Iterator[Finding]:
    """Check that `hashzip.toml` is valid."""
    if patient.root is None:
        text = f"none in {os.path.abspath(patient.folder)} or above it"
        yield Finding(FILE_NAME, State.NOTE, text, "run: hashzip init")
        return
    project = patient.project
    if project is None:
        problem = patient.problem or HashzipError("cannot be read")
        yield Finding(FILE_NAME, State.WRONG, problem.message, problem.hint)
        return
    number = sum(not isinstance(target, Package) for target in project.targets.values())
    things = "function or layer" if number == 1 else "functions and layers"
    text = f"{number} {things}, {project.root}"
    yield Finding(FILE_NAME, State.GOOD, text)


def functions(patient: Patient) -> Iterator[Finding]:
    """Check that each function, package and layer can be planned: sources, locks, secrets."""
    if patient.project is None:
        return
    scan_cache = ScanCache()
    for name in patient.project.packages(patient.project.targets):
        try:
            _ = planning.plan(patient.project, name, scan_cache).fingerprint
        except HashzipError as error:
            yield Finding(name, State.WRONG, error.message, error.hint)


def store(patient: Patient) -> Iterator[Finding]:
    """Check that packages can be written to `dist/`, and the stat cache to `.hashzip/`."""
    if patient.root is None:
        return
    for name in (layout.ARTIFACTS, layout.CACHE):
        path = os.path.join(patient.root, name)
        problem = _write_problem(path)
        is_needed = name == layout.ARTIFACTS
        if problem:
            yield needed(
                f"{name}/", problem, f"check the permissions of {path}", is_needed=is_needed
            )
        else:
            yield Finding(f"{name}/", State.GOOD, "can be written")


def cache(_patient: Patient) -> Iterator[Finding]:
    """Check that hashzip's cache can be written, and that nobody else can write to it."""
    try:
        path = user_cache.folder()
    except HashzipError as error:
        yield Finding("cache", State.WRONG, error.message, error.hint)
        return
    problem = _write_problem(path)
    if problem:
        fix = f"set {user_cache.FOLDER_VARIABLE} to a folder that you can write to"
        yield Finding("cache", State.WRONG, problem, fix)
        return
    try:
        user_cache.check(path)
    except HashzipError as error:
        yield Finding("cache", State.WRONG, error.message, error.hint)
    else:
        yield Finding("cache", State.GOOD, path)


def key(patient: Patient) -> Iterator[Finding]:
    """Check the key by which files of earlier builds are believed."""
    if patient.root is None:
        return
    try:
        loaded = user_key.load(patient.root)
    except HashzipError as error:
        yield Finding("key", State.WRONG, error.message, error.hint)
        return
    if not loaded.lasts:
        text = "none can be kept, so that each build starts anew"
        fix = f"set {user_cache.FOLDER_VARIABLE} to a folder that you can write to"
        yield Finding("key", State.NOTE, text, fix)
        return
    shared = f"that of {user_key.VARIABLE}, which other machines share"
    yield Finding("key", State.GOOD, shared if loaded.is_shared else "that of this user alone")


def line_endings(patient: Patient) -> Iterator[Finding]:
    """Check that git gives files the same line endings in every clone."""
    if patient.root is None:
        return
    version = output("git", "--version")
    if version is None:
        yield Finding("git", State.NOTE, "not installed", "see https://git-scm.com/downloads")
        return
    autocrlf = output(*_GIT, "config", "--get", "core.autocrlf", folder=patient.root) or "false"
    attributes = output(*_GIT, "check-attr", "eol", "text", "--", FILE_NAME, folder=patient.root)
    is_settled = attributes is not None and ("eol: lf" in attributes or "text: unset" in attributes)
    text = f"{version.removeprefix('git version ')}, core.autocrlf = {autocrlf}"
    if autocrlf.lower() == "true" and not is_settled:
        problem = f"{text}: the same commit has other bytes here than elsewhere"
        yield Finding("git", State.NOTE, problem, changes.LINE_ENDINGS_HINT)
        return
    yield Finding("git", State.GOOD, text)


def _write_problem(path: str) -> str:
    """Return why a folder cannot be written or made; "" if it can."""
    existing = path
    while not os.path.lexists(existing):
        existing = os.path.dirname(existing)
    if not os.path.isdir(existing):
        return f"{existing} is not a folder"
    if not os.access(existing, os.W_OK | os.X_OK):
        return f"cannot write to {existing}"
    return ""
