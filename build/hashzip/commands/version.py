"""`hashzip version`: print the version."""

import argparse
from collections.abc import Mapping

from hashzip.commands import _parser

HELP = "print the version"
DESCRIPTION = "Prints what the option --version prints."
EXAMPLES: Mapping[str, str] = {}


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Add nothing."""


def run(_options: argparse.Namespace) -> None:
    """Print the version."""
    print(_parser.version())
