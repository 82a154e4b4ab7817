"""`hashzip modules`: the Terraform modules of this hashzip, and copies of them."""

import argparse
import os

from hashzip.commands import _output, _parser
from hashzip.errors import HashzipError

HELP = "copy the Terraform modules of this hashzip beside a configuration"
DESCRIPTION = (
    "The modules function, layer and package of this hashzip, for configurations that shall not "
    "download them. Copied modules run `hashzip` from the PATH. Files that are there and differ "
    "are shown, and replaced after a question."
)
EXAMPLES = {
    "hashzip modules --copy infra/hashzip": 'use them as source = "./hashzip/function" in infra/',
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the folder, and the question."""
    parser.add_argument(
        "--copy", metavar="DIR", required=True, help="folder to copy them into, a new one or an old"
    )
    _parser.add_yes(parser)


def run(options: argparse.Namespace) -> None:
    """Copy the modules."""
    from hashzip.adopt import modules, writing
    from hashzip.adopt.repository import Repository

    folder = os.path.realpath(os.path.join(options.project or os.curdir, options.copy))
    parent, name = os.path.split(folder)
    if not os.path.isdir(parent):
        raise HashzipError(f"there is no folder {parent}", "make it first")
    repository = Repository(parent)
    changes = []
    for change in modules.copies(name):
        exists = os.path.lexists(repository.location(change.path))
        before = repository.text(change.path) if exists else None
        if before != change.after:
            changes.append(change._replace(before=before))
    replaced = [change.path for change in changes if change.before is not None]
    for path in replaced:
        print(f"differs: {path}")
    if replaced and not (options.yes or _output.confirm("replace these files?")):
        print("nothing was copied")
        return
    writing.write(repository, changes)
    print(f"copied {len(changes)} files to {options.copy}" if changes else "they are there already")
