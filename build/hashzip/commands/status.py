"""`hashzip status`: a row a function."""

import argparse
import json

from hashzip import pipeline, planning
from hashzip.commands import output
from hashzip.planning import Survey


def run(options: argparse.Namespace) -> None:
    """Prints a row a function."""
    project = output.project(options)
    survey = Survey()
    rows = []
    for name in project.targets:
        blueprint = planning.examine(project, name, survey)
        sizes = blueprint.store.find(blueprint.fingerprint)
        rows.append(
            {
                "function": name,
                "fingerprint": blueprint.fingerprint,
                "built": sizes is not None,
                "reason": "" if sizes else pipeline.why(blueprint, blueprint.store.latest()),
                "size": sizes.zip if sizes else None,
                "unpacked_size": sizes.unpacked if sizes else None,
            }
        )
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
