"""`hashzip build`: build the packages that are not built yet."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from hashzip import artifacts, pipeline, planning
from hashzip.builders.build_plan import BuildPlan
from hashzip.commands import _output, _parser, _prebuilt, _store, _summary
from hashzip.commands._prebuilt import Prebuilt
from hashzip.errors import HashzipError, print_error, strict, warn
from hashzip.pipeline import Built
from hashzip.planning import ScanCache
from hashzip.project.config import Project

if TYPE_CHECKING:
    from hashzip.artifacts.store import SharedStores

HELP = "build the packages that are not built yet"
DESCRIPTION = (
    "A package is built once for each fingerprint of its inputs, into dist/NAME/, whichever of its "
    "functions is named. Prints for each package why it was built, or that it is up to date. "
    "Packages with equal content share a line. With a store in S3, a package that is there is not "
    "built, and what is built is put there."
)
EXAMPLES = {
    "hashzip build": "all functions, packages and layers",
    "hashzip build hello": "one function",
    "hashzip build layer.deps --force": "rebuild a layer, and install its packages anew",
    "hashzip build --strict": "for CI: warnings are errors",
    "hashzip build hello --check": "check that two builds give the same bytes",
}

_MOST_JOBS = 1000

# Set by the Terraform module: the summary of the inputs at plan time, to name what changed since.
EXPECT_FILES = "HASHZIP_EXPECT_FILES"

_LABEL = "\0"  # the place of a function's name in a warning


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the functions to build, and how."""
    _parser.add_json(parser)
    parser.add_argument(
        "functions",
        nargs="*",
        metavar="FUNCTION",
        help=f"{_parser.TARGET} (default: all)",
    )
    parser.add_argument(
        "--expect", metavar="FINGERPRINT", help="fail unless the inputs have this fingerprint"
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="rebuild even a package that is up to date, and replace it in the store if it differs",
    )
    parser.add_argument(
        "--strict",
        action="store_true",
        help="fail where there is a warning, such as of a module that is imported and missing; of "
        "a package that is built already, those of its plan and of its imports",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="build twice from copies of the inputs, with another folder, umask, time zone, "
        "locale, …, and compare; keep neither zip, and exit with 1 if they differ",
    )
    parser.add_argument(
        "--jobs",
        type=_parser.integer(1, _MOST_JOBS),
        metavar="N",
        help="functions to build at a time, and threads that compress each (default: one per "
        "processor)",
    )
    _store.add_arguments(parser)


def run(options: argparse.Namespace) -> None:
    """Build the packages that are not built yet, and print a line for each."""
    with strict(on=options.strict):
        _run(options)


def _run(options: argparse.Namespace) -> None:
    project = _output.project(options)
    names = project.packages(options.functions or project.targets)
    if options.check:
        from hashzip.commands import _build_check

        _build_check.run(project, names, options)
        return
    if options.expect is not None and len(names) != 1:
        raise HashzipError(
            f"--expect is the fingerprint of one package, not of {len(names)}", "name one function"
        )
    shared = _store.choose(project, options)
    scan_cache = ScanCache()
    looks_at_all = options.force or options.strict or shared
    prebuilt = {} if looks_at_all else _prebuilt.find(project, names)
    plans = [planning.plan(project, name, scan_cache) for name in names if name not in prebuilt]
    *others, last = [*_warnings(plans)] or [""]
    for warning in others:
        (print_error if options.strict else warn)(warning)
    if last:
        warn(last)
    if options.expect is not None:  # an empty fingerprint is an error, too
        pipeline.require_fingerprint(plans[0], options.expect, _expected_files())
    pipeline.require_packages(plans, force=options.force)
    start = time.perf_counter()
    results = _build(project, names, prebuilt, plans, options, shared)
    if options.json:
        rows = [_built_json(project, *row, shared) for row in zip(names, results, strict=True)]
        _output.document(rows)
    elif len(results) > 1:
        print(_summary.summary(results, time.perf_counter() - start), file=sys.stderr)


def _build(
    project: Project,
    names: Sequence[str],
    prebuilt: Mapping[str, Prebuilt],
    plans: Sequence[BuildPlan],
    options: argparse.Namespace,
    shared: "SharedStores | None",
) -> list[Built]:
    """Build what is not built, and print a line for each content unless JSON is wanted."""
    results = []
    folded = _summary.Folded(
        {name: prebuilt[name].fingerprint for name in names if name in prebuilt}
        | {plan.target.name: plan.fingerprint for plan in plans}
    )
    with _shown(plans, options) as packed:
        builds = zip(
            plans,
            pipeline.build_all(
                plans, force=options.force, jobs=options.jobs, progress=packed, shared=shared
            ),
            strict=True,
        )
        try:
            for name in names:
                if name in prebuilt:
                    built = Built(*prebuilt[name], reason="", seconds=0)
                else:
                    built = _checked(*next(builds), is_strict=options.strict)
                results.append(built)
                _print_lines(folded.add(_output.label(project, name), built), options)
        finally:
            _print_lines(folded.rest(), options)
    return results


def _shown(
    plans: Iterable[BuildPlan], options: argparse.Namespace
) -> AbstractContextManager[Callable[[str, int], None]]:
    """Show the progress of builds for as long as a block lasts, if there is something to build."""
    if not options.force and all(pipeline.find(plan) for plan in plans):
        return nullcontext(lambda _name, _size: None)
    from hashzip.commands import _progress  # noqa: PLC0415 - it takes time, and most builds do not

    return _progress.shown()


def _checked(plan: BuildPlan, built: Built, *, is_strict: bool) -> Built:
    """Return a result; check what was built before, whose handlers may have changed."""
    if not built.reason:
        from hashzip.archive import uses

        uses.check_built(plan)
        if is_strict and plan.store.find(plan.fingerprint):  # and not only in the shared store
            from hashzip.archive import imports

            imports.report_built(plan)
    return built


def _print_lines(lines: Iterable[str], options: argparse.Namespace) -> None:
    for line in lines:
        if not options.json:
            print(line, flush=True)


def _warnings(plans: Iterable[BuildPlan]) -> Iterator[str]:
    """Yield each warning once, with all functions that it is for."""
    labels: dict[str, list[str]] = {}
    for plan in plans:
        for warning in plan.warnings:
            general = warning.replace(plan.target.label, _LABEL, 1)
            labels.setdefault(general, []).append(plan.target.label)
    for general, subjects in labels.items():
        first, *others = dict.fromkeys(subjects)
        also = f" (and so has {', '.join(others)})" if others and _LABEL in general else ""
        yield general.replace(_LABEL, first, 1) + also


def _expected_files() -> dict[str, str]:
    from hashzip.project import schema  # noqa: PLC0415 - only an apply has such files

    with schema.reported(
        f"the environment variable {EXPECT_FILES} must be a JSON object of strings",
        "unset it: only the Terraform module sets it",
    ):
        files = schema.json_value(os.environ.get(EXPECT_FILES, "{}"))
        return schema.Fields(files).strings_by_name()


def _built_json(
    project: Project, name: str, built: Built, shared: "SharedStores | None"
) -> dict[str, object]:
    stored = shared.store(name).reference(built.fingerprint)["zip"] if shared else None
    return {
        "function": name,
        **_output.functions_json(project, name),
        "fingerprint": built.fingerprint,
        "built": bool(built.reason),
        "reason": built.reason,
        "file": artifacts.open_store(project, name).reference(built.fingerprint)["zip"],
        **({"store": stored, "pushed": built.is_pushed} if stored else {}),
        "size": built.sizes.zip,
        "seconds": round(built.seconds, 3),
    }
