"""`hashzip diff`: what changed since the last build."""

import argparse
import json

from hashzip import changes, planning
from hashzip.commands import output
from hashzip.errors import HashzipError


def run(options: argparse.Namespace) -> None:
    """Prints a line a difference."""
    blueprint = planning.examine(output.project(options), options.function)
    last = blueprint.store.latest()
    if last is None:
        raise HashzipError(
            f"{options.function} was never built here", f"run: hashzip build {options.function}"
        )
    files = changes.compare(changes.digests(last.inputs), changes.digests(blueprint.inputs))
    recipe = changes.recipe_changes(last.recipe, blueprint.recipe)
    if options.json:
        print(json.dumps({**files._asdict(), "recipe": recipe}, indent=2))
        return
    for sign, paths in (("+", files.added), ("~", files.changed), ("-", files.removed)):
        for path in paths:
            print(f"{sign} {path}")
    for change in recipe:
        print(f"~ {change}")
