"""The arguments of the command line."""

import argparse
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import hashzip
from hashzip.commands._usage import COMMANDS, Command
from hashzip.project.targets import ARCHITECTURES

DEPLOYED = "deployed"
SHELLS = ("bash", "zsh", "tcsh")

_WIDTH = 78  # of help that is not for a terminal; what argparse takes then


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Reads the arguments; `command` names the subcommand. Bad usage exits with 2.

    Where the first word is a command, no other one is made ready: that would be a thirtieth of the
    time of a build that has nothing to do.
    """
    asked = words[:1] if words and words[0] in COMMANDS else COMMANDS
    return parser(asked).parse_args(words)


def parser(names: Iterable[str] = COMMANDS) -> argparse.ArgumentParser:
    """Makes the parser of the command line.

    Args:
        names: The commands that it knows.
    """
    common = argparse.ArgumentParser(add_help=False, formatter_class=_Formatter)
    common.add_argument(
        "--project",
        metavar="DIR",
        help="the project's folder (default: the nearest one upwards with a hashzip.toml)",
    )
    common.add_argument("--debug", action="store_true", help="show the traceback of an error")
    whole = argparse.ArgumentParser(
        prog="hashzip", description=hashzip.__doc__, formatter_class=_Formatter
    )
    whole.add_argument("--version", action="version", version=f"hashzip {hashzip.__version__}")
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in names:
        command = COMMANDS[name]
        one = commands.add_parser(
            name,
            parents=[common],
            help=command.help,
            description=f"{command.help[0].upper()}{command.help[1:]}. {command.more}".strip(),
            epilog=_examples(command),
            formatter_class=_Formatter,
        )
        _ADD.get(name, _nothing)(one)
    return whole


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Leaves lines as they are, and asks for the terminal's width only where there is one.

    argparse makes a formatter to check each argument, and asks by `shutil`, which loads three
    compressors.
    """

    def __init__(self, prog: str) -> None:
        wide = os.isatty(1) or "COLUMNS" in os.environ
        super().__init__(prog, width=None if wide else _WIDTH)


def _examples(command: Command) -> str:
    lines = (f"  {line}\n      {what}" for line, what in command.examples.items())
    return "\n".join(["examples:", *lines]) if command.examples else ""


def _nothing(_one: argparse.ArgumentParser) -> None:
    pass


def _json(one: argparse.ArgumentParser) -> None:
    one.add_argument("--json", action="store_true", help="print JSON, for machines")


def _function(one: argparse.ArgumentParser, **more: Any) -> None:  # noqa: ANN401 - argparse's own
    one.add_argument("function", metavar="FUNCTION", help="or layer.NAME", **more)


def _build(one: argparse.ArgumentParser) -> None:
    _json(one)
    one.add_argument("functions", nargs="*", metavar="FUNCTION", help="or layer.NAME; default: all")
    one.add_argument(
        "--expect", metavar="FINGERPRINT", help="refuse unless the inputs have this fingerprint"
    )
    one.add_argument("--force", action="store_true", help="build even what is there already")
    one.add_argument(
        "--check",
        action="store_true",
        help="build twice, from copies, in folders, umask, time zone, locale, … that differ; keep "
        "neither, and exit with 1 if the zips are not the same",
    )
    one.add_argument(
        "--jobs",
        type=_positive,
        metavar="N",
        help="functions built at a time, and threads that compress each (default: one a processor)",
    )


def _diff(one: argparse.ArgumentParser) -> None:
    _json(one)
    _function(one)
    one.add_argument(
        "--against",
        metavar="FINGERPRINT",
        help=f"an earlier build, by its first digits; or `{DEPLOYED}`: what runs in AWS",
    )
    one.add_argument("--text", action="store_true", help="compare what is in the files, too")
    _place(one)


def _place(one: argparse.ArgumentParser) -> None:
    """Adds what says where a function runs."""
    one.add_argument("--function-name", metavar="NAME", help="in AWS (default: as in hashzip.toml)")
    where = one.add_mutually_exclusive_group()
    where.add_argument("--local", action="store_true", help="the local AWS, or nothing")
    where.add_argument(
        "--remote", action="store_true", help="the account, even if a local AWS runs"
    )
    one.add_argument(
        "--profile", metavar="NAME", help="of the account (default: by the environment)"
    )
    one.add_argument(
        "--region", metavar="NAME", help="of the account (default: by the environment)"
    )


