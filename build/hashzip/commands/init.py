"""`hashzip init`: adopt the functions of a repository."""

import argparse
import sys
from typing import TYPE_CHECKING

from hashzip import planning
from hashzip.commands import _output, _parser, _progress
from hashzip.errors import HashzipError, warn
from hashzip.project.targets import ARCHITECTURES

if TYPE_CHECKING:
    from hashzip.adopt.proposal import Proposal
    from hashzip.adopt.repository import Repository

_SHOWN = 5  # lists of packages without a lock, before the others are only counted

HELP = "find the functions of a repository, and write hashzip.toml for them"
DESCRIPTION = (
    "Reads Terraform, SAM's template.yaml, serverless.yml and source code in Python, Node.js, Go "
    "and Rust. Shows what it found and what it will write, and asks before it writes. Adds to a "
    "hashzip.toml that is there. Shows how your Terraform would use the packages, and changes it "
    "only with --write-terraform."
)
EXAMPLES = {
    "hashzip init": "find the functions",
    "hashzip init --yes --write-terraform": "change the Terraform that is there, too",
    "hashzip init --source src --handler app.handler --yes": "name one, and do not ask",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the function to name, its settings, and where Terraform runs."""
    parser.add_argument(
        "--source", metavar="DIR", help="folder of a function (default: find all functions)"
    )
    parser.add_argument("--handler", metavar="MODULE.FUNCTION", help="what Lambda calls")
    parser.add_argument(
        "--function", metavar="NAME", help="its name (default: what its code is called)"
    )
    parser.add_argument("--requirements", metavar="FILE", help="its lock file")
    parser.add_argument(
        "--runtime",
        metavar="RUNTIME",
        help="its runtime (default: what the repository says, such as .python-version)",
    )
    parser.add_argument(
        "--architecture",
        choices=ARCHITECTURES,
        help="its architecture (default: what the repository says, or x86_64)",
    )
    parser.add_argument(
        "--infra",
        metavar="DIR",
        help="folder of the Terraform configuration (default: the one that is there, or infra)",
    )
    parser.add_argument(
        "--write-terraform",
        action="store_true",
        help="change the Terraform that is there, so that it uses the packages",
    )
    parser.add_argument(
        "--lock",
        action="store_true",
        help="lock requirements that have no hashes, with uv, without asking",
    )
    _parser.add_yes(parser)


def run(options: argparse.Namespace) -> None:
    """Show what it will write, ask, and write it; then lock what has no lock."""
    from hashzip.adopt import locking, proposing, report
    from hashzip.adopt.repository import Repository

    if options.lock:
        locking.require()
    repository = Repository(options.project or ".")
    request = proposing.Request(
        source=options.source or "",
        handler=options.handler or "",
        name=options.function or "",
        requirements=options.requirements or "",
        runtime=options.runtime or "",
        architecture=options.architecture or "",
        infra=options.infra or "",
    )
    proposal = proposing.propose(repository, request)
    for line in report.lines(proposal, writes_terraform=options.write_terraform):
        _output.difference(line, is_short=False)
    changes = [*proposal.changes, *(proposal.terraform if options.write_terraform else [])]
    if not changes:
        print("there is nothing to write")
        return
    if not (options.yes or _output.confirm("write these files?")):
        print("nothing was written")
        return
    proposing.write(repository, changes)
    print("written")
    _lock(repository, proposal, options)
    for step in report.next_steps(proposal, changes):
        _output.line(f"next: {step}")


def _lock(repository: "Repository", proposal: "Proposal", options: argparse.Namespace) -> None:
    """Offer to lock the packages that have no lock, which `build` refuses."""
    from hashzip.adopt import locking, proposing

    project = planning.load_project(repository.root)
    offers, hints = locking.offers(project, proposal.new)
    for hint in hints:
        _output.line(f"not locked: {hint}", is_short=False)
    done = []
    left = []
    for offer in offers:
        question = f"lock {offer.path} now, in {offer.lock}?"
        can_ask = sys.stdin.isatty() and not options.yes
        if not (options.lock or (can_ask and _output.confirm(question, default=True))):
            left.append(f"not locked: {offer.path}; run: {offer.command}")
            continue
        try:
            with _progress.shown():
                locking.run(project, offer)
        except HashzipError as error:
            warn(error.message, error.hint)
            continue
        _output.line(f"locked: {offer.path} in {offer.lock}")
        done.append(offer)
    for text in left[:_SHOWN]:
        _output.line(text, is_short=False)
    if len(left) > _SHOWN:
        print(f"and {len(left) - _SHOWN} more: build names each with its command")
    proposing.write(repository, proposing.with_locks(proposal, done))
