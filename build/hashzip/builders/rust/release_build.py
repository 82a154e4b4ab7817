"""Compile a function in Rust for Lambda with cargo-lambda, which links with zig, on any machine.

The same sources make the same program, wherever they lie and wherever cargo keeps its downloads, if
the same Rust compiles them.

https://www.cargo-lambda.info/commands/build.html
"""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from hashzip.builders.base import BuildOutput, OutputFile
from hashzip.builders.build_plan import BuildPlan
from hashzip.builders.process import ProcessFailed
from hashzip.builders.rust import (
    cargo_command,
    cargo_config,
    crate_inputs,
    dep_info,
    linked_crates,
    toolchain,
    undeclared_inputs,
)
from hashzip.builders.rust.cargo_manifests import join
from hashzip.builders.rust.crate_inputs import Crates
from hashzip.builders.rust.linked_crates import Message
from hashzip.builders.rust.toolchain import Toolchain
from hashzip.errors import HashzipError
from hashzip.inputs.files import SourceFile
from hashzip.project import runtimes
from hashzip.project.targets import Target


def build(plan: BuildPlan, folder: Path) -> BuildOutput:
    """Compile a function.

    Args:
        plan: The plan of the function.
        folder: A folder to work in, which does not exist yet.

    Raises:
        HashzipError: A program or the target's standard library is missing; the lock is stale; the
            crate does not compile, or is compiled from a file that is not an input.
    """
    crates = crate_inputs.find(plan.project, plan.target)
    tools = toolchain.find(
        plan.project.root,
        os.path.join(plan.project.root, crates.crate_dir),
        plan.target.architecture,
        is_pinned=crates.is_pinned,
    )
    versions = {
        "rustc": tools.version("rustc", "--version"),
        "cargo-lambda": tools.version(tools.cargo_lambda, "lambda", "--version"),
        "zig": tools.version(tools.zig, "version"),
    }
    undeclared_inputs.warn(crates, tools, versions)
    cargo_command.fetch(crates, tools)
    name = str(plan.recipe["bin"])
    with cargo_command.locked(tools):
        messages = _compile(crates, tools, name, folder)
        output = tools.target_dir / tools.triple / _subfolder(plan.target.options["profile"])
        compiled_from = dep_info.read(output / f"{name}.d")
    undeclared_inputs.check(plan, tools, compiled_from)
    program = folder / name / cargo_command.PROGRAM
    undeclared_inputs.warn_of_paths(crates, tools, program.read_bytes())
    lock = join(crates.workspace, crate_inputs.LOCK)
    packages = linked_crates.packages(messages, plan.project.root, lock, tools)
    file = SourceFile(cargo_command.PROGRAM, os.fsencode(program), executable=True)
    return BuildOutput([OutputFile(file)], versions, packages)


def _compile(crates: Crates, tools: Toolchain, name: str, folder: Path) -> list[Message]:
    """Compile a program into a folder, and return cargo's messages.

    Raises:
        HashzipError: It does not compile.
    """
    function = crates.function
    arguments = [
        *(tools.cargo_lambda, "lambda", "build", "--locked", "--skip-target-check"),
        *("--compiler", "cargo-zigbuild", "--output-format", "binary"),
        *("--target", f"{tools.triple}.{_glibc(function.runtime)}"),
        *("--bin", name, "--lambda-dir", str(folder)),
        *_profile(function),
        *cargo_command.features(function),
    ]
    flags = {"CARGO_ENCODED_RUSTFLAGS": "\x1f".join(_rustflags(crates, tools))}
    environment = {**tools.environment, **flags}
    try:
        return linked_crates.run(arguments, cwd=tools.crate_dir, environment=environment)
    except ProcessFailed as error:
        raise HashzipError(
            f"cargo could not build {function.label}; its output is above",
            "fix that, and build again; earlier builds are unchanged",
        ) from error


def _rustflags(crates: Crates, tools: Toolchain) -> list[str]:
    """Return the compiler flags: the project's own, the processor, and names in place of paths.

    Cargo takes flags from one place alone, and a variable comes first, so all of them are in it:
    https://doc.rust-lang.org/cargo/reference/config.html#buildrustflags
    Flags from outside the project are left out, because no plan sees them.

    Raises:
        HashzipError: The project's flags for all targets are a string, to which cargo-lambda cannot
            add its own.
    """
    root, config_files = crates.project.root, crates.config_files()
    string = cargo_config.rustflags_string(root, config_files)
    if string is not None:
        raise HashzipError(
            f"rustflags in [build] of .cargo/config.toml is the string {json.dumps(string)}, to "
            "which cargo-lambda cannot add flags",
            f"write a list: rustflags = {json.dumps(string.split())}",
        )
    cfgs = tools.output("rustc", "--print", "cfg", "--target", tools.triple).splitlines()
    flags = cargo_config.rustflags(root, config_files, tools.triple, frozenset(cfgs))
    if not any("target-cpu" in flag for flag in flags):
        # cargo-lambda would add it too, but only where no variable has flags.
        flags += ["-C", f"target-cpu={tools.cpu}"]
    names = _names_of_paths(root, tools)
    return [*flags, *(f"--remap-path-prefix={path}={name}" for path, name in names)]


def _names_of_paths(root: str, tools: Toolchain) -> Iterator[tuple[str, str]]:
    """Yield folders of this machine that a program may contain, each with a name for all machines.

    The compiler takes the last of those that match.
    """
    yield root, "/project"
    yield tools.cargo_home, "/cargo"
    yield str(tools.target_dir), "/target"
    # The folder of a mirror has another name than that of the registry itself.
    for registry in sorted(Path(tools.cargo_home, "registry", "src").glob("*")):
        yield str(registry), "/cargo/registry"


def _glibc(identifier: str) -> str:
    runtime = runtimes.find(identifier)
    return runtime.glibc if runtime else ""  # the plan has refused an unknown runtime


def _profile(function: Target) -> Sequence[str]:
    profile = function.options["profile"]
    # cargo-lambda's own settings for small programs apply to this option alone.
    return ["--release"] if profile == "release" else ["--profile", profile]


def _subfolder(profile: str) -> str:
    """Return the subfolder of the target folder in which a profile's output is.

    https://doc.rust-lang.org/cargo/reference/build-cache.html
    """
    return {"dev": "debug", "test": "debug", "bench": "release"}.get(profile, profile)
