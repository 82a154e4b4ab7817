"""Report what a program was made from and no plan sees.

A file of the project that should have been declared is an error. What differs between machines is a
warning, because another machine may produce different bytes for the same fingerprint.
"""

import os
from collections.abc import Iterable, Mapping

from hashzip import errors
from hashzip.builders import elf
from hashzip.builders.build_plan import BuildPlan
from hashzip.builders.rust import cargo_config, crate_inputs
from hashzip.builders.rust.cargo_manifests import join
from hashzip.builders.rust.crate_inputs import Crates
from hashzip.builders.rust.toolchain import Rust, Toolchain
from hashzip.errors import HashzipError
from hashzip.inputs.paths import IN_PROJECT
from hashzip.project import installation

# The versions that `hashzip[rust]` installs. Others work, but link different bytes from the same
# sources.
LINKERS = {"cargo-lambda": "1.9.2", "zig": "0.17.1"}


def warn(crates: Crates, tools: Toolchain, versions: Mapping[str, str]) -> None:
    """Warn before the build of what differs between machines.

    Args:
        crates: The crates of the function.
        tools: The programs that build it.
        versions: Their versions by name.
    """
    if not crates.is_pinned:
        _warn_of_unpinned_rust(crates, versions["rustc"])
    for name, version in LINKERS.items():
        if versions[name] != version:
            errors.warn(
                f"{name} is {versions[name]} here, and hashzip[rust] has {version}, which links "
                "different bytes for the same fingerprint",
                installation.hint("rust"),
            )
    _warn_of_crates_outside_the_workspace(crates)
    _warn_of_config_outside_the_project(crates, tools)


def check(plan: BuildPlan, rust: Rust, paths: Iterable[str]) -> None:
    """Check that a program was compiled from its inputs alone.

    Args:
        plan: The plan of the function.
        rust: The Rust that compiled it.
        paths: The files and folders that cargo compiled it from.

    Raises:
        HashzipError: One of them is in the project and not an input: no plan would see its changes.
    """
    label, root = plan.target.label, plan.project.root
    inputs = [file.path for file in plan.deciding_files]
    for path in sorted(paths):
        if path.startswith(str(rust.target_dir) + os.sep) or not os.path.exists(path):
            continue
        name = os.path.relpath(path, root).replace(os.sep, "/")
        if name.startswith("../"):
            errors.warn(
                f"{label} is compiled from {path}, outside the project, where no plan sees changes"
            )
        # A build script may declare a folder; some of its files may not be inputs.
        elif name != "." and not any(f"{i}/".startswith(f"{IN_PROJECT}{name}/") for i in inputs):
            raise HashzipError(
                f"{label} is compiled from {name}, which is not one of its inputs: no plan would "
                "see its changes",
                f'add it: inputs = ["{name}"]; or add its folder',
            )


def warn_of_paths(crates: Crates, tools: Toolchain, program: bytes) -> None:
    """Warn if a program contains paths of this machine nevertheless.

    Args:
        crates: The crates of the function.
        tools: The programs that built it.
        program: The content of the program.
    """
    folders = [str(tools.target_dir), tools.cargo_home, crates.project.root]
    name = next((folder for folder in folders if os.fsencode(folder) in program), None)
    hint = 'where a source has env!("CARGO_MANIFEST_DIR"), do without it'
    if elf.has_debug_information(program):
        # That of zig's own files, which are in its cache, has the folder of zig's first run.
        name = "paths in its debug information"
        hint = f"set strip = true in [profile.{crates.function.options['profile']}] of Cargo.toml"
    if name:
        errors.warn(
            f"the program of {crates.function.label} contains {name}, so that another machine "
            "produces different bytes for the same fingerprint",
            hint,
        )


def _warn_of_unpinned_rust(crates: Crates, version: str) -> None:
    path = join(crates.workspace, crate_inputs.TOOLCHAINS[0])
    errors.warn(
        f"the project does not pin the version of Rust that compiles {crates.function.label}, and "
        "another one produces different bytes for the same fingerprint",
        f'write {path}: [toolchain] channel = "{version}"',
    )


def _warn_of_crates_outside_the_workspace(crates: Crates) -> None:
    """Warn of crates whose absolute path cargo hashes into the names of symbols.

    For a crate in the workspace, it hashes the path from there: `SourceId::stable_hash` in cargo.
    """
    workspace = crates.workspace
    for crate_dir in crates.compiled:
        if workspace not in {".", crate_dir} and not crate_dir.startswith(workspace + "/"):
            errors.warn(
                f"the crate in {crate_dir} is outside the workspace in {workspace}, so that the "
                "project in another folder has different bytes for the same fingerprint",
                "make one workspace of both",
            )


def _warn_of_config_outside_the_project(crates: Crates, tools: Toolchain) -> None:
    for path, keys in cargo_config.outside(crates.project.root, tools.cargo_home):
        errors.warn(
            f"{path} has {', '.join(keys)}, which no plan sees",
            "write it into the project's .cargo/config.toml",
        )
