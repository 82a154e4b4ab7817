"""Compiles a function in Rust by cargo-lambda, which links by zig: on any machine, for Lambda's.

Build time. The same sources give the same program, wherever they lie and wherever cargo keeps what
it downloads, as long as the same Rust compiles them.

https://www.cargo-lambda.info/commands/build.html
"""

import json
import os
from collections.abc import Iterable, Sequence
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
from hashzip.builders.rust.crate_inputs import Crates
from hashzip.builders.rust.toolchain import Toolchain
from hashzip.errors import HashzipError
from hashzip.inputs.files import SourceFile
from hashzip.project.runtimes import RUNTIMES
from hashzip.project.targets import Target

PROGRAM = "bootstrap"  # https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html


def build(plan: BuildPlan, folder: Path) -> BuildOutput:
    """Compiles a function.

    Args:
        plan: Of the function.
        folder: A folder to work in, which does not exist yet.

    Raises:
        HashzipError: A tool or target of Rust is not here; the lock is stale; it does not compile.
    """
    function = plan.target
    crates = crate_inputs.find(plan.project, function)
    home = os.path.join(plan.project.root, crates.home)
    tools = toolchain.find(
        plan.project.root, home, function.architecture, is_pinned=crates.is_pinned
    )
    versions = {
        "rustc": tools.version("rustc", "--version"),
        "cargo-lambda": tools.version(tools.cargo_lambda, "lambda", "--version"),
        "zig": tools.version(tools.zig, "version"),
    }
    undeclared_inputs.warn(crates, tools, versions)
    cargo_command.fetch(crates, tools)
    program = str(plan.recipe["bin"])
    arguments = [
        *(tools.cargo_lambda, "lambda", "build", "--locked", "--skip-target-check"),
        *("--compiler", "cargo-zigbuild", "--output-format", "binary"),
        *("--target", f"{tools.triple}.{RUNTIMES[function.runtime].glibc}"),
        *("--bin", program, "--lambda-dir", str(folder)),
        *_profile(function),
        *cargo_command.features(function),
    ]
    flags = {"CARGO_ENCODED_RUSTFLAGS": "\x1f".join(_flags(crates, tools))}
    with cargo_command.alone(tools):
        try:
            messages = linked_crates.run(
                arguments, cwd=home, environment={**tools.environment, **flags}
            )
        except ProcessFailed as error:
            raise HashzipError(
                f"cargo could not build {function.label}; its output is above",
                "fix that, and build again; earlier builds are unchanged",
            ) from error
        read = dep_info.read(
            tools.target / tools.triple / _folder(function.options["profile"]) / f"{program}.d"
        )
    undeclared_inputs.refuse(plan, function, tools, read)
    location = folder / program / PROGRAM
    undeclared_inputs.warn_of_names(crates, tools, location.read_bytes())
    lock = Path(plan.project.root, crates.workspace, crate_inputs.LOCK)
    packages = linked_crates.packages(messages, lock, tools)
    file = SourceFile(PROGRAM, os.fsencode(location), executable=True)
    return BuildOutput([OutputFile(file)], versions, packages)


def _flags(crates: Crates, tools: Toolchain) -> list[str]:
    """Answers what the compiler gets: the project's own flags, the processor, names for paths.

    Cargo takes flags from one place alone, of which this variable is the first; so all are in it:
    https://doc.rust-lang.org/cargo/reference/config.html#buildrustflags
    What is in settings out of the project is not, since no plan sees it.

    Raises:
        HashzipError: Flags for all targets are no list, and cargo-lambda's own would not fit.
    """
    text = cargo_config.text_for_all(crates.project.root, crates.configs())
    if text is not None:
        raise HashzipError(
            f"rustflags in [build] of .cargo/config.toml are one text, {json.dumps(text)}, to "
            "which cargo-lambda can add nothing",
            f"write a list: rustflags = {json.dumps(text.split())}",
        )
    triple = tools.triple
    cfgs = tools.answer("rustc", "--print", "cfg", "--target", triple).splitlines()
    flags = cargo_config.flags(crates.project.root, crates.configs(), triple, frozenset(cfgs))
    if not any("target-cpu" in flag for flag in flags):
        # As cargo-lambda would, and then the linker gets it too.
        flags += ["-C", f"target-cpu={tools.processor}"]
    paths = _paths(crates.project.root, tools)
    return [*flags, *(f"--remap-path-prefix={path}={name}" for path, name in paths)]


def _paths(root: str, tools: Toolchain) -> Iterable[tuple[str, str]]:
    """Answers folders of this machine that a program may name, and names for all machines.

    Of several that fit, the compiler takes the last.
    """
    yield root, "/project"
    yield tools.cargo_home, "/cargo"
    yield str(tools.target), "/target"
    # A mirror has a folder of another name than the registry itself.
    for registry in sorted(Path(tools.cargo_home, "registry", "src").glob("*")):
        yield str(registry), "/cargo/registry"


def _profile(function: Target) -> Sequence[str]:
    # cargo-lambda makes a program small only if it is asked for a release by this name.
    if function.options["profile"] == "release":
        return ["--release"]
    return ["--profile", function.options["profile"]]


def _folder(profile: str) -> str:
    """Answers where cargo puts what it compiles for a profile.

    https://doc.rust-lang.org/cargo/reference/build-cache.html
    """
    return {"dev": "debug", "test": "debug", "bench": "release"}.get(profile, profile)
