"""`hashzip help`: show the help of hashzip, or of a command."""

import argparse

from hashzip.commands import _parser
from hashzip.errors import did_you_mean

HELP = "show this help, or the help of a command"
DESCRIPTION = "Prints what the option --help prints."
EXAMPLES = {
    "hashzip help": "list all commands",
    "hashzip help build": "the arguments of a command, with examples",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser.add_argument("topic", nargs="?", metavar="COMMAND", help="command (default: all)")


def run(options: argparse.Namespace) -> None:
    """Print the help."""
    topic = options.topic
    if topic is None:
        _parser.parser().print_help()
    elif topic in _parser.COMMANDS:
        _parser.subparsers(_parser.parser([topic]))[topic].print_help()
    else:
        _parser.refuse(f'there is no command "{topic}"', did_you_mean(topic, _parser.COMMANDS))
