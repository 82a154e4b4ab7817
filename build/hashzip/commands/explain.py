"""`hashzip explain`: explain why a package will be rebuilt, or not."""

import argparse
from collections.abc import Iterator, Sequence

from hashzip import pipeline, planning
from hashzip.artifacts import changes
from hashzip.artifacts.manifest import Manifest
from hashzip.artifacts.store import latest_manifest
from hashzip.builders.build_plan import BuildPlan
from hashzip.commands import _line_endings, _output, _parser
from hashzip.inputs.files import FileEntry

HELP = "explain why a package will be rebuilt, or not"
DESCRIPTION = (
    "Compares each group of inputs with the last build that was made here, and their line endings "
    "with git."
)
EXAMPLES = {"hashzip explain hello": "the files and settings that changed"}

_VERBS = ("was added", "changed", "was removed")  # in the order of `Changes`


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the function."""
    _parser.add_function(parser)


def run(options: argparse.Namespace) -> None:
    """Print a sentence for each group of inputs."""
    project = _output.project(options)
    plan = planning.plan(project, options.function)
    last = latest_manifest(plan.store)
    functions = _output.packaged(project, plan.target.name)
    if functions:
        runs = "runs" if len(functions) == 1 else "run"
        print(f"{', '.join(functions)} {runs} the package {plan.target.name}.")
    for line in (*_sentences(plan, last), *_line_endings.sentences(plan, last)):
        _output.line(line)


def _sentences(plan: BuildPlan, last: Manifest | None) -> Iterator[str]:
    name = plan.target.name
    fingerprint = plan.fingerprint[: _output.DIGITS]
    requirements, sources = plan.deciding_inputs, plan.packed_inputs
    lock = plan.target.options.get("requirements")
    if pipeline.find(plan):
        yield f"{name} will not be rebuilt: its inputs are those of the build {fingerprint}."
    elif pipeline.is_foreign(plan):
        yield f"{name} will be rebuilt: this user did not build {fingerprint}, which is here."
    elif last is None:
        yield f"{name} will be built: first build here."
    elif last.fingerprint == plan.fingerprint:
        yield f"{name} will be rebuilt: the zip of the build {fingerprint} is missing or damaged."
    else:
        before = last.fingerprint[: _output.DIGITS]
        yield f"{name} will be rebuilt: its inputs differ from those of the last build, {before}."
    if last is None or last.fingerprint == plan.fingerprint:
        folders = ", ".join(plan.target.sources) or "no folder"
        if not plan.packs_sources:
            yield f"Inputs: {_files(requirements)}, from which a program in {folders} builds it."
        else:
            yield f"Sources: {_files(sources)} in {folders}."
        if lock:
            yield f"Requirements: {lock}, {_files(requirements)} in all."
        recipe = {**plan.recipe, "requirements": None}
        parts = [f"{key} {changes.as_written(value)}" for key, value in recipe.items() if value]
        yield f"Recipe: {', '.join(parts)}."
        return
    was_locked = [file for file in last.inputs if file.path.startswith("//")]
    was_source = [file for file in last.inputs if not file.path.startswith("//")]
    if not plan.packs_sources:
        yield from _group("Inputs", was_locked, requirements)
    else:
        yield from _group("Sources", was_source, sources)
        yield from _group("Requirements", was_locked, requirements)
    recipe_changes = changes.recipe_changes(last.recipe, plan.recipe)
    yield f"Recipe: {'; '.join(recipe_changes) or 'unchanged'}."


def _group(name: str, old: Sequence[FileEntry], new: Sequence[FileEntry]) -> Iterator[str]:
    differences = changes.files(old, new)
    if not any(differences):
        yield f"{name}: {'unchanged' if new else 'none, as before'}."
        return
    count = sum(map(len, differences))
    yield f"{name}: {count} of {_files(new)} {'differs' if count == 1 else 'differ'}."
    for verb, paths in zip(_VERBS, differences, strict=True):
        for path in paths:
            yield f"  {changes.as_written(path)} {verb}."


def _files(files: Sequence[FileEntry]) -> str:
    return f"{len(files)} file{'' if len(files) == 1 else 's'}"
