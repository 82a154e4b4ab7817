"""Compile a function in Rust for this machine, as fast as possible, while it is worked on.

Cargo alone does it, with its profile `dev`: incrementally, and without optimization. Such a program
is never packed for Lambda.
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
    rustup,
    target_folder,
    toolchain,
    undeclared_inputs,
)
from hashzip.builders.rust.crate_inputs import Crates
from hashzip.builders.rust.toolchain import Rust
from hashzip.errors import HashzipError
from hashzip.inputs.files import SourceFile
from hashzip.inputs.paths import IN_PROJECT

PROFILE = "dev"

_HOST = re.compile(r"^host: (\S+)$", re.MULTILINE)


def build(plan: BuildPlan, folder: Path) -> BuildOutput:
    """Compile a function.

    Args:
        plan: The plan of the function.
        folder: A folder to work in.

    Raises:
        HashzipError: Rust is not installed; the lock is stale; the crate does not compile, or is
            compiled from a file that is not an input.
    """
    root = plan.project.root
    crates = crate_inputs.find(plan.project, plan.target)
    rust = find(root, os.path.join(root, crates.crate_dir), is_pinned=crates.is_pinned)
    name = str(plan.recipe["bin"])
    # https://doc.rust-lang.org/cargo/reference/build-cache.html
    compiled = rust.target_dir / rust.triple / "debug" / name
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / cargo_command.PROGRAM
    with cargo_command.locked(rust):
        _fetch(plan, crates, rust)
        _compile(crates, rust, name)
        # The next build, perhaps of another project, overwrites the original.
        shutil.copyfile(compiled, program)
        compiled_from = dep_info.read(compiled.with_name(f"{name}.d"))
    undeclared_inputs.check(plan, rust, compiled_from)
    file = SourceFile(cargo_command.PROGRAM, os.fsencode(program), executable=True)
    return BuildOutput([OutputFile(file)])


def find(root: str, crate_dir: str, *, is_pinned: bool) -> Rust:
    """Find what compiles for this machine: Rust alone.

    Its output is in a folder beside that of the builds for Lambda, so that neither waits for the
    other, or compiles again what the other has compiled.

    Args:
        root: The project's folder.
        crate_dir: The crate's folder, an absolute path.
        is_pinned: Whether the project pins the version of Rust.

    Raises:
        HashzipError: Rust is not installed, or not in the version that the project pins.
    """
    path = process.path_with_scripts()
    target_dir = os.path.join(toolchain.target_dir(root), target_folder.NATIVE)
    rust = Rust(
        cargo=toolchain.cargo(path),
        triple="",
        crate_dir=crate_dir,
        environment={
            **toolchain.environment(target_dir, path, is_pinned=is_pinned),
            "CARGO_INCREMENTAL": "1",
            "CARGO_PROFILE_DEV_DEBUG": "0",  # it takes longer to write and link than all else
        },
    )
    return replace(rust, triple=_host(rust.output("rustc", "--version", "--verbose")))


def _host(version: str) -> str:
    """Return the target of the machine that Rust runs on, from its version information.

    Raises:
        HashzipError: There is none in it.
    """
    host = _HOST.search(version)
    if host is None:
        raise HashzipError(
            "rustc does not say which machine it is for:",
            rustup.INSTALL,
            lines=version.strip().splitlines(),
        )
    return host[1]


def _fetch(plan: BuildPlan, crates: Crates, rust: Rust) -> None:
    """Fetch the crates of the lock, unless the files that decide about them are unchanged.

    At each save, it would take as long as a small crate takes to compile.

    Raises:
        HashzipError: The lock is stale, or a crate cannot be downloaded.
    """
    deciding = {f"{IN_PROJECT}{path}" for path in crates.inputs().files}
    lines = [f"{file.sha256} {file.path}" for file in plan.inputs if file.path in deciding]
    state = "\n".join([rust.crate_dir, rust.triple, rust.cargo_home, *sorted(lines)])
    record = rust.target_dir / f"{plan.target.name}.fetched"
    if record.is_file() and record.read_text(encoding="utf-8") == state:
        return
    cargo_command.fetch(crates, rust)
    record.write_text(state, encoding="utf-8")


def _compile(crates: Crates, rust: Rust, name: str) -> None:
    """Compile a program into the target folder.

    Raises:
        HashzipError: It does not compile.
    """
    arguments = [
        *(rust.cargo, "build", "--locked", "--profile", PROFILE),
        # Explicitly, because the project's settings may name Lambda's.
        *("--target", rust.triple, "--bin", name),
        *cargo_command.features(crates.function),
    ]
    try:
        process.run(arguments, cwd=rust.crate_dir, environment=rust.environment)
    except ProcessFailed as error:
        hint = "fix that, and save again"
        # For Lambda zig links, and here cc does.
        if not shutil.which("cc", path=rust.environment["PATH"]):
            hint += "; if a linker is missing, install a C compiler, because Rust links with cc"
        raise HashzipError(
            f"cargo could not build {crates.function.label}; its output is above", hint
        ) from error
