"""`hashzip doctor`: check this machine and the project, and say how to fix what is wrong."""

import argparse
import os
import sys
from typing import TYPE_CHECKING

from hashzip import terminal
from hashzip.commands import _endpoint, _output, _parser, _table
from hashzip.errors import HashzipError
from hashzip.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hashzip.doctor.check import Finding

HELP = "check this machine and the project, and say how to fix what is wrong"
DESCRIPTION = (
    "Checks Python, uv, Rust, Terraform and its providers, the settings of AWS and git, caches, "
    "hashzip.toml and all functions. Exits with 1 if something is wrong that the project needs. "
    "Uses no network, unless --online is given."
)
EXAMPLES = {
    "hashzip doctor": "a line for each check, with a fix below it if there is one",
    "hashzip doctor --online --profile dev": "ask AWS, too, whether it takes the credentials",
    "hashzip doctor --json": "for programs",
}

_STYLES = {"ok": terminal.GOOD, "note": terminal.WARNING, "wrong": terminal.ERROR}
_STATE_WIDTH = max(map(len, _STYLES))
_NAME_WIDTH = 13


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the format, and what AWS is asked."""
    _parser.add_json(parser)
    parser.add_argument(
        "--online", action="store_true", help="ask AWS whether it takes the credentials"
    )
    _endpoint.add_account_arguments(parser)


def run(options: argparse.Namespace) -> None:
    """Print what each check finds; fail if something is wrong that the project needs."""
    from hashzip.doctor import examination
    from hashzip.doctor.check import Patient, State

    patient = Patient(
        options.project or os.curdir,
        is_online=options.online,
        profile=options.profile,
        region=options.region,
    )
    if options.json:
        findings = list(examination.examine(patient))
        _output.document([_json(finding) for finding in findings])
    else:
        findings = _show(examination.examine(patient))
    wrong = [finding.name for finding in findings if finding.state is State.WRONG]
    if wrong:
        raise HashzipError(
            f"{len(wrong)} of {len(findings)} checks found something wrong: {', '.join(wrong)}",
            "do what the lines with `fix:` say, and run hashzip doctor again",
        )


def _show(findings: "Iterable[Finding]") -> "list[Finding]":
    """Print a line for each finding as soon as it is known, and its fix below it."""
    shown = []
    is_terminal = terminal.is_terminal(sys.stdout)
    indent = " " * (_STATE_WIDTH + 2)
    for finding in findings:
        state = terminal.paint(
            f"{finding.state.value:<{_STATE_WIDTH}}", _STYLES[finding.state.value], sys.stdout
        )
        line = f"{finding.name:<{_NAME_WIDTH}}  {finding.text}"
        line = printable(line)
        if is_terminal and not finding.fix:
            room = terminal.columns(sys.stdout) - len(indent)
            line = _table.shorten(line, room, sys.stdout)
        print(f"{state}  {line}", flush=True)
        if finding.fix:
            label = terminal.paint("fix:", terminal.HINT, sys.stdout)
            print(f"{indent}{label} {printable(finding.fix)}", flush=True)
        shown.append(finding)
    return shown


def _json(finding: "Finding") -> dict[str, str]:
    return finding._asdict() | {"state": finding.state.value}
