"""Package functions for this machine, in place of what is deployed.

MiniStack unpacks a function, layers included, for each worker. So only the code goes into the zip,
and Python packages are read from where they are installed, by `PYTHONPATH`: a save moves a few
files, however large the packages are. They are installed for the processor of this machine, and for
the Python that runs the function here: see `host_python`. A program that a builder makes is built
for this machine's processor, and is all in the zip.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hashzip.archive import assemble, zip_reuse, zip_writer
from hashzip.builders import BUILDERS, output_checks, python
from hashzip.builders.python import install_cache
from hashzip.errors import HashzipError
from hashzip.inputs.files import BY_PATH
from hashzip.project import host
from hashzip.project.targets import Function
from hashzip.watch import host_python

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from hashzip.archive.zip_writer import Entry
    from hashzip.artifacts.manifest import Artifact
    from hashzip.builders.build_plan import BuildPlan
    from hashzip.project.targets import Target

RUNTIME = host_python.OWN
_OWN_VERSION = RUNTIME.removeprefix("python")
_GLIBC = "2_28"  # of this machine, whatever Lambda's runtime has; most wheels need no newer one


@dataclass(frozen=True)
class Zip:
    """Code, packed for this machine."""

    path: Path
    artifact: Artifact

    @property
    def content(self) -> bytes:
        """The whole file."""
        return self.path.read_bytes()


def packages(plan: BuildPlan, layers: Sequence[BuildPlan]) -> list[str]:
    """Install what a function and its layers require, and return the folders, in their order.

    Args:
        plan: What the function runs.
        layers: The layers of the function.

    Raises:
        HashzipError: It cannot be installed.
    """
    locked = [part for part in (plan, *layers) if python.lock_of(part)]
    return list(dict.fromkeys(map(_installed, locked)))


def _installed(plan: BuildPlan) -> str:
    """Install what a function or layer requires, and return the folder."""
    try:
        return str(install_cache.installed(for_host(plan), to_run=True).folder)
    except HashzipError as error:
        target = plan.target
        version = python.version(target)
        if host_python.runs_as(target.runtime) == target.runtime:
            raise
        # That error may blame the project for a version that it does not ask for.
        raise HashzipError(
            f"the packages of {target.name} cannot be installed for Python {_OWN_VERSION}, which "
            f"runs hashzip and, because Python {version} is not installed, the function",
            f"run: uv python install {version}; then start hashzip watch again",
            lines=_lines(error, target),
        ) from error


def _lines(error: HashzipError, target: Target) -> list[str]:
    """Return the lines of an error, in which this Python is no runtime of the function."""
    blame = f'{target.label} has runtime "{host_python.OWN}"'
    message = error.message.replace(blame, f"hashzip runs on Python {_OWN_VERSION}")
    return [*message.splitlines(), *error.lines]


def for_host(plan: BuildPlan) -> BuildPlan:
    """Return the plan of the same Python package for this machine."""
    target = plan.target
    return plan.replace(
        target=target.replace(
            runtime=host_python.runs_as(target.runtime),
            architecture=host.architecture(),
            glibc=_GLIBC,
            # Bytecode would be for another Python.
            options={**target.options, "bytecode": False, "strip": False},
        )
    )


def pack(plan: BuildPlan, folder: Path, earlier: Zip | None) -> Zip:
    """Pack the code of a function or layer.

    Args:
        plan: What to pack.
        folder: The folder for the zip; it is made where it is missing.
        earlier: The zip that was packed before; its file is replaced.

    Raises:
        HashzipError: A file has changed or cannot be read; the program that makes the package
            failed.
    """
    folder.mkdir(parents=True, exist_ok=True)  # `.hashzip` may be deleted at any time
    entries = _source_entries(plan) if plan.packs_sources else _built_entries(plan, folder)
    path, new = folder / f"{plan.target.name}.zip", folder / "new.zip"
    artifact = zip_writer.write(
        entries,
        new,
        jobs=os.cpu_count() or 1,
        level=zip_writer.fastest,  # the zip never leaves this machine
        # Not kept any longer, because Windows replaces no file that is in use.
        earlier=_read_earlier(path, earlier) if earlier else None,
    )
    new.replace(path)
    return Zip(path, artifact)


def _read_earlier(path: Path, earlier: Zip) -> zip_reuse.Earlier | None:
    """Read an earlier zip to copy from; None if its file is gone."""
    with suppress(OSError), path.open("rb") as stream:
        return zip_reuse.Earlier(zip_reuse.read(stream), earlier.artifact, zip_writer.LIBRARY)
    return None


def _built_entries(plan: BuildPlan, folder: Path) -> list[Entry]:
    """Have the builder make what is packed, for this machine."""
    output_folder = folder / f"{plan.target.name}.output"
    shutil.rmtree(output_folder, ignore_errors=True)
    architecture = host.architecture()
    recipe = {**plan.recipe, "architecture": architecture}
    host_plan = plan.replace(
        target=plan.target.replace(architecture=architecture),
        builder_plan=plan.builder_plan._replace(recipe=recipe),
    )
    output = BUILDERS[plan.target.builder].build_for_host(host_plan, output_folder)
    output_checks.check(host_plan, output)
    return sorted(assemble.output_entries(output), key=lambda entry: BY_PATH(entry.file))


def _source_entries(plan: BuildPlan) -> list[Entry]:
    prefix = plan.target.prefix
    return [assemble.below(prefix, entry) for entry in assemble.source_entries(plan)]


def differences(targets: Iterable[Target]) -> Sequence[str]:
    """Return how functions here differ from those in Lambda, in one phrase each."""
    functions = [target for target in targets if isinstance(target, Function)]
    identifiers = sorted({function.runtime for function in functions})
    phrases = []
    pythons = [runtime for runtime in identifiers if runtime.startswith("python3.")]
    absent = host_python.missing(pythons)
    if absent:
        versions = " ".join(runtime.removeprefix("python") for runtime in absent)
        phrases.append(
            f"Python {platform.python_version()}, which runs hashzip, runs the functions for "
            f"{', '.join(absent)}, too; to run them on their own version: "
            f"uv python install {versions}"
        )
    lacking = [
        runtime
        for runtime in pythons
        if runtime not in (RUNTIME, *absent) and not host_python.has_sdk(runtime)
    ]
    if lacking:
        phrases.append(
            f"functions for {', '.join(lacking)} have no boto3 but their own: the one that hashzip "
            "has needs a newer Python"
        )
    nodes = [runtime for runtime in identifiers if runtime.startswith("nodejs")]
    if nodes:
        phrases.append(f"the node on the PATH runs the functions for {', '.join(nodes)}")
    architectures = {function.architecture for function in functions} - {host.architecture()}
    if architectures:
        phrases.append(
            f"packages are installed and built for {host.architecture()}, not for "
            f"{', '.join(sorted(architectures))}; a compiled file in your own sources does not run"
        )
    builders = dict.fromkeys(function.builder for function in functions)
    notes = (BUILDERS[builder].host_note() for builder in builders)
    phrases += [note for note in notes if note]
    if not sys.platform.startswith("linux"):
        phrases.append("packages are those for Linux: their compiled code does not run here")
    phrases.append("memory is not limited, and /opt and /var/task are empty")
    return phrases
