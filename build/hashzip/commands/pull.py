"""`hashzip pull`: fetch packages from the store that machines share."""

import argparse

from hashzip import planning
from hashzip.commands import _output, _parser, _progress, _store
from hashzip.planning import ScanCache

HELP = "fetch packages from the store in S3, as their inputs are now"
DESCRIPTION = (
    "Each zip goes into dist/ where a build would put it, after all that is in it was compared "
    "with its manifest, and that with the fingerprint of the inputs."
)
EXAMPLES = {
    "hashzip pull": "all that hashzip.toml has",
    "hashzip pull hello": "one function",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the packages and the store."""
    parser.add_argument(
        "functions", nargs="*", metavar="FUNCTION", help=f"{_parser.TARGET} (default: all)"
    )
    _store.add_url(parser)


def run(options: argparse.Namespace) -> None:
    """Fetch what is not here, and print a line for each package."""
    project = _output.project(options)
    names = project.packages(options.functions or project.targets)
    shared = _store.require(project, options)
    from hashzip import transfer

    scan_cache = ScanCache()
    plans = [planning.plan(project, name, scan_cache) for name in names]
    with _progress.shown():
        for plan in plans:
            name = plan.target.name
            is_pulled = transfer.pull(plan, shared)
            verb = "pulled" if is_pulled else "is here already"
            url = shared.store(name).reference(plan.fingerprint)["zip"]
            _output.line(f"{_output.label(project, name)}: {verb}: {url}")
