"""`hashzip external`: answer Terraform's external data source."""

import io
import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from hashzip import planning
from hashzip.builders.build_plan import BuildPlan
from hashzip.commands import _query
from hashzip.project.targets import Function

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from types import SimpleNamespace

HELP = "answer Terraform's external data source"
DESCRIPTION = (
    "Reads a JSON query from standard input, and prints the answer as JSON. The Terraform modules "
    "run it on every plan."
)
EXAMPLES = {
    'echo \'{"project": ".", "function": "hello"}\' | hashzip external': "query by hand",
}


def add_arguments(_parser: "ArgumentParser") -> None:
    """Add nothing: all is in the query."""


def run(options: "Namespace | SimpleNamespace") -> None:
    """Read a query from standard input, and print its answer: JSON, and nothing else."""
    text = _query.read()
    query = _query.parse_query(text)
    project = planning.load_project(os.path.join(options.project or "", query.project))
    target = _query.target(project, query)
    plan = planning.plan(project, query.name)
    if query.build:
        from hashzip import pipeline  # noqa: PLC0415 - most plans build nothing

        _put_back(text)
        pipeline.build(plan)
    reference = plan.store.reference(plan.fingerprint)
    answer = {
        "fingerprint": plan.fingerprint,
        "filename": _query.relative(reference["zip"]),
        "handler": target.handler if isinstance(target, Function) else "",
        "runtime": target.runtime,
        "architecture": target.architecture,
        "files": json.dumps(plan.result.summary),
        "recipe": json.dumps(_shown(plan.recipe)),
        "manifest": _query.relative(reference["manifest"]),
        "warnings": _joined([*plan.warnings, *_foreign_zip(plan)]),
    }
    print(json.dumps(answer))


def _shown(value: object) -> object:
    """Return a recipe as a plan shows it: Terraform prints it into a workflow's log as it is."""
    match value:
        case str() if not value.isprintable() or "##" in value:
            from hashzip.printable import escaped  # noqa: PLC0415 - most recipes have no such text

            return escaped(value)
        case dict():
            return {key: _shown(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_shown(inner) for inner in value]
    return value


def _foreign_zip(plan: BuildPlan) -> Sequence[str]:
    """Warn of a zip that Terraform would take as it is, if it needs one and plans no build."""
    store, fingerprint = plan.store, plan.fingerprint
    if not store.is_doubtful(fingerprint) or store.find(fingerprint):
        return ()
    from hashzip.archive import comparison

    if comparison.compared(plan):
        return ()
    path = _query.relative(store.reference(fingerprint)["zip"])
    return (f"{path} was not built by this user; run: hashzip build {plan.target.name}",)


def _joined(warnings: Sequence[str]) -> str:
    """Return warnings as one text, which Terraform prints as it is."""
    if not warnings:
        return ""
    from hashzip.printable import printable  # noqa: PLC0415 - most plans warn of nothing

    return "; ".join(map(printable, warnings))


def _put_back(query: bytes) -> None:
    """Let standard input have the query again: to install packages, hashzip starts again."""
    import tempfile

    with suppress(io.UnsupportedOperation), tempfile.TemporaryFile() as file:
        stdin = sys.stdin.fileno()  # a test's standard input is no file
        file.write(query)
        file.seek(0)
        os.dup2(file.fileno(), stdin)
