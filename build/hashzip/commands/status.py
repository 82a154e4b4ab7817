"""`hashzip status`: list functions, packages and layers."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import cast

from hashzip import pipeline, planning, terminal
from hashzip.artifacts.store import Sizes, latest_manifest
from hashzip.commands import _output, _parser, _prebuilt, _store, _table
from hashzip.commands._table import Column
from hashzip.planning import ScanCache
from hashzip.project.config import FILE_NAME, Project

HELP = "list functions: fingerprint, state, size"
DESCRIPTION = (
    "With a store in S3, says what is there. Ends with a total and the next command on a "
    "terminal. In a pipe, it has a line for each package, with tabs between the fields."
)
EXAMPLES = {
    "hashzip status": "which packages are built, and why the others are not",
    "hashzip status --json": "for programs",
}

_COLUMNS = (
    Column("FUNCTION"),
    Column("FINGERPRINT", may_hide=True),
    Column(
        "STATE",
        may_shorten=True,
        styles=(("built", terminal.GOOD), ("to build", terminal.WARNING)),
    ),
    Column("SIZE", is_number=True),
)
_STORE = Column(
    "STORE",
    styles=(("yes", terminal.GOOD), ("no", terminal.WARNING), ("damaged", terminal.ERROR)),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the format and the store."""
    _parser.add_json(parser)
    _store.add_arguments(parser)


def run(options: argparse.Namespace) -> None:
    """Print a row for each zip: of a function, of a package with its functions, of a layer."""
    project = _output.project(options)
    scan_cache = ScanCache()
    names = project.packages(project.targets)
    shared = _store.choose(project, options)
    prebuilt = {} if shared else _prebuilt.find(project, names)
    stored: Mapping[str, str] = {}
    if shared:
        from hashzip import transfer

        plans = [planning.plan(project, name, scan_cache) for name in names]
        stored = transfer.states(plans, shared)
    rows = [
        _row(project, name, *prebuilt[name], "")
        if name in prebuilt
        else _plan(project, name, scan_cache)
        for name in names
    ]
    if options.json:
        _output.document([row | _stored_json(stored, row) for row in rows])
    else:
        _table.show(
            (*_COLUMNS, _STORE) if shared else _COLUMNS,
            [
                (
                    _output.label(project, str(row["function"])),
                    str(row["fingerprint"])[: _output.DIGITS],
                    "built" if row["built"] else f"to build: {row['reason']}",
                    _output.megabytes(row["size"]) if isinstance(row["size"], int) else "-",
                    *stored.get(str(row["function"]), "").split(),
                )
                for row in rows
            ],
        )
        if terminal.is_terminal(sys.stdout):
            _output.line(_total(rows))
            print(f"{terminal.paint('next:', terminal.HINT, sys.stdout)} {_next(rows)}")


def _stored_json(stored: Mapping[str, str], row: Mapping[str, object]) -> dict[str, str]:
    state = stored.get(str(row["function"]))
    return {"store": state} if state else {}


def _total(rows: Sequence[Mapping[str, object]]) -> str:
    """Sum up: `17 built, 3 to build, 12.4 MB`; equal zips count once."""
    built = [row for row in rows if row["built"]]
    sizes = {row["fingerprint"]: cast("int", row["size"]) for row in built}
    parts = [f"{len(built)} built"] if built else []
    if len(built) < len(rows):
        parts.append(f"{len(rows) - len(built)} to build")
    if built:
        parts.append(_output.megabytes(sum(sizes.values())))
    return ", ".join(parts) or f"no functions in {FILE_NAME}"


def _next(rows: Sequence[Mapping[str, object]]) -> str:
    """Return the command that comes next."""
    if not rows:
        return "hashzip init"
    missing = [str(row["function"]) for row in rows if not row["built"]]
    if not missing:
        return "terraform plan"
    return "hashzip build" + (f" {missing[0]}" if len(missing) == 1 < len(rows) else "")


def _plan(project: Project, name: str, scan_cache: ScanCache) -> dict[str, object]:
    plan = planning.plan(project, name, scan_cache)
    sizes = pipeline.find(plan)
    reason = "" if sizes else pipeline.why(plan, latest_manifest(plan.store))
    return _row(project, name, plan.fingerprint, sizes, reason)


def _row(
    project: Project, name: str, fingerprint: str, sizes: Sizes | None, reason: str
) -> dict[str, object]:
    return {
        "function": name,
        **_output.functions_json(project, name),
        "fingerprint": fingerprint,
        "built": sizes is not None,
        "reason": reason,
        "size": sizes.zip if sizes else None,
        "unpacked_size": sizes.unpacked if sizes else None,
    }
