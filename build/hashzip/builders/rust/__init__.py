"""The builder for Rust: cargo compiles a program, which is the whole package.

The plan reads manifests itself, without cargo. `release_build` and `dev_build` are its build time.
"""

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from hashzip.builders import declared_inputs
from hashzip.builders.build_plan import BuilderPlan, BuildPlan
from hashzip.builders.rust import crate_inputs
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
        kind=keys.ONE_FOLDER, help="the folder of the crate"
    ),
    "bin": Key(
        keys.STRING,
        "the program of the crate that is the function",
        default_help="the only program",
    ),
    "features": Key(keys.STRINGS, "features of the crate to enable", ()),
    "default_features": Key(
        keys.BOOLEAN, "whether to enable the crate's default features", default=True
    ),
    "profile": Key(keys.STRING, "the profile of cargo", "release"),
    **keys.INPUTS,
}
RUNTIMES = runtimes.of_family("provided")
PURL_TYPE = "cargo"
_DISCOVERED_RUNTIME = "provided.al2023"


def plan(project: Project, target: Target, layers: Sequence[BuildPlan]) -> BuilderPlan:
    """Say what decides the bytes of the program.

    Raises:
        HashzipError: Lambda runs no program on that runtime; a manifest or the lock is missing or
            damaged; the crate has no such program; a crate is outside the project.
    """
    del layers  # a program has none
    runtimes.check(target.runtime, RUNTIMES, target.label)
    crates = crate_inputs.find(project, target)
    options: dict[str, object] = {}
    if target.options["features"]:
        options["features"] = list(target.options["features"])
    if not target.options["default_features"]:
        options["default_features"] = False
    recipe = {
        "builder": target.builder,
        "runtime": target.runtime,
        "architecture": target.architecture,
        "source": f"{IN_PROJECT}{target.sources[0]}",
        "bin": crates.bin_name(),
        "profile": target.options["profile"],
        **options,
    }
    own, more = crates.inputs(), declared_inputs.declared(project, target)
    files = declared_inputs.source_files(project, [*own.files, *more.files])
    return BuilderPlan(recipe, files, [*own.folders, *more.folders], packs_sources=False)


def build(plan: BuildPlan, folder: "Path", *, fresh: bool) -> "BuildOutput":
    """Compile the function for Lambda.

    Raises:
        HashzipError: A tool is missing; the lock is stale; the crate does not compile.
    """
    from hashzip.builders.rust import release_build

    del fresh  # cargo itself knows what it has compiled
    return release_build.build(plan, folder)


def build_for_host(plan: BuildPlan, folder: "Path") -> "BuildOutput":
    """Compile the function for this machine, with little optimization.

    Raises:
        HashzipError: As for `build`.
    """
    if not _compiles_for_host():
        return build(plan, folder, fresh=False)
    from hashzip.builders.rust import dev_build

    return dev_build.build(plan, folder)


def host_note() -> str:
    """Return how programs for this machine differ from deployed ones."""
    if not _compiles_for_host():
        return ""
    return (
        "functions in Rust are development builds for this machine, with cargo's profile dev: "
        "larger and slower than what is deployed"
    )


def discover(folder: "Path", root: "Path") -> "Iterator[Discovered]":
    """Find the programs of a crate that depends on Lambda's runtime for Rust."""
    from hashzip.builders.base import Discovered
    from hashzip.builders.rust import bin_targets

    crate = bin_targets.functions(folder, root)
    if crate is None:
        return
    is_only = len(crate.binaries) == 1
    for binary in crate.binaries:
        name = crate.name if is_only else binary.name
        options: dict[str, object] = {"builder": "rust"}
        if not is_only:
            options["bin"] = binary.name
        if binary.features:
            options["features"] = list(binary.features)
        yield Discovered(
            names=[name, f"{name}-rust" if is_only else f"{crate.name}-{name}"],
            source=folder.relative_to(root).as_posix(),
            runtime=_DISCOVERED_RUNTIME,
            options=options,
        )


def _compiles_for_host() -> bool:
    """Return whether cargo alone can compile for this machine: Lambda's system is Linux too."""
    return sys.platform.startswith("linux")
