"""Compiles a function in Rust for this machine, as fast as can be, while it is worked on.

Build time. By cargo alone, by its profile `dev`: incrementally, neither optimized nor made small.
So what comes of it is never packed for Lambda.
"""

import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

from hashzip.builders import process
from hashzip.builders.base import BuildOutput, OutputFile
from hashzip.builders.build_plan import BuildPlan
from hashzip.builders.process import ProcessFailed
from hashzip.builders.rust import (
    cargo_command,
    crate_inputs,
    dep_info,
    toolchain,
    undeclared_inputs,
)
from hashzip.builders.rust.crate_inputs import Crates
from hashzip.builders.rust.release_build import PROGRAM
from hashzip.builders.rust.toolchain import Rust
from hashzip.errors import HashzipError
from hashzip.inputs.files import SourceFile

PROFILE = "dev"

_HOST = re.compile(r"^host: (\S+)$", re.MULTILINE)


def build(plan: BuildPlan, folder: Path) -> BuildOutput:
    """Compiles a function.

    Args:
        plan: Of the function.
        folder: A folder to work in, which does not exist yet.

    Raises:
        HashzipError: Rust is not here; the lock is stale; it does not compile, or is compiled from
            what is no input.
    """
    function, root = plan.target, plan.project.root
    crates = crate_inputs.find(plan.project, function)
    home = os.path.join(root, crates.home)
    tools = find(root, home, is_pinned=crates.is_pinned)
    program = str(plan.recipe["bin"])
    # https://doc.rust-lang.org/cargo/reference/build-cache.html
    compiled = tools.target / tools.triple / "debug" / program
    folder.mkdir(parents=True, exist_ok=True)
    location = folder / PROGRAM
    with cargo_command.alone(tools):
        _fetch(plan, crates, tools)
        try:
            process.run(
                [
                    *(tools.cargo, "build", "--locked", "--profile", PROFILE),
                    # Named, since the project's settings may name that of Lambda.
                    *("--target", tools.triple, "--bin", program),
                    *cargo_command.features(function),
                ],
                cwd=home,
                environment=tools.environment,
            )
        except ProcessFailed as error:
            raise HashzipError(
                f"cargo could not build {function.label}; its output is above", _hint(tools)
            ) from error
        # A copy: the next build writes there too, be it that of another project.
        shutil.copyfile(compiled, location)
        read = dep_info.read(compiled.with_name(f"{program}.d"))
    undeclared_inputs.refuse(plan, function, tools, read)
    return BuildOutput([OutputFile(SourceFile(PROGRAM, os.fsencode(location), executable=True))])


def find(root: str, home: str, *, is_pinned: bool) -> Rust:
    """Finds what compiles for this machine: Rust alone.

    What it compiled is beside what is built for Lambda, so that neither waits for the other, or
    has to compile again what the other had compiled.

    Args:
        root: The project's folder.
        home: That of the crate.
        is_pinned: Whether the project says which Rust compiles it.

    Raises:
        HashzipError: Rust is not here, or not the one that the project wants.
    """
    path = process.path_with_scripts()
    target = os.path.join(toolchain.target(root), "native")
    found = Rust(
        cargo=toolchain.cargo(path),
        triple="",
        home=home,
        environment={
            **toolchain.environment(target, path, is_pinned=is_pinned),
            "CARGO_INCREMENTAL": "1",
            "CARGO_PROFILE_DEV_DEBUG": "0",  # to write and link it takes longer than all else
        },
    )
    return replace(found, triple=_host(found.answer("rustc", "--version", "--verbose")))


def _host(said: str) -> str:
    """Answers the machine that Rust itself runs on, from what it says of its version.

    Raises:
        HashzipError: It says none.
    """
    host = _HOST.search(said)
    if host is None:
        raise HashzipError(
            f"rustc does not say which machine it is for:\n{said.strip()}", toolchain.RUSTUP
        )
    return host[1]


def _hint(tools: Rust) -> str:
    """Answers the way out where cargo failed: zig, which links for Lambda, does not link here."""
    mend = "mend that, and save again"
    if shutil.which("cc", path=tools.environment["PATH"]):
        return mend
    return (
        f"{mend}; if it lacks a linker, install a C compiler: Rust links by cc, which is not here"
    )


def _fetch(plan: BuildPlan, crates: Crates, tools: Rust) -> None:
    """Has cargo look whether the lock fits, and download what is new, if there may be anything new.

    With each save, it would cost as much again as a small crate takes to compile.

    Raises:
        HashzipError: The lock is stale, or cargo could not.
    """
    deciding = {f"//{path}" for path in crates.inputs().files}
    lines = [f"{one.sha256} {one.path}" for one in plan.inputs if one.path in deciding]
    state = "\n".join([tools.home, tools.triple, tools.cargo_home, *sorted(lines)])
    known = tools.target / f"{plan.target.name}.fetched"
    if known.is_file() and known.read_text(encoding="utf-8") == state:
        return
    cargo_command.fetch(crates, tools)
    known.write_text(state, encoding="utf-8")
