"""`hashzip build`: build the packages that are not built yet."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hashzip import artifacts, pipeline, planning
from hashzip.commands import _output, _parser, _prebuilt
from hashzip.errors import HashzipError, warn
from hashzip.pipeline import Built
from hashzip.planning import ScanCache
from hashzip.project.config import Project

if TYPE_CHECKING:
    from rich.progress import TaskID

HELP = "build the packages that are not built yet"
DESCRIPTION = (
    "A package is built once for each fingerprint of its inputs, into dist/FUNCTION/. Prints for "
    "each package why it was built, or that it is up to date."
)
EXAMPLES = {
    "hashzip build": "all functions and layers",
    "hashzip build hello": "one function",
    "hashzip build layer.deps --force": "rebuild a layer, and install its packages anew",
    "hashzip build hello --check": "check that two builds give the same bytes",
}

# Set by the Terraform module: the summary of the inputs at plan time, to name what changed since.
EXPECT_FILES = "HASHZIP_EXPECT_FILES"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the functions to build, and how."""
    _parser.add_json(parser)
    parser.add_argument(
        "functions",
        nargs="*",
        metavar="FUNCTION",
        help="function of hashzip.toml, or layer.NAME (default: all)",
    )
    parser.add_argument(
        "--expect", metavar="FINGERPRINT", help="fail unless the inputs have this fingerprint"
    )
    parser.add_argument(
        "--force", action="store_true", help="rebuild even a package that is up to date"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="build twice from copies of the inputs, with another folder, umask, time zone, "
        "locale, …, and compare; keep neither zip, and exit with 1 if they differ",
    )
    parser.add_argument(
        "--jobs",
        type=_parser.positive_int,
        metavar="N",
        help="functions to build at a time, and threads that compress each (default: one per "
        "processor)",
    )


def run(options: argparse.Namespace) -> None:
    """Build the packages that are not built yet, and print a line for each."""
    project = _output.project(options)
    names = options.functions or list(project.targets)
    if options.check:
        from hashzip.commands import _build_check

        _build_check.run(project, names, options)
        return
    if options.expect is not None and len(names) != 1:
        raise HashzipError(
            f"--expect is the fingerprint of one function, not of {len(names)}", "name one function"
        )
    scan_cache = ScanCache()
    prebuilt = {} if options.force else _prebuilt.find(project, names)
    plans = [planning.plan(project, name, scan_cache) for name in names if name not in prebuilt]
    for warning in dict.fromkeys(warning for plan in plans for warning in plan.warnings):
        warn(warning)
    if options.expect is not None:  # an empty fingerprint is an error, too
        pipeline.require_fingerprint(plans[0], options.expect, _expected_files())
    pipeline.require_packages(plans, force=options.force)
    results = []
    # A progress bar would overwrite what the programs of a builder print.
    with _progress(shown=all(plan.packs_sources for plan in plans)) as progress:
        builds = pipeline.build_all(
            plans, force=options.force, jobs=options.jobs, progress=progress
        )
        for name in names:
            if name in prebuilt:
                built = Built(*prebuilt[name], reason="", seconds=0)
            else:
                built = next(builds)
            if options.json:
                results.append(_built_json(project, name, built))
            else:
                print(_built_line(name, built), flush=True)
    if options.json:
        print(json.dumps(results, indent=2))


def _expected_files() -> dict[str, str]:
    try:
        files = json.loads(os.environ.get(EXPECT_FILES, "{}"))
    except (ValueError, RecursionError):
        files = None
    if not isinstance(files, dict):
        raise HashzipError(
            f"the environment variable {EXPECT_FILES} is not a JSON object",
            "unset it: only the Terraform module sets it",
        )
    return files


@contextmanager
def _progress(*, shown: bool) -> Iterator[Callable[[str, int], None]]:
    """Show on a terminal how much of each function is packed."""
    if not shown or not sys.stderr.isatty():
        yield lambda _name, _size: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def advance(name: str, size: int) -> None:
            if name not in tasks:
                # The total is unknown until the packages are installed.
                tasks[name] = bar.add_task(name, total=None)
            bar.advance(tasks[name], size)

        yield advance


def _built_line(name: str, built: Built) -> str:
    if not built.reason:
        return f"{name}: up to date"
    return (
        f"{name}: built {built.fingerprint[: _output.DIGITS]} ({built.reason}), "
        f"{_output.megabytes(built.sizes.zip)}, {built.seconds:.1f} s"
    )


def _built_json(project: Project, name: str, built: Built) -> dict[str, object]:
    return {
        "function": name,
        "fingerprint": built.fingerprint,
        "built": bool(built.reason),
        "reason": built.reason,
        "file": artifacts.open_store(project, name).reference(built.fingerprint)["zip"],
        "size": built.sizes.zip,
        "seconds": round(built.seconds, 3),
    }
