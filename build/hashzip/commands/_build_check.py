"""`hashzip build --check`: build twice, and print the differences."""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from hashzip.check import reproducible
from hashzip.check.reproducible import Outcome
from hashzip.check.zip_diff import Difference
from hashzip.commands import _output
from hashzip.errors import HashzipError
from hashzip.inputs.files import LINK
from hashzip.project.config import Project


def run(project: Project, names: Sequence[str], options: argparse.Namespace) -> None:
    """Check functions and layers one after another, and print what differs.

    Raises:
        HashzipError: A name or an option is wrong, or a build failed.
        SystemExit: With the code 1: a package is not reproducible.
    """
    _check_options(options)
    results = []
    for name in names:
        outcome = reproducible.check(
            project, name, jobs=options.jobs, progress=partial(_show_progress, name)
        )
        results.append(_json(name, outcome))
        if not options.json:
            for line in _lines(name, outcome):
                _output.line(line)
        if len(results) == 1:
            for variation, reason in outcome.same.items():
                note = f"note: the {variation} was the same in both builds: {reason}"
                _output.line(note, stream=sys.stderr)
    if options.json:
        _output.document(results)
    if not all(result["reproducible"] for result in results):
        raise SystemExit(1)


def _check_options(options: argparse.Namespace) -> None:
    """Refuse options that have no effect with `--check`."""
    for option, is_set in (
        ("--expect", options.expect is not None),
        ("--force", options.force),
        ("--strict", options.strict),
    ):
        if is_set:
            raise HashzipError(
                f"{option} has no effect with --check, which builds anew and keeps nothing",
                f"remove {option} or --check",
            )


def _show_progress(name: str, step: str) -> None:
    """Show people on a terminal what they are waiting for."""
    if sys.stderr.isatty():
        _output.line(f"{name}: {step}", stream=sys.stderr)


def _lines(name: str, outcome: Outcome) -> Iterator[str]:
    differences = outcome.differences
    if not differences:
        yield f"{name}: reproducible"
        return
    verb = "differs" if len(differences) == 1 else "differ"
    files = "file" if outcome.count == 1 else "files"
    summary = f"{len(differences)} of {outcome.count} {files} {verb}"
    if "stored" in outcome.zips:
        yield f"{name}: the two builds are equal, but differ from the zip built before: {summary}"
    else:
        yield f"{name}: not reproducible: {summary}"
    for difference in differences:
        yield _line(difference, list(outcome.zips))
    for tool in outcome.tools:
        yield f"built with another version: {tool}"
    yield "to compare: " + ", ".join(outcome.zips.values())
    if "stored" in outcome.zips and not outcome.tools:
        yield (
            "hint: if the build reads a file or a variable that is not an input, name it in "
            f"inputs; if that zip is from another machine, run: hashzip build {name} --force"
        )


def _line(difference: Difference, zips: Sequence[str]) -> str:
    """Format a difference: the file, its size, where it differs, and the likely cause."""
    path, (old, new) = difference.path, difference.sizes
    if old is None or new is None:
        sign, label, size = ("+", zips[1], new) if old is None else ("-", zips[0], old)
        return f"{sign} {path} ({size:,} bytes): only in the {label} zip"
    sizes = f"{old:,}" if old == new else f"{old:,} and {new:,}"
    parts = []
    if difference.modes[0] != difference.modes[1] and LINK in difference.modes:
        parts.append(" and ".join(_kind(mode) for mode in difference.modes))
    elif difference.modes[0] != difference.modes[1]:
        parts.append("mode " + " and ".join(str(_mode(mode)) for mode in difference.modes))
    if difference.offset is not None:
        parts.append(f"from byte {difference.offset:,}")
    parts += [difference.where] if difference.where else []
    causes = f"; looks like {', '.join(difference.looks_like)}" if difference.looks_like else ""
    return f"~ {path} ({sizes} bytes): {', '.join(parts)}{causes}"


def _kind(mode: int | None) -> str:
    return "a link" if mode == LINK else "a file"


def _json(name: str, outcome: Outcome) -> Mapping[str, object]:
    return {
        "function": name,
        "fingerprint": outcome.fingerprint,
        "reproducible": not outcome.differences,
        "differences": [
            {**difference._asdict(), "modes": [_mode(mode) for mode in difference.modes]}
            for difference in outcome.differences
        ],
        "tools": list(outcome.tools),
        "zips": outcome.zips,
        "varied": outcome.varied,
        "same": outcome.same,
    }


def _mode(mode: int | None) -> str | None:
    return None if mode is None else f"{mode:04o}"
