"""`hashzip diff`: list what changed since an earlier build, or since the deployment."""

import argparse
import difflib
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from hashzip import planning
from hashzip.artifacts import changes
from hashzip.artifacts.changes import Changes
from hashzip.artifacts.manifest import Manifest
from hashzip.artifacts.store import Store, latest_manifest
from hashzip.builders.build_plan import BuildPlan
from hashzip.commands import _endpoint, _output, _parser
from hashzip.errors import HashzipError
from hashzip.inputs.files import FileEntry
from hashzip.project.config import Project

HELP = "list files and packages that changed since an earlier build"
DESCRIPTION = (
    "Packages are compared once both builds are there. With --against deployed, compares the zip "
    "that is built with the one that is deployed, file by file, and the function's handler, "
    "runtime and architecture; not its layers, environment and other settings."
)
EXAMPLES = {
    "hashzip diff hello": "since the last build",
    "hashzip diff hello --against 6381aa --text": "since another build, line by line",
    "hashzip diff hello --against deployed": "what a deployment would change",
}

_DEPLOYED = "deployed"


class _Compared(NamedTuple):
    """Two builds, and what differs: files by their paths in the package."""

    files: Changes
    packages: Changes
    recipe: Sequence[str]
    old: Mapping[str, FileEntry]
    new: Mapping[str, FileEntry]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the function, and what to compare it with."""
    _parser.add_json(parser)
    _parser.add_function(parser)
    parser.add_argument(
        "--against",
        metavar="FINGERPRINT",
        help=f"first digits of an earlier build; or `{_DEPLOYED}`: the zip that runs in AWS",
    )
    parser.add_argument("--text", action="store_true", help="compare the contents of files, too")
    _endpoint.add_arguments(parser)


def run(options: argparse.Namespace) -> None:
    """Print a line for each difference."""
    project = _output.project(options)
    plan = planning.plan(project, options.function)
    if options.against == _DEPLOYED:
        _against_deployed(project, plan, options)
        return
    if _endpoint.is_named(options):
        raise HashzipError(
            "where a function runs is of no account to builds", f"add --against {_DEPLOYED}"
        )
    old = _old(plan, options.against)
    now = plan.store.manifest(plan.fingerprint)
    packages = changes.packages(old.packages, now.packages) if now else Changes([], [], [])
    recipe = changes.recipe_changes(old.recipe, plan.recipe)
    compared = _compare(old.inputs, plan.inputs, packages, recipe)
    _print(compared, as_json=options.json)
    if options.text and not options.json:
        for line in _text(plan, old, compared.files):
            print(line)


def _against_deployed(project: Project, plan: BuildPlan, options: argparse.Namespace) -> None:
    """Prints how the zip that runs differs from the one that is built."""
    from hashzip.aws import deployed  # noqa: PLC0415 - needs what other comparisons do not

    name = _endpoint.function_name(project, options)
    manifest = plan.store.manifest(plan.fingerprint)
    if manifest is None or not plan.store.find(plan.fingerprint):
        raise HashzipError(
            f"{options.function} is not built as it is now",
            f"run: hashzip build {options.function}",
        )
    place = _endpoint.choose(project, options)
    found = deployed.find(place, name)
    new = manifest.artifact.entries
    recipe = changes.recipe_changes(deployed.settings(found.configuration), deployed.wanted(plan))
    if found.configuration["CodeSha256"] == manifest.artifact.code_sha256:
        _print(_compare(new, new, Changes([], [], []), recipe), as_json=options.json)
        return
    with deployed.opened(place, name, found.location) as before:
        old = deployed.entries(before)
        packages = changes.packages(deployed.packages(old), deployed.packages(new))
        compared = _compare(old, new, packages, recipe)
        _print(compared, as_json=options.json)
        if options.text and not options.json:
            with _open(plan.store, plan.fingerprint) as after:
                for line in _text_of_zips(before, after, compared):
                    print(line)


def _compare(
    old: Iterable[FileEntry], new: Iterable[FileEntry], packages: Changes, recipe: Sequence[str]
) -> _Compared:
    before, after = ({file.path: file for file in files} for files in (old, new))
    files = changes.files(before.values(), after.values())
    return _Compared(files, packages, recipe, before, after)


def _print(compared: _Compared, *, as_json: bool) -> None:
    files, packages, recipe = compared.files, compared.packages, compared.recipe
    if as_json:
        found = {**files._asdict(), "packages": packages._asdict(), "recipe": recipe}
        print(json.dumps(found, indent=2))
        return
    for line in _lines(files, compared.old, compared.new):
        print(line)
    for sign, names in (("+", packages.added), ("~", packages.changed), ("-", packages.removed)):
        for name in names:
            print(f"{sign} package {name}")
    for change in recipe:
        print(f"~ {change}")


def _old(plan: BuildPlan, against: str | None) -> Manifest:
    """Finds the build to compare with: the last one, or that with a fingerprint.

    Raises:
        HashzipError: There is none, or several.
    """
    name, store = plan.target.name, plan.store
    if against is None:
        last = latest_manifest(store)
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
        there = ", ".join(one[: _output.DIGITS] for one in store.fingerprints()) or "none"
        raise HashzipError(f"there is no build of {name} here with {against}", f"known: {there}")
    return manifest


def _lines(
    files: Changes, old: Mapping[str, FileEntry], new: Mapping[str, FileEntry]
) -> Iterator[str]:
    for path in files.added:
        yield f"+ {path} ({new[path].size:,} bytes)"
    for path in files.changed:
        before, after = old[path], new[path]
        sizes = _arrow(f"{before.size:,}", f"{after.size:,}")
        mode = _arrow(f"{before.mode:04o}", f"{after.mode:04o}")
        yield f"~ {path} ({sizes} bytes{f', mode {mode}' if '>' in mode else ''})"
    for path in files.removed:
        yield f"- {path} ({old[path].size:,} bytes)"


def _arrow(old: str, new: str) -> str:
    return old if old == new else f"{old} -> {new}"


def _text(plan: BuildPlan, old: Manifest, files: Changes) -> Iterator[str]:
    """Compares what is in the files, as far as they are text and were packed."""
    prefix = plan.target.prefix
    here = {file.path: Path(file.location.decode()) for file in plan.packed_files}
    with _open(plan.store, old.fingerprint) as archive:
        packed = {name.removeprefix(prefix) for name in archive.namelist()}
        for path in sorted([*files.added, *files.changed, *files.removed]):
            before = archive.read(prefix + path) if path in packed else b""
            after = here[path].read_bytes() if path in here else b""
            yield from _compare_text(path, before, after)


def _text_of_zips(
    before: zipfile.ZipFile, after: zipfile.ZipFile, compared: _Compared
) -> Iterator[str]:
    files = compared.files
    for path in sorted([*files.added, *files.changed, *files.removed]):
        old = before.read(path) if path in compared.old else b""
        new = after.read(path) if path in compared.new else b""
        yield from _compare_text(path, old, new)


def _compare_text(path: str, before: bytes, after: bytes) -> Iterator[str]:
    try:
        old, new = (content.decode().splitlines() for content in (before, after))
    except UnicodeDecodeError:
        yield f"{path} is not text"
        return
    yield from difflib.unified_diff(old, new, f"a/{path}", f"b/{path}", lineterm="")


@contextmanager
def _open(store: Store, fingerprint: str) -> Iterator[zipfile.ZipFile]:
    with ExitStack() as stack:
        try:
            file = stack.enter_context(store.open_zip(fingerprint))
            archive = stack.enter_context(zipfile.ZipFile(file))
        except (OSError, zipfile.BadZipFile) as error:
            raise HashzipError(
                f"cannot compare with {store.reference(fingerprint)['zip']}: {error}",
                "without --text, its manifest is enough",
            ) from error
        yield archive
