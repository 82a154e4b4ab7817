"""`hashzip status`: a row a function."""

import argparse
import json

from hashzip import found, pipeline, planning
from hashzip.commands import output
from hashzip.config import Project
from hashzip.planning import Survey
from hashzip.store import Sizes


def run(options: argparse.Namespace) -> None:
    """Prints a row a function."""
    project = output.project(options)
    survey = Survey()
    known = found.among(project, list(project.targets))
    rows = [
        _row(name, *known[name], "") if name in known else _examined(project, name, survey)
        for name in project.targets
    ]
    if options.json:
        print(json.dumps(rows, indent=2))
    else:
        output.table(
            ("FUNCTION", "FINGERPRINT", "STATE", "SIZE"),
            [
                (
                    str(row["function"]),
                    str(row["fingerprint"])[: output.DIGITS],
                    "built" if row["built"] else f"to build: {row['reason']}",
                    output.megabytes(row["size"]) if isinstance(row["size"], int) else "-",
                )
                for row in rows
            ],
        )


def _examined(project: Project, name: str, survey: Survey) -> dict[str, object]:
    blueprint = planning.examine(project, name, survey)
    sizes = blueprint.store.find(blueprint.fingerprint)
    reason = "" if sizes else pipeline.why(blueprint, blueprint.store.latest())
    return _row(name, blueprint.fingerprint, sizes, reason)


def _row(name: str, fingerprint: str, sizes: Sizes | None, reason: str) -> dict[str, object]:
    return {
        "function": name,
        "fingerprint": fingerprint,
        "built": sizes is not None,
        "reason": reason,
        "size": sizes.zip if sizes else None,
        "unpacked_size": sizes.unpacked if sizes else None,
    }
