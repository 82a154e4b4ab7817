"""`hashzip external`: answers Terraform's external data source."""

import json
import os
import sys
from typing import TYPE_CHECKING

from hashzip import config, planning, terraform
from hashzip.targets import Function

if TYPE_CHECKING:
    from argparse import Namespace
    from types import SimpleNamespace


def run(options: "Namespace | SimpleNamespace") -> None:
    """Reads a query on stdin, and prints the answer on stdout: JSON, and nothing else."""
    query = terraform.parse_query(sys.stdin.buffer.read())
    project = config.load(os.path.join(options.project or "", query.project))
    blueprint = planning.examine(project, query.function)
    if query.build:
        from hashzip import pipeline  # noqa: PLC0415 - most plans build nothing

        pipeline.build(blueprint)
    store, target = blueprint.store, blueprint.target
    answer = {
        "fingerprint": blueprint.fingerprint,
        "filename": terraform.relative(store.zip_path(blueprint.fingerprint)),
        "handler": target.handler if isinstance(target, Function) else "",
        "runtime": target.runtime,
        "architecture": target.architecture,
        "files": json.dumps(blueprint.answer.summary),
        "recipe": json.dumps(blueprint.recipe),
        "manifest": terraform.relative(store.manifest_path(blueprint.fingerprint)),
    }
    print(json.dumps(answer))
