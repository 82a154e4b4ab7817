"""Runs the programs that a function names, and takes what they made. Build time."""

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from hashzip.artifacts import changes
from hashzip.builders import declared_inputs, process
from hashzip.builders.base import BuildOutput, OutputFile
from hashzip.builders.build_plan import BuildPlan
from hashzip.builders.process import ProcessFailed
from hashzip.errors import HashzipError
from hashzip.inputs import paths, walk
from hashzip.inputs.files import Listing, SourceFile
from hashzip.project import layout
from hashzip.project.config import Project
from hashzip.project.targets import Target
from hashzip.system import locking

# The time that tools write into what they make is the same for all: no plan sees the user's own.
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
    output = source / named if named else folder / "output"
    with _alone(root) as cache, _emptied(output, cache / f"{target.name}.output", target):
        if not named:
            output.mkdir(parents=True)
        environment = _environment(target, output)
        for arguments in target.options["command"]:
            _run(target, arguments, source, environment)
        files = _files(plan, target, output)
        _check_inputs(plan)
        # Others write there too, once this is over: the programs of another function, or the user.
        if named:
            files = _copies(files, folder / "copies")
        return BuildOutput([OutputFile(file) for file in files])


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
    theirs = {name: value for name, value in os.environ.items() if name != _TIME}
    return {
        **theirs,
        **function.options["env"],
        "HASHZIP_FUNCTION": function.name,
        "HASHZIP_RUNTIME": function.runtime,
        "HASHZIP_ARCHITECTURE": function.architecture,
        "HASHZIP_OUTPUT": str(output),
    }


@contextmanager
def _alone(root: Path) -> Iterator[Path]:
    """Lends hashzip's own folder to one build at a time.

    Functions may have one source, where `npm ci` must not run twice at the same time.
    """
    cache = root / layout.CACHE
    layout.make_cache_folder(cache)
    with locking.hold(cache / "command.lock"):
        yield cache


@contextmanager
def _emptied(output: Path, aside: Path, function: Target) -> Iterator[None]:
    """Puts aside what is there, since it would be packed too, and back if the programs fail."""
    if os.path.lexists(aside):  # a build was killed, and what it had written is half of it
        _remove(output)
        _move(aside, output)
    if os.path.lexists(output):
        _refuse_kept(output, function)
        _move(output, aside)
    try:
        yield
    except BaseException:
        _remove(output)
        if os.path.lexists(aside):
            _move(aside, output)
        raise
    # In one step, so that half of it is never taken for the whole.
    trash = aside.with_suffix(".trash")
    _remove(trash)
    if os.path.lexists(aside):
        aside.rename(trash)
        _remove(trash)


def _refuse_kept(output: Path, function: Target) -> None:
    """Refuses to take away what git keeps, and so is no program's to write: sources, perhaps."""
    try:
        finished = subprocess.run(
            ["git", "--literal-pathspecs", "ls-files", "-z", "--", output.name],
            cwd=output.parent,
            capture_output=True,
            check=False,
        )
    except OSError:  # no git, no repository
        return
    kept = [os.fsdecode(name) for name in finished.stdout.split(b"\0") if name]
    if kept:
        raise HashzipError(
            f"{output} is the output of {function.label}, which a build replaces, and git keeps "
            f"files in it: {kept[0]}",
            "set output to what only the programs write, and git ignores",
        )


def _files(plan: BuildPlan, function: Target, output: Path) -> list[SourceFile]:
    """Names what the programs made: a file by its name, those of a folder by their paths in it."""
    try:
        found = _listed(plan.project, output)
        if found.files:
            return paths.name_files([found], function.executable)
    except HashzipError as error:
        way = f"have the programs of {function.label} make something else"
        raise HashzipError(error.message, way) from error
    told = "" if function.options["output"] else ", which is $HASHZIP_OUTPUT,"
    state = "is empty" if output.exists() else "is not there"
    raise HashzipError(
        f"{output}{told} {state} after the programs of {function.label} ran",
        "have them write there, or set output to where they write",
    )


def _listed(project: Project, output: Path) -> Listing:
    path = output.relative_to(project.root).as_posix()
    if output.is_dir():
        return walk.walk(project.root, path)
    found = Listing(os.fsencode(output.parent), [])
    if output.is_file() and output.stat().st_size:
        found.files.extend(file.location for file in declared_inputs.source_files(project, [path]))
    return found


def _check_inputs(plan: BuildPlan) -> None:
    """Refuse inputs that have changed, new ones too: the next plan would see them."""
    different = changes.files(plan.inputs, plan.replan().inputs)
    if any(different):
        raise HashzipError(
            f"{different} in the sources of {plan.target.label} while its programs ran",
            "if they write that, have them write elsewhere, or name it in exclude; otherwise wait "
            "until nothing writes to the sources; and build again",
        )


def _copies(files: list[SourceFile], folder: Path) -> list[SourceFile]:
    copied = []
    for file in files:
        location = folder / file.path
        location.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.location, os.fsencode(location))
        copied.append(file._replace(location=os.fsencode(location)))
    return copied


def _move(path: Path, place: Path) -> None:
    """Moves a file or folder, in one step wherever that can be.

    By itself, `shutil.move` would copy and remove also where a right is missing, and stop halfway.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.rename(place)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        shutil.move(path, place)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
