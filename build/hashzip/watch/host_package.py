"""What runs on this machine, in place of what is deployed: code alone, and packages beside it.

MiniStack unpacks a function, layers included, for each worker. So only the code goes into the zip,
and the packages are read from where they are installed, by `PYTHONPATH`: a save moves a few files,
however large the packages are. They are installed for the Python and the processor that are here.

What a program makes is made for the processor that is here, and is all in the zip. A function in
Rust is compiled by cargo alone, which is fast.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from hashzip.archive import zip_reuse, zip_writer
from hashzip.archive.zip_writer import Entry
from hashzip.builders import process
from hashzip.builders.declared_inputs import BuilderPlan
from hashzip.builders.python import install_cache
from hashzip.builders.rust import dev_build
from hashzip.inputs.files import BY_PATH
from hashzip.project import host
from hashzip.project.targets import RUST, Function, Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from hashzip.artifacts.manifest import Artifact
    from hashzip.builders.build_plan import BuildPlan
    from hashzip.builders.process import BuildOutput

RUNTIME = f"python3.{sys.version_info.minor}"


@dataclass(frozen=True)
class Zip:
    """Code, packed for this machine."""

    path: Path
    artifact: Artifact

    @property
    def content(self) -> bytes:
        """The whole file."""
        return self.path.read_bytes()


def packages(plan: BuildPlan) -> list[str]:
    """Install what a function and its layers require, and answer the folders, in their order.

    Raises:
        HashzipError: It cannot be installed.
    """
    found = [_here(one) for one in (plan, *plan.layers) if one.lock]
    return list(dict.fromkeys(str(install_cache.installed(one).folder) for one in found))


class _Here(Target):
    """What is installed for this machine, whose C library is not that of Lambda's runtime."""

    glibc: ClassVar[str] = "2_28"


def _here(plan: BuildPlan) -> BuildPlan:
    values = {name: getattr(plan.target, name) for name in Target.fields}
    # What it was compiled to would be for another Python.
    here = {"runtime": RUNTIME, "architecture": host.architecture(), "bytecode": False}
    return plan.replace(target=_Here(**{**values, **here, "strip": False}))


def pack(plan: BuildPlan, folder: Path, earlier: Zip | None) -> Zip:
    """Pack the code of a function or layer.

    Args:
        plan: Of it.
        folder: Where the zip goes; it is made where it is missing.
        earlier: What was packed of it before; its file is replaced.

    Raises:
        HashzipError: A file is not what it was, or cannot be read; the program that makes the
            package failed.
    """
    folder.mkdir(parents=True, exist_ok=True)  # `.hashzip` may be deleted at any time
    made = folder / f"{plan.target.name}.made"
    entries = _made(plan, made) if plan.making else _sources(plan)
    path, new = folder / f"{plan.target.name}.zip", folder / "new.zip"
    artifact = zip_writer.write(
        entries,
        new,
        jobs=os.cpu_count() or 1,
        level=zip_writer.fastest,  # it goes no further than to this machine
        # Kept no longer: Windows replaces no file that is in use.
        earlier=_read_earlier(path, earlier) if earlier else None,
    )
    new.replace(path)
    return Zip(path, artifact)


def _read_earlier(path: Path, earlier: Zip) -> zip_reuse.Earlier | None:
    """Read an earlier zip to copy from; None if its file is gone."""
    with suppress(OSError), path.open("rb") as stream:
        return zip_reuse.Earlier(zip_reuse.read(stream), earlier.artifact, zip_writer.LIBRARY)
    return None


def _made(plan: BuildPlan, folder: Path) -> list[Entry]:
    """Have a program make what is packed, for this machine."""
    assert plan.making  # noqa: S101 - asked by the caller
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    architecture = host.architecture()
    recipe = {**plan.making.recipe, "architecture": architecture}
    here = plan.replace(
        target=plan.target.replace(architecture=architecture),
        making=BuilderPlan(recipe, plan.making.consulted),
    )
    made = _native(here, folder) if _is_native(plan.target) else process.make(here, folder)
    return sorted(
        (Entry(file, os.stat(file.location).st_size) for file in made.files),
        key=lambda entry: BY_PATH(entry.file),
    )


def _is_native(target: Target) -> bool:
    """Answer whether Rust alone can compile a function: Lambda's system runs here, too."""
    is_rust = isinstance(target, Function) and target.builder == RUST
    return is_rust and sys.platform.startswith("linux")


def _native(plan: BuildPlan, folder: Path) -> BuildOutput:
    assert isinstance(plan.target, Function)  # noqa: S101 - asked by the caller
    made = dev_build.make(plan, plan.target, folder)
    return process.checked(plan, plan.target, made)


def _sources(plan: BuildPlan) -> list[Entry]:
    read = plan.inputs[len(plan.consulted) :]
    prefix = plan.target.prefix
    return [
        Entry(
            file._replace(path=prefix + file.path),
            found.size,
            found._replace(path=prefix + found.path),
        )
        for file, found in zip(plan.files, read, strict=True)
    ]


def differences(targets: Iterable[Target]) -> Sequence[str]:
    """Say what is otherwise here than in Lambda."""
    functions = [target for target in targets if not target.prefix]
    found = []
    runtimes = sorted({one.runtime for one in functions if one.runtime.startswith("python")})
    others = [one for one in runtimes if one != RUNTIME]
    if runtimes:
        found.append(
            f"Python {platform.python_version()} runs every function"
            + (" in Python" if any(one.runtime not in runtimes for one in functions) else "")
            + (f", also those of {', '.join(others)}" if others else "")
        )
    runtimes = sorted({one.runtime for one in functions if one.runtime.startswith("nodejs")})
    if runtimes:
        found.append(f"the node on the PATH runs the functions of {', '.join(runtimes)}")
    architectures = sorted({one.architecture for one in functions} - {host.architecture()})
    if architectures:
        found.append(
            f"packages are installed and made for {host.architecture()}, not for "
            f"{', '.join(architectures)}; a compiled file in your own sources does not run"
        )
    if any(map(_is_native, functions)):
        found.append(
            "functions in Rust are development builds for this machine, by cargo's profile "
            f"{dev_build.PROFILE}: larger and slower than what is deployed"
        )
    if not sys.platform.startswith("linux"):
        found.append("packages are those for Linux: what is compiled in them does not run here")
    found.append("there is no limit of memory, and nothing in /opt or /var/task")
    return found
