"""The parser of the command line, and what several commands add to it.

Each command is a module of this package, and declares its own arguments: see `Command`.
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn, Protocol, cast

import hashzip
from hashzip import errors, terminal

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

# All commands, in the order of `hashzip --help` and of docs/cli.md.
COMMANDS = (
    "build",
    "external",
    "status",
    "push",
    "pull",
    "explain",
    "diff",
    "deploy",
    "sbom",
    "watch",
    "invoke",
    "logs",
    "env",
    "init",
    "modules",
    "doctor",
    "completion",
    "help",
    "version",
)

TARGET = "function or package of hashzip.toml, or layer.NAME"

_EXAMPLES = "examples:"
_START = "start: hashzip init"
_OPTIONS = ("-h", "--help", "-V", "--version")  # those before a command
_HEADING = re.compile(r"^(usage:|start:|[a-z ]+:$)", re.MULTILINE)
# What argparse says of a value that is not among the choices, with or without quotes around each.
_CHOICE = re.compile(r"argument (\S+): invalid choice: '(.*)' \(choose from (.*)\)", re.DOTALL)
_MARGIN = 2  # columns, as argparse has it

_DIGITS = 18  # of a number on a command line
_SHOWN = 40  # characters of an argument in an error


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
    time of a build that has nothing to do. Without a word, the command is `help`.
    """
    words = words or ["help"]
    names = words[:1] if words[0] in COMMANDS else COMMANDS
    if names is COMMANDS and words[0] not in _OPTIONS:
        refuse(*_unknown_command(words))
    main = parser(names)
    options, rest = main.parse_known_args(words)
    if rest:
        refuse(*_unknown_argument(rest[0], words[0], subparsers(main)[words[0]]))
    return options


def parser(names: Iterable[str] = COMMANDS) -> argparse.ArgumentParser:
    """Make the parser of the command line.

    Args:
        names: The commands to include.
    """
    common = _Parser(add_help=False, formatter_class=_Formatter)
    common.add_argument(
        "--project",
        metavar="DIR",
        help="project folder (default: the nearest parent folder with a hashzip.toml)",
    )
    common.add_argument("--debug", action="store_true", help="show the traceback of an error")
    main = _Parser(
        prog="hashzip",
        usage="hashzip COMMAND …",
        description=hashzip.__doc__,
        epilog=_START,
        formatter_class=_Formatter,
    )
    main.add_argument(
        *("-V", "--version"),
        action="version",
        version=version(),
        help="print the version",
    )
    commands = main.add_subparsers(
        title="commands", dest="command", required=True, metavar="COMMAND", prog="hashzip"
    )
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


def subparsers(main: argparse.ArgumentParser) -> Mapping[str, argparse.ArgumentParser]:
    """Return the parsers of the commands that a parser has, by name."""
    return {
        name: subparser
        for action in main._actions  # noqa: SLF001 - argparse has no public list of them
        if isinstance(action, argparse._SubParsersAction)  # noqa: SLF001 - as above
        for name, subparser in action.choices.items()
    }


def version() -> str:
    """Return the program's name and version."""
    return f"hashzip {hashzip.__version__}"


def refuse(message: str, hint: str) -> NoReturn:
    """Print an error of usage, and exit with 2."""
    errors.print_error(message, hint)
    raise SystemExit(2)


def load(name: str) -> Command:
    """Import the module of a command."""
    return cast("Command", import_module(f"hashzip.commands.{name}"))


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_function(parser: argparse.ArgumentParser) -> None:
    """Add the name of a function, package or layer."""
    parser.add_argument("function", metavar="FUNCTION", help=TARGET)


def add_yes(parser: argparse.ArgumentParser) -> None:
    """Add `--yes`."""
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")


def integer(lowest: int, highest: int) -> Callable[[str], int]:
    """Return what converts an argument to an integer of a range.

    Args:
        lowest: The lowest that it may be.
        highest: The highest that it may be.
    """

    def convert(text: str) -> int:
        number = whole_number(text)
        if number is None or not lowest <= number <= highest:
            shown = repr(text) if len(text) <= _SHOWN else "that"
            raise argparse.ArgumentTypeError(
                f"{shown} is not an integer from {lowest} to {highest:,}"
            )
        return number

    return convert


def whole_number(text: str) -> int | None:
    """Return the number that a text is in the digits 0 to 9; None if it is none, or a long one."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= _DIGITS
    return int(text) if is_number else None


class _Parser(argparse.ArgumentParser):
    """Prints errors as all others are printed, and headings of help in colour."""

    color = False  # Python 3.14 would colour help by other rules

    def error(self, message: str) -> NoReturn:
        """Print an error of usage, with where to read about it, and exit with 2."""
        choice = _CHOICE.fullmatch(message)
        if choice:
            known = [word.strip(" '") for word in choice[3].split(",")]
            message = f'{self.prog}: {choice[1]} is "{choice[2]}"'
            refuse(message, errors.did_you_mean(choice[2], known))
        refuse(f"{self.prog}: {message}", f"run: {self.prog} --help")

    def print_help(self, file: "SupportsWrite[str] | None" = None) -> None:
        """Print the help."""
        if file is not None:
            super().print_help(file)
            return
        paint = terminal.paint
        sys.stdout.write(
            _HEADING.sub(
                lambda title: paint(title[0], terminal.GOOD, sys.stdout), self.format_help()
            )
        )


class _Formatter(argparse.HelpFormatter):
    """Keeps the lines of examples, and asks for the terminal's width only on a terminal.

    argparse makes a formatter to check each argument, and asks with `shutil`, which loads three
    compressors.
    """

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=terminal.columns(sys.stdout) - _MARGIN)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if text.startswith(_EXAMPLES) else super()._fill_text(text, width, indent)


def _unknown_command(words: Sequence[str]) -> tuple[str, str]:
    """Return the error of a first word that is no command, and its hint."""
    word = words[0]
    if not word.startswith("-"):
        return f'there is no command "{word}"', errors.did_you_mean(word, COMMANDS)
    command = next((other for other in words if other in COMMANDS), "")
    if command:
        return (
            f'"{word}" stands before the command',
            f"write options after it: hashzip {command} {word} …",
        )
    return f'there is no option "{word}"', errors.did_you_mean(word, _OPTIONS)


def _unknown_argument(
    word: str, command: str, subparser: argparse.ArgumentParser
) -> tuple[str, str]:
    """Return the error of a word that a command does not take, and its hint."""
    if not word.startswith("-"):
        return f'hashzip {command} does not take "{word}"', f"run: hashzip {command} --help"
    option = word.partition("=")[0]
    known = [
        name
        for action in subparser._actions  # noqa: SLF001 - argparse has no public list of them
        for name in action.option_strings
    ]
    return f'hashzip {command} has no option "{option}"', errors.did_you_mean(option, known)


def _description(command: Command) -> str:
    return f"{command.HELP[0].upper()}{command.HELP[1:]}. {command.DESCRIPTION}".strip()


def _epilog(examples: Mapping[str, str]) -> str:
    lines = (f"  {line}\n      {purpose}" for line, purpose in examples.items())
    return "\n".join([_EXAMPLES, *lines]) if examples else ""
