"""The arguments of the command line."""

import argparse
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import hashzip
from hashzip.config import ARCHITECTURES

SHELLS = ("bash", "zsh", "tcsh")


class Command(NamedTuple):
    """A command, but for its arguments.

    Attributes:
        help: What it does, in a line.
        more: What else there is to know; "" where that is all.
        examples: What to type, and what comes of it.
    """

    help: str
    more: str = ""
    examples: Mapping[str, str] = {}


COMMANDS = {
    "build": Command(
        "build what is not built yet, and say what was done and why",
        "A package is built once for each fingerprint, into dist/FUNCTION/.",
        {
            "hashzip build": "all functions and layers",
            "hashzip build hello": "one",
            "hashzip build layer.deps --force": "again, even its packages are installed anew",
        },
    ),
    "external": Command(
        "answer Terraform's external data source",
        "Reads a query in JSON, and answers in JSON: the modules do this on every plan.",
        {'echo \'{"project": ".", "function": "hello"}\' | hashzip external': "by hand"},
    ),
    "status": Command("a row a function: fingerprint, built or not, size"),
    "explain": Command(
        "say why a package will be rebuilt, or why not",
        "Compares each group of inputs with the last build that was made here.",
        {"hashzip explain hello": "which files, which key of the recipe"},
    ),
    "diff": Command(
        "files and packages added, changed, removed since an earlier build",
        "Packages are compared once both are built.",
        {
            "hashzip diff hello": "since the last build",
            "hashzip diff hello --against 6381aa --text": "since another, line by line",
        },
    ),
    "sbom": Command(
        "print what is in a package, as CycloneDX 1.6 JSON",
        "The same lies beside the manifest of each package that installs others.",
        {"hashzip sbom hello > hello.cdx.json": "for a scanner"},
    ),
    "init": Command(
        "write the first hashzip.toml, and what Terraform needs",
        "Finds the folders with a lambda_handler, shows what it would write, and asks. Nothing is "
        "overwritten.",
        {
            "hashzip init": "find the functions",
            "hashzip init --source src --handler app.handler --yes": "name one, and do not ask",
        },
    ),
    "completion": Command(
        "print what a shell needs to complete commands, options and names",
        examples={
            "hashzip completion bash > ~/.local/share/bash-completion/completions/hashzip": "bash",
            'hashzip completion zsh > "${fpath[1]}/_hashzip"': "zsh",
        },
    ),
}


def parser() -> argparse.ArgumentParser:
    """Makes the parser of the whole command line; `command` names the subcommand."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--project",
        metavar="DIR",
        help="the project's folder (default: the nearest one upwards with a hashzip.toml)",
    )
    common.add_argument("--debug", action="store_true", help="show the traceback of an error")
    whole = argparse.ArgumentParser(prog="hashzip", description=hashzip.__doc__)
    whole.add_argument("--version", action="version", version=f"hashzip {hashzip.__version__}")
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        one = commands.add_parser(
            name,
            parents=[common],
            help=command.help,
            description=f"{command.help[0].upper()}{command.help[1:]}. {command.more}".strip(),
            epilog=_examples(command),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        _ADD.get(name, _nothing)(one)
    return whole


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
        "--jobs",
        type=_positive,
        metavar="N",
        help="functions built at a time, and threads that compress each (default: one a processor)",
    )


def _diff(one: argparse.ArgumentParser) -> None:
    _json(one)
    _function(one)
    one.add_argument(
        "--against", metavar="FINGERPRINT", help="an earlier build, by its first digits"
    )
    one.add_argument("--text", action="store_true", help="compare what is in the files, too")


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
    "init": _init,
    "completion": _completion,
}


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number
