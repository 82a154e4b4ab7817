"""`hashzip status`: list functions and layers."""

import argparse
import json
from collections.abc import Mapping

from hashzip import pipeline, planning
from hashzip.artifacts.store import Sizes, latest_manifest
from hashzip.commands import _output, _parser, _prebuilt
from hashzip.planning import ScanCache
from hashzip.project.config import Project

HELP = "list functions: fingerprint, state, size"
DESCRIPTION = ""
EXAMPLES: Mapping[str, str] = {}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the format."""
    _parser.add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Print a row for each function and layer."""
    project = _output.project(options)
    scan_cache = ScanCache()
    prebuilt = _prebuilt.find(project, list(project.targets))
    rows = [
        _row(name, *prebuilt[name], "") if name in prebuilt else _plan(project, name, scan_cache)
        for name in project.targets
    ]
    if options.json:
        print(json.dumps(rows, indent=2))
    else:
        _output.table(
            ("FUNCTION", "FINGERPRINT", "STATE", "SIZE"),
            [
                (
                    str(row["function"]),
                    str(row["fingerprint"])[: _output.DIGITS],
                    "built" if row["built"] else f"to build: {row['reason']}",
                    _output.megabytes(row["size"]) if isinstance(row["size"], int) else "-",
                )
                for row in rows
            ],
        )


def _plan(project: Project, name: str, scan_cache: ScanCache) -> dict[str, object]:
    plan = planning.plan(project, name, scan_cache)
    sizes = plan.store.find(plan.fingerprint)
    reason = "" if sizes else pipeline.why(plan, latest_manifest(plan.store))
    return _row(name, plan.fingerprint, sizes, reason)


def _row(name: str, fingerprint: str, sizes: Sizes | None, reason: str) -> dict[str, object]:
    return {
        "function": name,
        "fingerprint": fingerprint,
        "built": sizes is not None,
        "reason": reason,
        "size": sizes.zip if sizes else None,
        "unpacked_size": sizes.unpacked if sizes else None,
    }
