"""Run the programs that a function names. Build time."""

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from hashzip.artifacts import changes
from hashzip.builders import process
from hashzip.builders.base import BuildOutput
from hashzip.builders.build_plan import BuildPlan
from hashzip.builders.command import output
from hashzip.builders.process import ProcessFailed
from hashzip.errors import HashzipError
from hashzip.project import layout
from hashzip.project.targets import Target
from hashzip.system import locking

# Tools write this time into their output. The user's own is dropped, because no plan sees it.
_TIME = "SOURCE_DATE_EPOCH"


def build(plan: BuildPlan, folder: Path) -> BuildOutput:
    """Run the programs of a function, one after the other, in its source.

    Args:
        plan: What to build.
        folder: A folder to work in, which does not exist yet.

    Raises:
        HashzipError: A program is missing or failed, or made nothing; the inputs have changed; the
            source cannot be written.
    """
    try:
        return _build(plan, folder)
    except OSError as error:
        raise HashzipError(
            f"cannot build {plan.target.label}: {error}",
            "free some disk space, or check the permissions of that path",
        ) from error


def _build(plan: BuildPlan, folder: Path) -> BuildOutput:
    target = plan.target
    root = Path(plan.project.root)
    source = root / target.sources[0]
    named = target.options["output"]
    location = source / named if named else folder / "output"
    with _locked(root) as cache, _emptied(location, cache / f"{target.name}.output", target):
        if not named:
            location.mkdir(parents=True)
        environment = _environment(target, location)
        for arguments in target.options["command"]:
            _run(target, arguments, source, environment)
        made = output.collect(plan, location, folder / "copies")
        _check_inputs(plan)
        return made


def _run(
    target: Target, arguments: Sequence[str], source: Path, environment: Mapping[str, str]
) -> None:
    try:
        process.run(arguments, cwd=str(source), environment=environment)
    except ProcessFailed as error:
        raise HashzipError(
            f"{' '.join(arguments)} failed, which {target.label} runs in {source}; its output is "
            "above",
            "fix that, and build again; earlier builds are unchanged",
        ) from error


def _environment(function: Target, output: Path) -> Mapping[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name != _TIME}
    return {
        **inherited,
        **function.options["env"],
        "HASHZIP_FUNCTION": function.name,
        "HASHZIP_RUNTIME": function.runtime,
        "HASHZIP_ARCHITECTURE": function.architecture,
        "HASHZIP_OUTPUT": str(output),
    }


@contextmanager
def _locked(root: Path) -> Iterator[Path]:
    """Hold the project's cache folder for one build at a time, and yield it.

    Functions may share a source, where two `npm ci` must not run at the same time.
    """
    cache = root / layout.CACHE
    layout.make_cache_folder(cache)
    with locking.hold(cache / "command.lock"):
        yield cache


@contextmanager
def _emptied(output: Path, aside: Path, function: Target) -> Iterator[None]:
    """Move an earlier output aside, so that it is not packed; move it back if the block fails."""
    if os.path.lexists(aside):  # a build was killed: the output is incomplete
        _remove(output)
        _move(aside, output)
    if os.path.lexists(output):
        _refuse_tracked(output, function)
        _move(output, aside)
    try:
        yield
    except BaseException:
        _remove(output)
        if os.path.lexists(aside):
            _move(aside, output)
        raise
    # In one step, so that a part of it is never taken for the earlier output.
    trash = aside.with_suffix(".trash")
    _remove(trash)
    if os.path.lexists(aside):
        aside.rename(trash)
        _remove(trash)


def _refuse_tracked(output: Path, function: Target) -> None:
    """Refuse an output with files that git tracks, because they may be sources.

    Raises:
        HashzipError: It has such a file.
    """
    try:
        finished = subprocess.run(
            ["git", "--literal-pathspecs", "ls-files", "-z", "--", output.name],
            cwd=output.parent,
            capture_output=True,
            check=False,
        )
    except OSError:  # without git there is no repository
        return
    tracked = [os.fsdecode(name) for name in finished.stdout.split(b"\0") if name]
    if tracked:
        raise HashzipError(
            f"{output} is the output of {function.label}, which each build replaces, but git "
            f"tracks files in it: {tracked[0]}",
            "set output to a path that only the programs write and that git ignores",
        )


def _check_inputs(plan: BuildPlan) -> None:
    """Refuse inputs that have changed, new ones too: the next plan would see them."""
    different = changes.files(plan.inputs, plan.replan().inputs)
    if any(different):
        raise HashzipError(
            f"{different} in the sources of {plan.target.label} while its programs ran",
            "if the programs write it, let them write elsewhere, or name it in exclude; otherwise "
            "wait until nothing writes to the sources; and build again",
        )


def _move(path: Path, to: Path) -> None:
    """Move a file or folder, in one step except across file systems.

    `shutil.move` alone would also copy and delete where a permission is missing, and stop halfway.
    """
    to.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.rename(to)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        shutil.move(path, to)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