def _invoke(one: argparse.ArgumentParser) -> None:
    one.add_argument("function", metavar="FUNCTION", help="its name in hashzip.toml")
    data = one.add_mutually_exclusive_group()
    data.add_argument(
        "--data", metavar="JSON", default="{}", help="the event (default: {}); -: stdin"
    )
    data.add_argument("--data-file", metavar="FILE", help="a file with the event; -: stdin")
    data.add_argument(
        "--data-example",
        metavar="NAME",
        help="an event as a service of AWS sends it, such as s3, sqs, api-gateway-v2; or `list`",
    )
    one.add_argument("--logs", action="store_true", help="print the end of its log to stderr")
    one.add_argument("--qualifier", metavar="NAME", help="a version or an alias of it")
    one.add_argument(
        "--async", dest="is_async", action="store_true", help="do not wait for the answer"
    )
    _place(one)


def _logs(one: argparse.ArgumentParser) -> None:
    one.add_argument("--json", action="store_true", help="print events as they came, one a line")
    one.add_argument("function", metavar="FUNCTION", help="its name in hashzip.toml")
    one.add_argument("-f", "--follow", action="store_true", help="go on until Ctrl-C")
    one.add_argument(
        "--since",
        metavar="TIME",
        type=_seconds,
        default="10m",
        help="how far back: 30s, 10m, 2h, 1d (default: 10m)",
    )
    _place(one)


def _watch(one: argparse.ArgumentParser) -> None:
    one.add_argument("functions", nargs="*", metavar="FUNCTION", help="default: all")
    one.add_argument(
        "--port",
        type=int,
        metavar="PORT",
        help="of the first function, those of others follow; 0: any (default: free ones from 8000)",
    )
    one.add_argument("--cors", action="store_true", help="let pages of any origin call them")
    one.add_argument("--env-file", metavar="FILE", help="NAME=VALUE lines, for each function")
    one.add_argument(
        "--timeout", type=_positive, default=3, metavar="SECONDS", help="of each (default: 3)"
    )
    one.add_argument(
        "--memory", type=_positive, default=128, metavar="MB", help="of each (default: 128)"
    )
    one.add_argument(
        "--function-name", metavar="NAME", help="send the code to this function of your account"
    )
    one.add_argument("--profile", help="of the account (default: by the environment)")
    one.add_argument("--region", help="of the account (default: by the environment)")
    one.add_argument("--yes", action="store_true", help="do not ask")


def _init(one: argparse.ArgumentParser) -> None:
    one.add_argument("--source", metavar="DIR", help="a function's folder (default: find them)")
    one.add_argument("--handler", metavar="MODULE.FUNCTION", help="what Lambda calls")
    one.add_argument("--function", metavar="NAME", help="its name (default: its folder's)")
    one.add_argument("--requirements", metavar="FILE", help="its lock")
    one.add_argument("--runtime", metavar="RUNTIME", help="default: by .python-version")
    one.add_argument("--architecture", choices=ARCHITECTURES, help="default: that of this machine")
    one.add_argument(
        "--infra", metavar="DIR", default="infra", help="where Terraform runs (default: infra)"
    )
    one.add_argument("--yes", action="store_true", help="do not ask")


def _completion(one: argparse.ArgumentParser) -> None:
    one.add_argument("shell", choices=SHELLS)


_ADD: Mapping[str, Callable[[argparse.ArgumentParser], None]] = {
    "build": _build,
    "status": _json,
    "explain": _function,
    "diff": _diff,
    "sbom": _function,
    "watch": _watch,
    "invoke": _invoke,
    "logs": _logs,
    "init": _init,
    "completion": _completion,
}


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _seconds(text: str) -> int:
    unit = {"s": 1, "m": 60, "h": 3600, "d": 86_400}.get(text[-1:])
    if unit is None or not text[:-1].isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no time: write 30s, 10m, 2h or 1d")
    return int(text[:-1]) * unit
