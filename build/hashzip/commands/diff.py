"""`hashzip diff`: what differs from an earlier build."""

import argparse
import difflib
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from hashzip import changes, planning
from hashzip.changes import Changes
from hashzip.commands import output
from hashzip.errors import HashzipError
from hashzip.manifest import Manifest
from hashzip.planning import Blueprint


def run(options: argparse.Namespace) -> None:
    """Prints a line a difference."""
    blueprint = planning.examine(output.project(options), options.function)
    old = _old(blueprint, options.against)
    files = changes.compare(changes.digests(old.inputs), changes.digests(blueprint.inputs))
    now = blueprint.store.manifest(blueprint.fingerprint)
    packages = changes.packages(old.packages, now.packages) if now else Changes([], [], [])
    recipe = changes.recipe_changes(old.recipe, blueprint.recipe)
    if options.json:
        found = {**files._asdict(), "packages": packages._asdict(), "recipe": recipe}
        print(json.dumps(found, indent=2))
        return
    before = {file.path: f"{file.size:,}" for file in old.inputs}
    after = {file.path: f"{file.size:,}" for file in blueprint.inputs}
    for line in _lines(files, before, after):
        print(line)
    for sign, names in (("+", packages.added), ("~", packages.changed), ("-", packages.removed)):
        for name in names:
            print(f"{sign} package {name}")
    for change in recipe:
        print(f"~ {change}")
    if options.text:
        for line in _text(blueprint, old, files):
            print(line)


def _old(blueprint: Blueprint, against: str | None) -> Manifest:
    """Finds the build to compare with: the last one, or that with a fingerprint.

    Raises:
        HashzipError: There is none, or several.
    """
    name, store = blueprint.target.name, blueprint.store
    if against is None:
        last = store.latest()
        if last is None:
            raise HashzipError(f"{name} was never built here", f"run: hashzip build {name}")
        return last
    fingerprints = [one for one in store.fingerprints() if one.startswith(against)]
    if len(fingerprints) > 1:
        raise HashzipError(
            f"{len(fingerprints)} builds of {name} start with {against}", "add digits"
        )
    manifest = store.manifest(fingerprints[0]) if fingerprints else None
    if manifest is None:
        there = ", ".join(one[: output.DIGITS] for one in store.fingerprints()) or "none"
        raise HashzipError(f"there is no build of {name} here with {against}", f"known: {there}")
    return manifest


def _lines(files: Changes, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for path in files.added:
        yield f"+ {path} ({new[path]} bytes)"
    for path in files.changed:
        sizes = old[path] if old[path] == new[path] else f"{old[path]} -> {new[path]}"
        yield f"~ {path} ({sizes} bytes)"
    for path in files.removed:
        yield f"- {path} ({old[path]} bytes)"


def _text(blueprint: Blueprint, old: Manifest, files: Changes) -> Iterator[str]:
    """Compares what is in the files, as far as they are text and were packed."""
    prefix = blueprint.target.prefix
    here = {file.path: Path(file.location.decode()) for file in blueprint.files}
    with _open(blueprint.store.zip_path(old.fingerprint)) as archive:
        packed = {name.removeprefix(prefix) for name in archive.namelist()}
        for path in sorted([*files.added, *files.changed, *files.removed]):
            before = archive.read(prefix + path) if path in packed else b""
            after = here[path].read_bytes() if path in here else b""
            yield from _compare(path, before, after)


def _compare(path: str, before: bytes, after: bytes) -> Iterator[str]:
    try:
        old, new = (content.decode().splitlines() for content in (before, after))
    except UnicodeDecodeError:
        yield f"{path} is not text"
        return
    yield from difflib.unified_diff(old, new, f"a/{path}", f"b/{path}", lineterm="")


def _open(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise HashzipError(
            f"cannot compare with {path}: {error}", "without --text, its manifest is enough"
        ) from error
