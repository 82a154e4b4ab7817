"""The command line: arguments, printing and exit codes. Nothing else prints or exits."""

import argparse
import gc
import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hashzip import arguments, changes, config, pipeline, planning, terraform
from hashzip.config import Function, Project
from hashzip.errors import HashzipError
from hashzip.pipeline import Built
from hashzip.planning import Blueprint, Survey

if TYPE_CHECKING:
    from rich.progress import TaskID

_DIGITS = 12

# Set by the Terraform module: the summary of the inputs that the plan saw, to name what changed.
EXPECT_FILES = "HASHZIP_EXPECT_FILES"


def main(words: Sequence[str] | None = None) -> int:
    """Runs hashzip.

    Args:
        words: The arguments, without the program's name; by default, those of the process.

    Returns:
        The exit code: 0, or 1 after an error. Bad usage exits with 2.
    """
    # A run is short, makes many objects and next to no cycles: it would be a tenth of its time.
    gc.disable()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name that the terminal cannot show is no reason to fail.
            stream.reconfigure(errors="backslashreplace")
    options = arguments.parser().parse_args(words)
    try:
        _COMMANDS[options.command](options)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read this has gone, as `head` does; Python's last flush must not complain either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (HashzipError, ModuleNotFoundError, OSError) as error:
        if options.debug:
            raise
        _print_error(*_explain(error))
        return 1
    except KeyboardInterrupt:
        _print_error("interrupted", "nothing is half-written; run it again")
        return 130
    return 0


def _explain(error: Exception) -> tuple[str, str]:
    """Answers what is wrong, and the way out."""
    if isinstance(error, HashzipError):
        return error.message, error.hint
    if isinstance(error, ModuleNotFoundError):
        hint = (
            f"run: {sys.executable} -m pip install {_distribution()}; or have Terraform use "
            "a Python that has it, by the module's variable `command`"
        )
        return f"this needs the Python package {error.name}, which {sys.executable} lacks", hint
    # What no stage foresaw, such as a current folder that is gone.
    return str(error), "with --debug, this shows where it happened"


def _distribution() -> str:
    """Answers what pip installs hashzip from: the checkout that runs, or else the index."""
    checkout = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return checkout if os.path.isfile(os.path.join(checkout, "pyproject.toml")) else "hashzip"


def _print_error(message: str, hint: str) -> None:
    print(f"error: {message}", file=sys.stderr)
    if hint:
        print(f"hint: {hint}", file=sys.stderr)


def _project(options: argparse.Namespace) -> Project:
    return config.load(options.project or config.find_root(os.curdir))


def _external(options: argparse.Namespace) -> None:
    query = terraform.parse_query(sys.stdin.buffer.read())
    project = config.load(os.path.join(options.project or "", query.project))
    blueprint = planning.examine(project, query.function)
    if query.build:
        pipeline.build(blueprint)
    store, target = blueprint.store, blueprint.target
    answer = {
        "fingerprint": blueprint.fingerprint,
        "filename": terraform.relative(str(store.zip_path(blueprint.fingerprint))),
        "handler": target.handler if isinstance(target, Function) else "",
        "runtime": target.runtime,
        "architecture": target.architecture,
        "files": json.dumps(blueprint.answer.summary),
        "recipe": json.dumps(blueprint.recipe),
        "manifest": terraform.relative(str(store.manifest_path(blueprint.fingerprint))),
    }
    print(json.dumps(answer))


def _build(options: argparse.Namespace) -> None:
    project = _project(options)
    names = options.functions or list(project.targets)
    if options.expect is not None and len(names) != 1:
        raise HashzipError(
            f"--expect is the fingerprint of one function, not of {len(names)}", "name one function"
        )
    survey = Survey()
    blueprints = [planning.examine(project, name, survey) for name in names]
    if options.expect is not None:  # an empty one expects nothing that there is
        pipeline.expect(blueprints[0], options.expect, _expected_files())
    results = []
    with _progress() as progress:
        builds = pipeline.build_all(
            blueprints, force=options.force, jobs=options.jobs, progress=progress
        )
        for blueprint, built in zip(blueprints, builds, strict=True):
            results.append(_built_json(blueprint, built))
            if not options.json:
                print(_built_line(blueprint, built), flush=True)
    if options.json:
        print(json.dumps(results, indent=2))


