"""Runs the programs that a function names, and takes what they made. Build time."""

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hashzip import planning
from hashzip.artifacts import changes
from hashzip.builders import declared_inputs, process
from hashzip.builders.build_plan import BuildPlan
from hashzip.builders.process import BuildOutput
from hashzip.errors import HashzipError
from hashzip.inputs import walk
from hashzip.inputs.files import SourceFile
from hashzip.inputs.walk import Listing
from hashzip.project import layout
from hashzip.project.config import Project
from hashzip.project.targets import Function
from hashzip.system import locking

# The time that tools write into what they make is the same for all: no plan sees the user's own.
_TIME = "SOURCE_DATE_EPOCH"


def make(plan: BuildPlan, function: Function, folder: Path) -> BuildOutput:
    """Runs the programs of a function, one after the other, in its source.

    Args:
        plan: Of the function.
        function: The function.
        folder: An empty folder to work in.

    Raises:
        HashzipError: A program is not here or failed, or made nothing; the inputs are not what they
            were before; the source cannot be written.
    """
    try:
        return _make(plan, function, folder)
    except OSError as error:
        raise HashzipError(
            f"cannot build {function.where}: {error}",
            "make room there, or give yourself the right to read and write",
        ) from error


def _make(plan: BuildPlan, function: Function, folder: Path) -> BuildOutput:
    root = Path(plan.project.root)
    home = root / function.sources[0]
    output = home / function.output if function.output else folder / "output"
    with _alone(root) as cache, _emptied(output, cache / f"{function.name}.output", function):
        if not function.output:
            output.mkdir(parents=True)
        environment = _environment(function, output)
        for words in function.command:
            failed = HashzipError(
                f"{' '.join(words)} failed, which {function.where} runs in {home}; it says above "
                "what is wrong",
                "mend that, and build again; nothing that was built before has changed",
            )
            process.run(words, cwd=str(home), environment=environment, failed=failed)
        found = _files(plan, function, output)
        _refuse_changes(plan)
        # Others write there too, once this is over: the programs of another function, or the user.
        return BuildOutput(_copies(found, folder / "copies") if function.output else found, {})


def _environment(function: Function, output: Path) -> Mapping[str, str]:
    theirs = {name: value for name, value in os.environ.items() if name != _TIME}
    return {
        **theirs,
        **function.env,
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
def _emptied(output: Path, aside: Path, function: Function) -> Iterator[None]:
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


def _refuse_kept(output: Path, function: Function) -> None:
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
            f"{output} is the output of {function.where}, which a build replaces, and git keeps "
            f"files in it: {kept[0]}",
            "set output to what only the programs write, and git ignores",
        )


def _files(plan: BuildPlan, function: Function, output: Path) -> list[SourceFile]:
    """Names what the programs made: a file by its name, those of a folder by their paths in it."""
    try:
        found = _listed(plan.project, output)
        if found.files:
            return walk.name([found], function.executable)
    except HashzipError as error:
        way = f"have the programs of {function.where} make something else"
        raise HashzipError(error.message, way) from error
    told = "" if function.output else ", which is $HASHZIP_OUTPUT,"
    state = "is empty" if output.exists() else "is not there"
    raise HashzipError(
        f"{output}{told} {state} after the programs of {function.where} ran",
        "have them write there, or set output to where they write",
    )


def _listed(project: Project, output: Path) -> Listing:
    path = output.relative_to(project.root).as_posix()
    if output.is_dir():
        return walk.walk(project.root, path)
    found = Listing(os.fsencode(output.parent), [])
    if output.is_file() and output.stat().st_size:
        found.files.extend(file.location for file in declared_inputs.name(project, [path]))
    return found


def _refuse_changes(plan: BuildPlan) -> None:
    """Refuses inputs that are not what they were, new ones too: the next plan would see them."""
    now = planning.plan(plan.project, plan.target.name)
    found = changes.files(plan.inputs, now.inputs)
    if any(found):
        raise HashzipError(
            f"{found} in the sources of {plan.target.where} while its programs ran",
            "if they write that, have them write elsewhere, or name it in exclude; else wait until "
            "nothing writes to the sources; and build again",
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
