"""What decides a program in Rust, and no plan sees. Build time.

What a plan could have seen is refused; what is this machine's own is warned of, since another
machine may give other bytes for the same fingerprint.
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
from hashzip.project.targets import Target

# What `hashzip[rust]` installs. Others work, and link other bytes from the same sources.
LINKERS = {"cargo-lambda": "1.9.2", "zig": "0.17.1"}


def warn(crates: Crates, tools: Toolchain, versions: Mapping[str, str]) -> None:
    """Warns of what differs between machines, before anything is compiled.

    Args:
        crates: What is compiled.
        tools: What compiles.
        versions: Of what compiles, by name.
    """
    if not crates.is_pinned:
        _warn_of_version(crates, versions["rustc"])
    for name, version in LINKERS.items():
        if versions[name] != version:
            errors.warn(
                f"{name} is {versions[name]} here, and hashzip[rust] has {version}, which links "
                "other bytes for the same fingerprint",
                "run: python3 -m pip install 'hashzip[rust]'",
            )
    _warn_of_outsiders(crates)
    _warn_of_settings(crates, tools)


def refuse(plan: BuildPlan, function: Target, tools: Rust, read: Iterable[str]) -> None:
    """Refuses a program that was compiled from what is no input: its change would go unnoticed.

    Args:
        plan: Of the function.
        function: The function.
        tools: What compiled it.
        read: What cargo says that it was compiled from.

    Raises:
        HashzipError: There is such a file, in the project.
    """
    root, inputs = plan.project.root, [file.path for file in plan.deciding_files]
    for path in sorted(read):
        if path.startswith(str(tools.target) + os.sep) or not os.path.exists(path):
            continue
        name = os.path.relpath(path, root).replace(os.sep, "/")
        if name.startswith("../"):
            errors.warn(
                f"{function.label} is compiled from {path}, out of the project, which no plan sees"
            )
        # Of a folder, which a build script may name, some files are enough.
        elif name != "." and not any(f"{one}/".startswith(f"//{name}/") for one in inputs):
            raise HashzipError(
                f"{function.label} is compiled from {name}, which is none of its inputs: a change "
                "of it would not be seen",
                f'add it: inputs = ["{name}"]; or the folder that it is in',
            )


def warn_of_names(crates: Crates, tools: Toolchain, program: bytes) -> None:
    """Warns of a program in which folders of this machine are named all the same.

    Args:
        crates: What was compiled.
        tools: What compiled it.
        program: What came of it.
    """
    folders = [str(tools.target), tools.cargo_home, crates.project.root]
    named = next((one for one in folders if os.fsencode(one) in program), None)
    advice = 'where a source has env!("CARGO_MANIFEST_DIR"), do without it'
    if elf.has_debug_information(program):
        # That of zig's own files, which it keeps, names the folder that it was first run in.
        named = "its folders in debug information"
        advice = f"set strip = true in [profile.{crates.function.options['profile']}] of Cargo.toml"
    if named:
        errors.warn(
            f"the program of {crates.function.label} names {named}, so that another machine gives "
            "other bytes for the same fingerprint",
            advice,
        )


def _warn_of_version(crates: Crates, version: str) -> None:
    """Warns where the project does not say which Rust."""
    path = join(crates.workspace, crate_inputs.TOOLCHAINS[0])
    errors.warn(
        f"nothing in the project says which Rust compiles {crates.function.label}: another one "
        "gives other bytes for the same fingerprint",
        f'write {path}: [toolchain] channel = "{version}"',
    )


def _warn_of_outsiders(crates: Crates) -> None:
    """Warns of crates whose whole path cargo puts into the names of symbols.

    Of those in the workspace it takes the path from there: `SourceId::stable_hash` in cargo.
    """
    workspace = crates.workspace
    for folder in crates.manifests:
        if workspace not in {".", folder} and not folder.startswith(workspace + "/"):
            errors.warn(
                f"the crate in {folder} is out of the workspace in {workspace}, so that the "
                "project in another folder gives other bytes for the same fingerprint",
                "make one workspace of both",
            )


def _warn_of_settings(crates: Crates, tools: Toolchain) -> None:
    """Warns of settings of cargo that are out of the project, where another machine has others."""
    for path, keys in cargo_config.unseen(crates.project.root, tools.cargo_home):
        errors.warn(
            f"{path} has {', '.join(keys)}, which no plan sees",
            "write it into the project's .cargo/config.toml",
        )
