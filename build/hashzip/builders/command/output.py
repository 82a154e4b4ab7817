"""Collect what programs made: a folder, a file, or a zip, which is unpacked. Build time."""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from hashzip.builders import declared_inputs
from hashzip.builders.base import BuildOutput, OutputFile
from hashzip.builders.build_plan import BuildPlan
from hashzip.builders.command import unzip
from hashzip.builders.links import Links, Problem
from hashzip.errors import HashzipError, escape
from hashzip.inputs import gitignore, paths, walk
from hashzip.inputs.files import Listing, SourceFile
from hashzip.project.config import Project
from hashzip.project.targets import Target

# pnpm's notes on an installation: times, and paths of this machine. Only pnpm reads them.
_NOTES_OF_PNPM = (".modules.yaml", ".pnpm-workspace-state")


def collect(plan: BuildPlan, output: Path, folder: Path) -> BuildOutput:
    """Return what programs made.

    A single file is packed by its name, those of a folder by their paths in it. If the only file is
    a zip or a jar, its content is packed instead.

    Args:
        plan: What the programs ran for.
        output: The file or folder that they wrote.
        folder: A folder for copies and unpacked files, which does not exist yet.

    Raises:
        HashzipError: There is no output, or a file or link cannot be packed.
        OSError: A file cannot be copied.
    """
    function = plan.target
    try:
        listing, link_locations = _listing(plan.project, output)
        everything = listing._replace(files=[*listing.files, *link_locations])
        named = paths.name_files([everything], function.executable)
        locations = {file.path: file.location for file in named if file.location in link_locations}
        targets = {path: _target(path, location, output) for path, location in locations.items()}
    except HashzipError as error:
        hint = f"change the programs of {function.label} so that they do not make that"
        raise HashzipError(error.message, hint) from error
    files = [file for file in named if file.path not in targets and not _is_note(file.path)]
    if not files and not targets:
        raise _nothing(function, output)
    archive = _archive(files, targets)
    if archive:
        return _of_zip(function, archive, folder)
    if targets:
        Links(targets, (file.path for file in files)).check(
            lambda path, problem: _describe(locations[path], problem),
            lambda path, problem: _hint(function, path, problem),
        )
    # Where `output` names a path, another function's programs, or the user, may write there later.
    if function.options["output"]:
        files = _copies(files, folder)
    return BuildOutput([OutputFile(file) for file in files], links=targets)


def _listing(project: Project, output: Path) -> tuple[Listing, set[bytes]]:
    """List the files of an output, and the symbolic links in it."""
    path = output.relative_to(project.root).as_posix()
    if output.is_dir():
        listing, link_locations = walk.walk_with_links(project.root, path)
        return listing, set(link_locations)
    listing = Listing(os.fsencode(output.parent), [])
    if output.is_file() and output.stat().st_size:
        files = declared_inputs.source_files(project, [path])
        listing.files.extend(file.location for file in files)
    return listing, set()


def _nothing(function: Target, output: Path) -> HashzipError:
    variable = "" if function.options["output"] else ", which is $HASHZIP_OUTPUT,"
    state = "is empty" if output.exists() else "does not exist"
    return HashzipError(
        f"{output}{variable} {state} after the programs of {function.label} ran",
        "let them write there, or set output to the path where they write",
    )


def _is_note(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return os.path.basename(folder) == "node_modules" and name.startswith(_NOTES_OF_PNPM)


def _target(path: str, location: bytes, output: Path) -> str:
    """Return where a link leads, from the folder that it is in.

    An absolute path in the output becomes a relative one, which is right in Lambda too.
    """
    target = paths.decode(os.readlink(location), os.path.dirname(location))
    for root in (f"{output}/", f"{output.resolve()}/"):
        if f"{target}/".startswith(root):
            return ("../" * path.count("/") + target[len(root) :]).rstrip("/") or "."
    return target


def _describe(location: bytes, problem: Problem) -> str:
    target = escape(os.readlink(location))
    name = f"the link {escape(location)}"
    if problem is Problem.LEADS_OUT:
        return f"{name} leads out of the output, to {target}"
    if problem is Problem.LOOPS:
        return f"{name} loops ({target})"
    packed = " that is packed" if os.path.exists(location) else ""
    return f"{name} leads to nothing{packed} ({target})"


def _hint(function: Target, path: str, problem: Problem) -> str:
    named = function.options["output"]
    remove = ["rm", f"{named}/{path}"] if named else ["sh", "-c", f'rm "$HASHZIP_OUTPUT/{path}"']
    correct = "correct it"
    if problem is Problem.LEADS_OUT:
        correct = "let the programs copy what it leads to into the output"
    last = json.dumps(remove, ensure_ascii=False)
    return f"{correct}; or remove it: end command with another program, [[…], {last}]"


def _archive(files: Sequence[SourceFile], targets: Mapping[str, str]) -> Path | None:
    """Return the location of the zip or jar that is the whole output, if it is one."""
    if len(files) != 1 or targets:
        return None
    path = files[0].path
    if "/" in path or not path.lower().endswith(unzip.SUFFIXES):
        return None
    return Path(os.fsdecode(files[0].location))


def _of_zip(function: Target, archive: Path, folder: Path) -> BuildOutput:
    """Unpack a zip, and return its content by the rules for a folder's."""
    folder.mkdir(parents=True)
    unpacked = unzip.unpack(archive, folder)
    is_executable = gitignore.matcher_below(function.executable)
    files = [
        SourceFile(path, location, is_executable(path))
        for path, location in unpacked.files.items()
        if not walk.is_left_out(path) and not _is_note(path)
    ]
    targets = {
        path: target for path, target in unpacked.links.items() if not walk.is_left_out(path)
    }
    if not files and not targets:
        raise HashzipError(
            f"{archive} is empty after the programs of {function.label} ran",
            "change the program that writes it",
        )
    words = {
        Problem.LEADS_OUT: "leads out of it, to",
        Problem.LEADS_NOWHERE: "leads to nothing that is packed:",
        Problem.LOOPS: "loops:",
    }
    Links(targets, (file.path for file in files)).check(
        lambda path, problem: f"the link {path} in {archive} {words[problem]} {targets[path]}",
        lambda _path, _problem: "change the program that writes it",
    )
    return BuildOutput([OutputFile(file) for file in files], links=targets)


def _copies(files: Sequence[SourceFile], folder: Path) -> list[SourceFile]:
    copies = []
    for file in files:
        location = folder / file.path
        location.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.location, os.fsencode(location))
        copies.append(file._replace(location=os.fsencode(location)))
    return copies
