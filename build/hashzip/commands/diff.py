"""`hashzip diff`: list what changed since an earlier build, or since the deployment."""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from hashzip import pipeline, planning, terminal
from hashzip.artifacts import changes
from hashzip.artifacts.changes import Changes
from hashzip.artifacts.manifest import Manifest
from hashzip.artifacts.store import latest_manifest
from hashzip.aws import client
from hashzip.builders.build_plan import BuildPlan
from hashzip.commands import _endpoint, _line_endings, _output, _parser, _text_diff
from hashzip.errors import HashzipError
from hashzip.inputs.files import LINK, FileEntry
from hashzip.project import user_key
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
    "hashzip diff hello --against deployed --exit-code": "for CI: fail if AWS runs other code",
}

_DEPLOYED = "deployed"


class _Comparison(NamedTuple):
    """Two builds and their differences.

    Attributes:
        files: Changes of files, by their paths in the package.
        packages: Changes of packages.
        recipe: Changes of the recipe.
        line_endings: The changed files that differ in their line endings alone.
        advice: What to do about these; "" if there are none.
        old: The files of the old build, by path.
        new: The files of the new build, by path.
    """

    files: Changes
    packages: Changes
    recipe: Sequence[str]
    line_endings: Sequence[str]
    advice: str
    old: Mapping[str, FileEntry]
    new: Mapping[str, FileEntry]

    @property
    def differs(self) -> bool:
        """Whether anything differs."""
        return any(self.files) or any(self.packages) or bool(self.recipe)

    @property
    def paths(self) -> Sequence[str]:
        """The paths of all files that differ, sorted."""
        return sorted([*self.files.added, *self.files.changed, *self.files.removed])


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
    parser.add_argument(
        "--exit-code",
        action="store_true",
        help="exit with 1 if anything differs, with 0 if not, and with 2 after an error",
    )
    _endpoint.add_arguments(parser)


def run(options: argparse.Namespace) -> None:
    """Print a line for each difference."""
    project = _output.project(options)
    plan = planning.plan(project, options.function)
    compare = _against_deployed if options.against == _DEPLOYED else _against_build
    differs = compare(project, plan, options)
    if differs and options.exit_code:
        sys.stdout.flush()
        raise SystemExit(1)
    if not differs and terminal.is_terminal(sys.stdout) and not options.json:
        print("no differences")


def _against_build(_project: Project, plan: BuildPlan, options: argparse.Namespace) -> bool:
    """Print how the inputs differ from those of an earlier build; return whether they do."""
    if _endpoint.is_named(options):
        raise HashzipError(
            "--function-name, --local, --remote, --profile and --region say where a deployed "
            "function is; builds are all here",
            f"add --against {_DEPLOYED}, or remove them",
        )
    old = _earlier_build(plan, options.against)
    new = plan.store.manifest(plan.fingerprint)
    packages = changes.packages(old.packages, new.packages) if new else Changes([], [], [])
    recipe = changes.recipe_changes(old.recipe, plan.recipe)
    comparison = _compare(plan, old.inputs, plan.inputs, packages, recipe, plan.read)
    _print(comparison, as_json=options.json)
    if options.text and not options.json:
        with _text_diff.open_zip(plan.store, old.fingerprint) as old_zip:
            for line in _text_diff.since(plan, old_zip, comparison.paths):
                _output.difference(line, is_short=False)
    return comparison.differs


def _against_deployed(project: Project, plan: BuildPlan, options: argparse.Namespace) -> bool:
    """Print how the built zip differs from the deployed one; return whether it does."""
    client.require_boto3()
    from hashzip.aws import deployed  # noqa: PLC0415 - it imports an extra

    name = _endpoint.function_name(project, options)
    manifest = plan.store.manifest(plan.fingerprint) if pipeline.find(plan) else None
    if manifest is None:
        raise HashzipError(
            f"{options.function} is not built from its current inputs",
            f"run: hashzip build {options.function}",
        )
    endpoint = _endpoint.choose(project, options)
    function = deployed.find(endpoint, name)
    new = manifest.artifact.entries
    settings = _settings(plan, project.function(options.function).handler)
    recipe = changes.recipe_changes(deployed.settings(function.configuration), settings)
    if function.configuration["CodeSha256"] == manifest.artifact.code_sha256:
        comparison = _compare(plan, new, new, Changes([], [], []), recipe, plan.read)
        _print(comparison, as_json=options.json)
        return comparison.differs
    with (
        deployed.opened(endpoint, name, function.location) as old_zip,
        _text_diff.open_zip(plan.store, plan.fingerprint) as new_zip,
    ):
        old = deployed.entries(old_zip)
        packages = changes.packages(deployed.packages(old), deployed.packages(new))
        comparison = _compare(plan, old, new, packages, recipe, new_zip.read)
        _print(comparison, as_json=options.json)
        if options.text and not options.json:
            for line in _text_diff.of_zips(old_zip, new_zip, comparison.paths):
                _output.difference(line, is_short=False)
    # Even with the same files: then another tool has packed them.
    return True


