"""The arguments of the command line."""

import argparse

import hashzip
from hashzip.config import ARCHITECTURES


def parser() -> argparse.ArgumentParser:
    """Makes the parser of the whole command line; `command` names the subcommand."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--project",
        metavar="DIR",
        help="the project's folder (default: the nearest one upwards with a hashzip.toml)",
    )
    common.add_argument("--debug", action="store_true", help="show the traceback of an error")
    readable = argparse.ArgumentParser(add_help=False, parents=[common])
    readable.add_argument("--json", action="store_true", help="print JSON, for machines")

    whole = argparse.ArgumentParser(prog="hashzip", description=hashzip.__doc__)
    whole.add_argument("--version", action="version", version=f"hashzip {hashzip.__version__}")
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")

    build = commands.add_parser(
        "build",
        parents=[readable],
        help="build what is not built yet, and say what was done and why",
    )
    build.add_argument(
        "functions", nargs="*", metavar="FUNCTION", help="or layer.NAME; default: all"
    )
    build.add_argument(
        "--expect", metavar="FINGERPRINT", help="refuse unless the inputs have this fingerprint"
    )
    build.add_argument("--force", action="store_true", help="build even what is there already")
    build.add_argument(
        "--jobs",
        type=_positive,
        metavar="N",
        help="functions built at a time, and threads that compress each (default: one a processor)",
    )
    commands.add_parser(
        "external", parents=[common], help="answer Terraform's external data source"
    )
    commands.add_parser(
        "status", parents=[readable], help="a row a function: fingerprint, built or not, size"
    )
    diff = commands.add_parser(
        "diff", parents=[readable], help="files added, changed, removed since the last build"
    )
    diff.add_argument(
        "--against", metavar="FINGERPRINT", help="an earlier build, by its first digits"
    )
    diff.add_argument("--text", action="store_true", help="compare what is in the files, too")
    explain = commands.add_parser(
        "explain", parents=[common], help="say why a package will be rebuilt, or why not"
    )
    sbom = commands.add_parser(
        "sbom", parents=[common], help="print what is in a package, as CycloneDX 1.6 JSON"
    )
    for command in (diff, explain, sbom):
        command.add_argument("function", metavar="FUNCTION", help="or layer.NAME")
    _add_init(
        commands.add_parser(
            "init", parents=[common], help="write the first hashzip.toml, and what Terraform needs"
        )
    )
    return whole


def _add_init(init: argparse.ArgumentParser) -> None:
    init.add_argument("--source", metavar="DIR", help="a function's folder (default: find them)")
    init.add_argument("--handler", metavar="MODULE.FUNCTION", help="what Lambda calls")
    init.add_argument("--function", metavar="NAME", help="its name (default: its folder's)")
    init.add_argument("--requirements", metavar="FILE", help="its lock")
    init.add_argument("--runtime", metavar="RUNTIME", help="default: by .python-version")
    init.add_argument("--architecture", choices=ARCHITECTURES, help="default: that of this machine")
    init.add_argument(
        "--infra", metavar="DIR", default="infra", help="where Terraform runs (default: infra)"
    )
    init.add_argument("--yes", action="store_true", help="do not ask")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number
