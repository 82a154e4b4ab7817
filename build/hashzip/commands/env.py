"""`hashzip env`: print the variables that make other programs use the local AWS."""

import argparse
import shlex

from hashzip.commands import _output
from hashzip.errors import HashzipError

HELP = "print the variables that make other programs use the local AWS"
DESCRIPTION = (
    "The local AWS of `hashzip watch` has a key of its own in each run, and refuses requests "
    "without it. The variables hold this key, so that boto3, the AWS CLI, Terraform and OpenTofu "
    "use the local AWS, and nothing but it. HASHZIP_TOKEN is for requests that cannot be signed: "
    "the value of the header X-Hashzip-Token."
)
EXAMPLES = {"hashzip env": 'in a shell: eval "$(hashzip env)"'}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing."""


def run(options: argparse.Namespace) -> None:
    """Print an `export` for each variable."""
    project = _output.project(options)
    from hashzip.emulator import environment, server, session

    running = session.find(project.root)
    if running is None:
        raise HashzipError(
            f"no local AWS is running for {project.root}", "start one with: hashzip watch"
        )
    variables = environment.for_endpoint(
        running.endpoint, server.REGION, running.secret, running.profile
    )
    for name, value in variables.items():
        print(f"export {name}={shlex.quote(value)}")
