"""The parser of the command line, and what several commands add to it.

Each command is a module of this package, and declares its own arguments: see `Command`.
"""

import argparse
import os
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Protocol, cast

import hashzip

# All commands, in the order of `hashzip --help` and of docs/cli.md.
COMMANDS = (
    "build",
    "external",
    "status",
    "explain",
    "diff",
    "deploy",
    "sbom",
    "watch",
    "invoke",
    "logs",
    "init",
    "completion",
)

_EXAMPLES = "examples:"
_WIDTH = 78  # columns of help that does not go to a terminal, as argparse has it there


class Command(Protocol):
    """A module with a command. It must import with the standard library alone, and fast.

    Attributes:
        HELP: What the command does: one line, which `hashzip --help` lists.
        DESCRIPTION: Further sentences for the command's own `--help`; "" if there are none.
        EXAMPLES: Command lines, each with what it does.
    """

    HELP: str
    DESCRIPTION: str
    EXAMPLES: Mapping[str, str]

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the arguments that only this command has."""

    def run(self, options: argparse.Namespace) -> None:
        """Run the command, and print its result.

        Raises:
            HashzipError: It failed.
        """


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments; `command` in the result names the command. Bad usage exits with 2.

    If the first word is a command, no other command is loaded: that would take a thirtieth of the
    time of a build that has nothing to do.
    """
    names = words[:1] if words and words[0] in COMMANDS else COMMANDS
    return parser(names).parse_args(words)


def parser(names: Iterable[str] = COMMANDS) -> argparse.ArgumentParser:
    """Make the parser of the command line.

    Args:
        names: The commands to include.
    """
    common = argparse.ArgumentParser(add_help=False, formatter_class=_Formatter)
    common.add_argument(
        "--project",
        metavar="DIR",
        help="project folder (default: the nearest parent folder with a hashzip.toml)",
    )
    common.add_argument("--debug", action="store_true", help="show the traceback of an error")
    main = argparse.ArgumentParser(
        prog="hashzip", description=hashzip.__doc__, formatter_class=_Formatter
    )
    main.add_argument("--version", action="version", version=f"hashzip {hashzip.__version__}")
    commands = main.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in names:
        command = load(name)
        subparser = commands.add_parser(
            name,
            parents=[common],
            help=command.HELP,
            description=_description(command),
            epilog=_epilog(command.EXAMPLES),
            formatter_class=_Formatter,
        )
        command.add_arguments(subparser)
    return main


def load(name: str) -> Command:
    """Import the module of a command."""
    return cast("Command", import_module(f"hashzip.commands.{name}"))


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_function(parser: argparse.ArgumentParser) -> None:
    """Add the name of a function or layer."""
    parser.add_argument(
        "function", metavar="FUNCTION", help="function of hashzip.toml, or layer.NAME"
    )


def add_yes(parser: argparse.ArgumentParser) -> None:
    """Add `--yes`."""
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")


def positive_int(text: str) -> int:
    """Convert an argument to an integer above 0.

    Raises:
        ArgumentTypeError: It is not.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not an integer above 0")
    return int(text)


class _Formatter(argparse.HelpFormatter):
    """Keeps the lines of examples, and asks for the terminal's width only on a terminal.

    argparse makes a formatter to check each argument, and asks with `shutil`, which loads three
    compressors.
    """

    def __init__(self, prog: str) -> None:
        has_width = os.isatty(1) or "COLUMNS" in os.environ
        super().__init__(prog, width=None if has_width else _WIDTH)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if text.startswith(_EXAMPLES) else super()._fill_text(text, width, indent)


def _description(command: Command) -> str:
    return f"{command.HELP[0].upper()}{command.HELP[1:]}. {command.DESCRIPTION}".strip()


def _epilog(examples: Mapping[str, str]) -> str:
    lines = (f"  {line}\n      {purpose}" for line, purpose in examples.items())
    return "\n".join([_EXAMPLES, *lines]) if examples else ""
