"""Where a function runs: the arguments that say so, and the local AWS or the account they mean."""

import argparse
import sys

from hashzip.aws import client
from hashzip.aws.client import Endpoint
from hashzip.commands import _output
from hashzip.project.config import Project


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the function's name in AWS, and where it runs."""
    parser.add_argument(
        "--function-name", metavar="NAME", help="name in AWS (default: as in hashzip.toml)"
    )
    location = parser.add_mutually_exclusive_group()
    location.add_argument(
        "--local", action="store_true", help="use the local AWS; fail if it is not running"
    )
    location.add_argument(
        "--remote", action="store_true", help="use your account, even if a local AWS is running"
    )
    add_account_arguments(parser)


def add_account_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the profile and the region."""
    parser.add_argument(
        "--profile", metavar="NAME", help="profile of your account (default: from the environment)"
    )
    parser.add_argument(
        "--region", metavar="NAME", help="region of your account (default: from the environment)"
    )


def function_name(project: Project, options: argparse.Namespace) -> str:
    """Return the name in AWS of the function that the arguments name.

    Raises:
        HashzipError: `hashzip.toml` has no such function, or it is a package or layer.
    """
    project.function(options.function)
    name: str | None = options.function_name
    return options.function if name is None else name


def is_named(options: argparse.Namespace) -> bool:
    """Return whether the arguments say where a function runs."""
    return bool(
        options.function_name
        or options.local
        or options.remote
        or options.profile
        or options.region
    )


def choose(project: Project, options: argparse.Namespace) -> Endpoint:
    """Return the local AWS or the account that the arguments mean; print it on a terminal.

    Raises:
        HashzipError: It must be the local AWS, which is not running.
    """
    endpoint = client.choose(
        project.root,
        local=options.local,
        remote=options.remote,
        profile=options.profile,
        region=options.region,
    )
    if sys.stderr.isatty():
        _output.line(f"in {endpoint}", stream=sys.stderr)
    return endpoint
