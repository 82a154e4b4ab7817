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
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from hashzip import archive, detect, reuse
from hashzip.archive import Entry
from hashzip.builders import making
from hashzip.builders.consulted import Making
from hashzip.builders.python import trees
from hashzip.builders.rust import native
from hashzip.fingerprint import BY_PATH
from hashzip.targets import RUST, Function, Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from hashzip.blueprint import Blueprint
    from hashzip.builders.making import Made
    from hashzip.manifest import Artifact

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


def packages(blueprint: Blueprint) -> list[str]:
    """Install what a function and its layers require, and answer the folders, in their order.

    Raises:
        HashzipError: It cannot be installed.
    """
    found = [_here(one) for one in (blueprint, *blueprint.layers) if one.lock]
    return list(dict.fromkeys(str(trees.of(one).folder) for one in found))


class _Here(Target):
    """What is installed for this machine, whose C library is not that of Lambda's runtime."""

    glibc: ClassVar[str] = "2_28"


def _here(blueprint: Blueprint) -> Blueprint:
    values = {name: getattr(blueprint.target, name) for name in Target.fields}
    # What it was compiled to would be for another Python.
    here = {"runtime": RUNTIME, "architecture": detect.architecture(), "bytecode": False}
    return blueprint.replace(target=_Here(**{**values, **here, "strip": False}))


def pack(blueprint: Blueprint, folder: Path, earlier: Zip | None) -> Zip:
    """Pack the code of a function or layer.

    Args:
        blueprint: Of it.
        folder: Where the zip goes; it is made where it is missing.
        earlier: What was packed of it before; its file is replaced.

    Raises:
        HashzipError: A file is not what it was, or cannot be read; the program that makes the
            package failed.
    """
    folder.mkdir(parents=True, exist_ok=True)  # `.hashzip` may be deleted at any time
    made = folder / f"{blueprint.target.name}.made"
    entries = _made(blueprint, made) if blueprint.making else _sources(blueprint)
    path, new = folder / f"{blueprint.target.name}.zip", folder / "new.zip"
    artifact = archive.write(
        entries,
        new,
        jobs=os.cpu_count() or 1,
        level=archive.fastest,  # it goes no further than to this machine
        # Kept no longer: Windows replaces no file that is in use.
        earlier=reuse.Earlier(reuse.read(path), earlier.artifact, archive.LIBRARY)
        if earlier
        else None,
    )
    new.replace(path)
    return Zip(path, artifact)


def _made(blueprint: Blueprint, folder: Path) -> list[Entry]:
    """Have a program make what is packed, for this machine."""
    assert blueprint.making  # noqa: S101 - asked by the caller
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    architecture = detect.architecture()
    recipe = {**blueprint.making.recipe, "architecture": architecture}
    here = blueprint.replace(
        target=blueprint.target.replace(architecture=architecture),
        making=Making(recipe, blueprint.making.consulted),
    )
    made = _native(here, folder) if _is_native(blueprint.target) else making.make(here, folder)
    return sorted(
        (Entry(file, os.stat(file.location).st_size) for file in made.files),
        key=lambda entry: BY_PATH(entry.file),
    )


def _is_native(target: Target) -> bool:
    """Answer whether Rust alone can compile a function: Lambda's system runs here, too."""
    is_rust = isinstance(target, Function) and target.builder == RUST
    return is_rust and sys.platform.startswith("linux")


def _native(blueprint: Blueprint, folder: Path) -> Made:
    assert isinstance(blueprint.target, Function)  # noqa: S101 - asked by the caller
    made = native.make(blueprint, blueprint.target, folder)
    return making.checked(blueprint, blueprint.target, made)


def _sources(blueprint: Blueprint) -> list[Entry]:
    read = blueprint.inputs[len(blueprint.consulted) :]
    prefix = blueprint.target.prefix
    return [
        Entry(
            file._replace(path=prefix + file.path),
            found.size,
            found._replace(path=prefix + found.path),
        )
        for file, found in zip(blueprint.files, read, strict=True)
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
    architectures = sorted({one.architecture for one in functions} - {detect.architecture()})
    if architectures:
        found.append(
            f"packages are installed and made for {detect.architecture()}, not for "
            f"{', '.join(architectures)}; a compiled file in your own sources does not run"
        )
    if any(map(_is_native, functions)):
        found.append(
            "functions in Rust are development builds for this machine, by cargo's profile "
            f"{native.PROFILE}: larger and slower than what is deployed"
        )
    if not sys.platform.startswith("linux"):
        found.append("packages are those for Linux: what is compiled in them does not run here")
    found.append("there is no limit of memory, and nothing in /opt or /var/task")
    return found
