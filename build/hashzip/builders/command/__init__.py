"""The builder for any program: it runs the commands that a function names, and packs their output.

`run` is its build time.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from hashzip.builders import declared_inputs
from hashzip.builders.build_plan import BuilderPlan, BuildPlan, InputFolder
from hashzip.inputs.paths import IN_PROJECT
from hashzip.project import keys, runtimes
from hashzip.project.config import Project
from hashzip.project.keys import Key
from hashzip.project.targets import Target

if TYPE_CHECKING:
    from pathlib import Path

    from hashzip.builders.base import BuildOutput, Discovered

KEYS = {
    "source": keys.FUNCTION["source"]._replace(
        kind=keys.ONE_FOLDER, help="the folder that the programs run in"
    ),
    "command": Key(
        keys.COMMANDS,
        "programs with their arguments; they run one after the other, without a shell",
        is_required=True,
    ),
    "output": Key(
        keys.OUTPUT,
        "what they make, a path below the source",
        default_help="the folder `$HASHZIP_OUTPUT`",
    ),
    "env": Key(
        keys.PROGRAM_VARIABLES,
        "variables for them; part of the fingerprint, and no place for secrets",
        {},
    ),
    **keys.INPUTS,
    **keys.SOURCE_FILES,
    **keys.LAYERS,
}
RUNTIMES = tuple(runtimes.RUNTIMES)
PURL_TYPE = ""


def plan(project: Project, target: Target, layers: Sequence[BuildPlan]) -> BuilderPlan:
    """Say what decides the bytes of the package.

    Raises:
        HashzipError: Lambda has no such runtime; an input does not exist.
    """
    del layers  # what they hold is for the programs to leave out
    runtimes.check(target.runtime, RUNTIMES, target.label)
    source, options = target.sources[0], target.options
    recipe = {
        "builder": target.builder,
        "runtime": target.runtime,
        "architecture": target.architecture,
        "source": f"{IN_PROJECT}{source}",
        "command": [list(arguments) for arguments in options["command"]],
        **({"output": options["output"]} if options["output"] else {}),
        **({"env": dict(options["env"])} if options["env"] else {}),
        **({"executable": list(target.executable)} if target.executable else {}),
    }
    folder = InputFolder(
        source,
        target.include,
        (*target.exclude, *declared_inputs.generated(project, source)),
        f'source = "{source}" of {target.label}',
    )
    more = declared_inputs.declared(project, target)
    files = declared_inputs.source_files(project, more.files)
    return BuilderPlan(recipe, files, [folder, *more.folders], packs_sources=False)


def build(plan: BuildPlan, folder: "Path", *, fresh: bool) -> "BuildOutput":
    """Run the programs, and return what they made.

    Raises:
        HashzipError: A program is missing or failed, or made nothing; the inputs have changed.
    """
    from hashzip.builders.command import run

    del fresh  # the programs run at each build, and keep what they want
    return run.build(plan, folder)


def build_for_host(plan: BuildPlan, folder: "Path") -> "BuildOutput":
    """Run the programs for this machine."""
    return build(plan, folder, fresh=False)


def host_note() -> str:
    """Return "": the same programs run."""
    return ""


def discover(folder: "Path", root: "Path") -> Iterable["Discovered"]:
    """Return nothing: any program can be a function, and none shows that it is one."""
    del folder, root
    return ()