def _expected_files() -> dict[str, str]:
    try:
        files = json.loads(os.environ.get(EXPECT_FILES, "{}"))
    except (ValueError, RecursionError):
        files = None
    if not isinstance(files, dict):
        raise HashzipError(
            f"{EXPECT_FILES} is not a JSON object", "leave it to the Terraform module, or unset it"
        )
    return files


@contextmanager
def _progress() -> Iterator[Callable[[str, int], None]]:
    """Shows people on a terminal how much of each function is packed."""
    if not sys.stderr.isatty():
        yield lambda _name, _size: None
        return
    from rich.console import Console  # noqa: PLC0415 - slow, and only for people
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def advance(name: str, size: int) -> None:
            if name not in tasks:
                # Nobody knows the whole size before the packages are there.
                tasks[name] = bar.add_task(name, total=None)
            bar.advance(tasks[name], size)

        yield advance


def _built_line(blueprint: Blueprint, built: Built) -> str:
    name = blueprint.target.name
    if not built.reason:
        return f"{name}: up to date"
    return (
        f"{name}: built {blueprint.fingerprint[:_DIGITS]} ({built.reason}), "
        f"{_megabytes(built.sizes.zip)}, {built.seconds:.1f} s"
    )


def _built_json(blueprint: Blueprint, built: Built) -> dict[str, object]:
    return {
        "function": blueprint.target.name,
        "fingerprint": blueprint.fingerprint,
        "built": bool(built.reason),
        "reason": built.reason,
        "file": str(blueprint.store.zip_path(blueprint.fingerprint)),
        "size": built.sizes.zip,
        "seconds": round(built.seconds, 3),
    }


def _status(options: argparse.Namespace) -> None:
    project = _project(options)
    survey = Survey()
    rows = []
    for name in project.targets:
        blueprint = planning.examine(project, name, survey)
        sizes = blueprint.store.find(blueprint.fingerprint)
        rows.append(
            {
                "function": name,
                "fingerprint": blueprint.fingerprint,
                "built": sizes is not None,
                "reason": "" if sizes else pipeline.why(blueprint, blueprint.store.latest()),
                "size": sizes.zip if sizes else None,
                "unpacked_size": sizes.unpacked if sizes else None,
            }
        )
    if options.json:
        print(json.dumps(rows, indent=2))
    else:
        _print_table(
            ("FUNCTION", "FINGERPRINT", "STATE", "SIZE"),
            [
                (
                    str(row["function"]),
                    str(row["fingerprint"])[:_DIGITS],
                    "built" if row["built"] else f"to build: {row['reason']}",
                    _megabytes(row["size"]) if isinstance(row["size"], int) else "-",
                )
                for row in rows
            ],
        )


def _diff(options: argparse.Namespace) -> None:
    blueprint = planning.examine(_project(options), options.function)
    last = blueprint.store.latest()
    if last is None:
        raise HashzipError(
            f"{options.function} was never built here", f"run: hashzip build {options.function}"
        )
    files = changes.compare(changes.digests(last.inputs), changes.digests(blueprint.inputs))
    recipe = changes.recipe_changes(last.recipe, blueprint.recipe)
    if options.json:
        print(json.dumps({**files._asdict(), "recipe": recipe}, indent=2))
        return
    for sign, paths in (("+", files.added), ("~", files.changed), ("-", files.removed)):
        for path in paths:
            print(f"{sign} {path}")
    for change in recipe:
        print(f"~ {change}")


def _sbom(options: argparse.Namespace) -> None:
    blueprint = planning.examine(_project(options), options.function)
    manifest = blueprint.store.manifest(blueprint.fingerprint)
    if manifest is None:
        raise HashzipError(
            f"{options.function} is not built as it is now",
            f"run: hashzip build {options.function}",
        )
    from hashzip import sbom  # noqa: PLC0415 - needs a package that the plan must not need

    print(sbom.document(manifest), end="")


def _print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints a table for people, and plain lines, a tab between fields, for a pipe."""
    if not sys.stdout.isatty():
        for row in rows:
            print("\t".join(row))
        return
    from rich.console import Console  # noqa: PLC0415 - slow, and only for people
    from rich.table import Table  # noqa: PLC0415

    table = Table(*header, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def _megabytes(size: int) -> str:
    """Writes a size in MB, or, where that would be 0.0, in kB."""
    megabytes = f"{size / 1_000_000:.1f} MB"
    return megabytes if not megabytes.startswith("0.0") else f"{size / 1000:.1f} kB"


_COMMANDS = {
    "build": _build,
    "external": _external,
    "status": _status,
    "diff": _diff,
    "sbom": _sbom,
}
