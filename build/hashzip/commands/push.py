"""`hashzip push`: put built packages into the store that machines share."""

import argparse

from hashzip import planning
from hashzip.commands import _output, _parser, _progress, _store
from hashzip.planning import ScanCache

HELP = "put built packages into the store in S3"
DESCRIPTION = (
    "Builds nothing: a package that is not built is an error. What is in the store stays as it is; "
    "if it has other bytes than the package here, that is an error, too."
)
EXAMPLES = {
    "hashzip push": "all that hashzip.toml has",
    "hashzip push hello --store s3://artifacts/lambda": "one function, into a store that "
    "hashzip.toml does not name",
    "hashzip push hello --force": "replace a damaged one",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the packages, the store, and whether to replace what is there."""
    parser.add_argument(
        "functions", nargs="*", metavar="FUNCTION", help=f"{_parser.TARGET} (default: all)"
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="replace a package in the store that is damaged or has other bytes",
    )
    _store.add_url(parser)


def run(options: argparse.Namespace) -> None:
    """Put what is missing there, and print a line for each package."""
    project = _output.project(options)
    names = project.packages(options.functions or project.targets)
    shared = _store.require(project, options)
    from hashzip import transfer

    scan_cache = ScanCache()
    plans = [planning.plan(project, name, scan_cache) for name in names]
    with _progress.shown():
        for plan in plans:
            name = plan.target.name
            is_pushed = transfer.push(plan, shared, force=options.force)
            verb = "pushed" if is_pushed else "is there already"
            url = shared.store(name).reference(plan.fingerprint)["zip"]
            _output.line(f"{_output.label(project, name)}: {verb}: {url}")
