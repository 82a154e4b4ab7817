"""`hashzip external`: answers Terraform's external data source."""

import json
import os
import sys
from typing import TYPE_CHECKING

from hashzip import planning
from hashzip.commands import _query
from hashzip.project import config
from hashzip.project.targets import Function

if TYPE_CHECKING:
    from argparse import Namespace
    from types import SimpleNamespace


def run(options: "Namespace | SimpleNamespace") -> None:
    """Reads a query on stdin, and prints the answer on stdout: JSON, and nothing else."""
    query = _query.parse_query(sys.stdin.buffer.read())
    project = config.load(os.path.join(options.project or "", query.project))
    plan = planning.plan(project, query.function)
    if query.build:
        from hashzip import pipeline  # noqa: PLC0415 - most plans build nothing

        pipeline.build(plan)
    target, reference = plan.target, plan.store.reference(plan.fingerprint)
    answer = {
        "fingerprint": plan.fingerprint,
        "filename": _query.relative(reference["zip"]),
        "handler": target.handler if isinstance(target, Function) else "",
        "runtime": target.runtime,
        "architecture": target.architecture,
        "files": json.dumps(plan.answer.summary),
        "recipe": json.dumps(plan.recipe),
        "manifest": _query.relative(reference["manifest"]),
    }
    print(json.dumps(answer))
