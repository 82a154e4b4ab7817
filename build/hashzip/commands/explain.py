"""`hashzip explain`: why a package will be rebuilt, or why not, in sentences."""

import argparse
from collections.abc import Iterator, Sequence

from hashzip import changes, planning
from hashzip.blueprint import Blueprint
from hashzip.commands import output
from hashzip.fingerprint import Input
from hashzip.manifest import Manifest

_VERBS = ("is new", "changed", "is gone")  # in the order of `Changes`


def run(options: argparse.Namespace) -> None:
    """Prints a sentence for each group of inputs."""
    blueprint = planning.examine(output.project(options), options.function)
    for line in _sentences(blueprint, blueprint.store.latest()):
        print(line)


def _sentences(blueprint: Blueprint, last: Manifest | None) -> Iterator[str]:
    name = blueprint.target.name
    now = blueprint.fingerprint[: output.DIGITS]
    locked = len(blueprint.consulted)
    requirements, sources = blueprint.inputs[:locked], blueprint.inputs[locked:]
    if blueprint.store.find(blueprint.fingerprint):
        yield f"{name} will not be rebuilt: its inputs are those of {now}, which is built."
    elif last is None:
        yield f"{name} will be built: it was never built here."
    elif last.fingerprint == blueprint.fingerprint:
        yield f"{name} will be built again: its inputs are those of {now}, whose zip is damaged."
    else:
        yield f"{name} will be rebuilt: it differs from the last build, {last.fingerprint[:12]}."
    if last is None or last.fingerprint == blueprint.fingerprint:
        folders = ", ".join(blueprint.target.sources) or "no folder"
        if blueprint.making:
            yield f"Inputs: {_files(requirements)}, from which a program in {folders} makes it."
        else:
            yield f"Sources: {_files(sources)} in {folders}."
        if blueprint.lock:
            yield f"Requirements: {blueprint.lock.path}, {_files(requirements)} in all."
        recipe = {**blueprint.recipe, "requirements": None}
        yield f"Recipe: {', '.join(f'{key} {value}' for key, value in recipe.items() if value)}."
        return
    was_locked = [file for file in last.inputs if file.path.startswith("//")]
    was_source = [file for file in last.inputs if not file.path.startswith("//")]
    if blueprint.making:
        yield from _group("Inputs", was_locked, requirements)
    else:
        yield from _group("Sources", was_source, sources)
        yield from _group("Requirements", was_locked, requirements)
    differ = changes.recipe_changes(last.recipe, blueprint.recipe)
    yield f"Recipe: {'; '.join(differ)}." if differ else "Recipe: as it was."


def _group(what: str, old: Sequence[Input], new: Sequence[Input]) -> Iterator[str]:
    found = changes.files(old, new)
    if not any(found):
        yield f"{what}: {'as they were' if new else 'none, as before'}."
        return
    count = sum(map(len, found))
    yield f"{what}: {count} of {_files(new)} {'differs' if count == 1 else 'differ'}."
    for verb, paths in zip(_VERBS, found, strict=True):
        for path in paths:
            yield f"  {path} {verb}."


def _files(files: Sequence[Input]) -> str:
    return f"{len(files)} file{'' if len(files) == 1 else 's'}"
