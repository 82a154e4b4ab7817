"""`hashzip build --check`: whether two builds give the same bytes, and what differs if not."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from hashzip.check import reproducible
from hashzip.check.reproducible import Outcome
from hashzip.check.zip_diff import Difference
from hashzip.errors import HashzipError
from hashzip.project.config import Project


def run(project: Project, names: Sequence[str], options: argparse.Namespace) -> None:
    """Checks functions and layers, one after the other; exits with 1 if one is not the same."""
    _refuse(options)
    for name in names:
        project.target(name)  # before the first is built
    results = []
    for name in names:
        outcome = reproducible.check(
            project, name, jobs=options.jobs, progress=partial(_tell, name)
        )
        results.append(_json(name, outcome))
        if not options.json:
            for line in _lines(name, outcome):
                print(line, flush=True)
        if len(results) == 1:
            for what, why in outcome.same.items():
                print(f"note: the {what} was the same in both builds: {why}", file=sys.stderr)
    if options.json:
        print(json.dumps(results, indent=2))
    if not all(result["reproducible"] for result in results):
        raise SystemExit(1)


def _refuse(options: argparse.Namespace) -> None:
    """Refuses what other builds take, and would do nothing here."""
    for option, is_set in (("--expect", options.expect is not None), ("--force", options.force)):
        if is_set:
            raise HashzipError(
                f"{option} does not go with --check, which builds anew, and keeps nothing",
                f"leave {option} out, or build without --check",
            )


def _tell(name: str, what: str) -> None:
    """Tells people on a terminal, who would wait otherwise, and not know for what."""
    if sys.stderr.isatty():
        print(f"{name}: {what}", file=sys.stderr)


def _lines(name: str, outcome: Outcome) -> Iterator[str]:
    found = outcome.differences
    if not found:
        yield f"{name}: reproducible"
        return
    verb = "differs" if len(found) == 1 else "differ"
    files = "file" if outcome.count == 1 else "files"
    many = f"{len(found)} of {outcome.count} {files} {verb}"
    if "stored" in outcome.zips:
        yield f"{name}: the two builds are equal, but differ from the zip built before: {many}"
    else:
        yield f"{name}: not reproducible: {many}"
    for one in found:
        yield _line(one, list(outcome.zips))
    for tool in outcome.tools:
        yield f"made by another version: {tool}"
    yield "to compare: " + ", ".join(outcome.zips.values())
    if "stored" in outcome.zips and not outcome.tools:
        yield (
            "hint: if the build reads a file or a variable that is not an input, name it in "
            f"inputs; if that zip is from another machine, run: hashzip build {name} --force"
        )


def _line(one: Difference, zips: Sequence[str]) -> str:
    """Writes a difference as a line: which file, how large, where, and what it looks like."""
    old, new = one.sizes
    if old is None or new is None:
        only, size = (zips[1], new) if old is None else (zips[0], old)
        return f"{'+' if old is None else '-'} {one.path} ({size:,} bytes): only in the {only} zip"
    sizes = f"{old:,}" if old == new else f"{old:,} and {new:,}"
    parts = []
    if one.modes[0] != one.modes[1]:
        parts.append("mode " + " and ".join(str(_mode(mode)) for mode in one.modes))
    if one.offset is not None:
        parts.append(f"from byte {one.offset:,}")
    parts += [one.where] if one.where else []
    looks = f"; looks like {', '.join(one.looks_like)}" if one.looks_like else ""
    return f"~ {one.path} ({sizes} bytes): {', '.join(parts)}{looks}"


def _json(name: str, outcome: Outcome) -> Mapping[str, object]:
    return {
        "function": name,
        "fingerprint": outcome.fingerprint,
        "reproducible": not outcome.differences,
        "differences": [
            {**one._asdict(), "modes": [_mode(mode) for mode in one.modes]}
            for one in outcome.differences
        ],
        "tools": list(outcome.tools),
        "zips": outcome.zips,
        "varied": outcome.varied,
        "same": outcome.same,
    }


def _mode(mode: int | None) -> str | None:
    return None if mode is None else f"{mode:04o}"