def _settings(plan: BuildPlan, handler: str) -> dict[str, str]:
    """Return the settings that a deployment would set, as `deployed.settings` names them."""
    target = plan.target
    return {
        "architecture": target.architecture,
        "handler": handler,
        "runtime": target.runtime,
    }


def _compare(
    plan: BuildPlan,
    old: Iterable[FileEntry],
    new: Iterable[FileEntry],
    packages: Changes,
    recipe: Sequence[str],
    read: Callable[[str], bytes],
) -> _Comparison:
    """Compare files, and put all differences together; `read` returns the content of a new file."""
    before, after = ({file.path: file for file in files} for files in (old, new))
    files = changes.files(before.values(), after.values())
    line_endings = changes.line_endings(before.values(), after.values(), read)
    inputs = [path.removeprefix(plan.target.prefix) for path in line_endings]
    advice = _line_endings.advice(plan, inputs) if inputs else ""
    return _Comparison(files, packages, recipe, line_endings, advice, before, after)


def _print(comparison: _Comparison, *, as_json: bool) -> None:
    files, packages, recipe = comparison.files, comparison.packages, comparison.recipe
    if as_json:
        document = {
            **files._asdict(),
            "line_endings": comparison.line_endings,
            "packages": packages._asdict(),
            "recipe": recipe,
        }
        _output.document(document)
        return
    for line in _lines(comparison):
        _output.difference(line)
    for sign, names in (("+", packages.added), ("~", packages.changed), ("-", packages.removed)):
        for name in names:
            _output.difference(f"{sign} package {name}")
    for change in recipe:
        _output.difference(f"~ {change}")
    if comparison.advice:
        _output.line(f"hint: {comparison.advice}")


def _earlier_build(plan: BuildPlan, against: str | None) -> Manifest:
    """Find the build to compare with: the last one, or the one with a fingerprint.

    Raises:
        HashzipError: There is no such build, or several.
    """
    name, store = plan.target.name, plan.store
    if against is None:
        last = latest_manifest(store)
        if last is None:
            _require_own(plan, store.latest() or "")
            raise HashzipError(f"there is no build of {name} here", f"run: hashzip build {name}")
        return last
    fingerprints = store.fingerprints()
    matches = [fingerprint for fingerprint in fingerprints if fingerprint.startswith(against)]
    if len(matches) > 1:
        raise HashzipError(
            f'{len(matches)} builds of {name} start with "{against}"', "write more digits"
        )
    manifest = store.manifest(matches[0]) if matches else None
    if manifest is None:
        _require_own(plan, matches[0] if matches else "")
        known = ", ".join(fingerprint[: _output.DIGITS] for fingerprint in fingerprints) or "none"
        raise HashzipError(f'no build of {name} here starts with "{against}"', f"known: {known}")
    return manifest


def _require_own(plan: BuildPlan, fingerprint: str) -> None:
    """Refuse a build that another user made, or that came with the project.

    Raises:
        HashzipError: There is such a build.
    """
    if plan.store.untrusted_manifest(fingerprint):
        raise HashzipError(
            f"the build {fingerprint[: _output.DIGITS]} of {plan.target.name} was not built by "
            "this user, so what it says of itself is not believed",
            f"check out its commit and run: hashzip build {plan.target.name}; "
            f"or {user_key.SHARE_HINT}",
        )


def _lines(comparison: _Comparison) -> Iterator[str]:
    files, old, new = comparison.files, comparison.old, comparison.new
    for path in files.added:
        yield f"+ {path} ({_size(new[path])})"
    for path in files.changed:
        before, after = old[path], new[path]
        if LINK in (before.mode, after.mode):
            yield f"~ {path} ({_arrow(_size(before), _size(after))})"
            continue
        sizes = _arrow(f"{before.size:,}", f"{after.size:,}")
        mode = _arrow(f"{before.mode:04o}", f"{after.mode:04o}")
        note = f", mode {mode}" if ">" in mode else ""
        if path in comparison.line_endings:
            note = ", only line endings differ"
        yield f"~ {path} ({sizes} bytes{note})"
    for path in files.removed:
        yield f"- {path} ({_size(old[path])})"


def _size(file: FileEntry) -> str:
    return "a link" if file.mode == LINK else f"{file.size:,} bytes"


def _arrow(old: str, new: str) -> str:
    return old if old == new else f"{old} -> {new}"
