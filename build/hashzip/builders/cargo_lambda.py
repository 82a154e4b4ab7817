"""Compiles a function in Rust by cargo-lambda, which links by zig: on any machine, for Lambda's.

Build time. The same sources give the same program, wherever they lie and wherever cargo keeps what
it downloads, as long as the same Rust compiles them.

https://www.cargo-lambda.info/commands/build.html
"""

import json
import logging
import os
import re
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hashzip.builders import cargo, making, rust, toolchain
from hashzip.builders.cargo import Crates
from hashzip.builders.making import Made
from hashzip.builders.manifests import join
from hashzip.builders.toolchain import Toolchain
from hashzip.errors import HashzipError
from hashzip.names import SourceFile
from hashzip.planning import Blueprint
from hashzip.targets import Function

PROGRAM = "bootstrap"  # https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html


_STALE = re.compile(
    r"lock ?file .* (needs to be updated|to be updated)|cannot update the lock file"
)

_log = logging.getLogger(__name__)


def make(blueprint: Blueprint, function: Function, folder: Path) -> Made:
    """Compiles a function.

    Args:
        blueprint: Of the function.
        function: The function.
        folder: An empty folder to work in.

    Raises:
        HashzipError: A tool or target of Rust is not here; the lock is stale; it does not compile.
    """
    crates = cargo.find(blueprint.project, function)
    home = os.path.join(blueprint.project.root, crates.home)
    tools = toolchain.find(blueprint.project.root, home, function.architecture)
    versions = {
        "rustc": tools.version("rustc", "--version"),
        "cargo-lambda": tools.version(tools.cargo_lambda, "lambda", "--version"),
        "zig": tools.version(tools.zig, "version"),
    }
    if not crates.is_pinned:
        _warn(function, crates, versions["rustc"])
    _fetch(crates, tools)
    program = str(blueprint.recipe["bin"])
    tools.target.mkdir(parents=True, exist_ok=True)
    from filelock import FileLock  # noqa: PLC0415 - needed only here

    # Where projects share that folder, cargo's own lock ends before the program is copied.
    with FileLock(tools.target / ".hashzip.lock"):
        making.run(
            [
                *(tools.cargo_lambda, "lambda", "build", "--locked", "--skip-target-check"),
                *("--compiler", "cargo-zigbuild", "--output-format", "binary"),
                *("--target", f"{tools.machine.triple}.{rust.GLIBC[function.runtime]}"),
                *("--bin", program, "--lambda-dir", str(folder)),
                *_profile(function),
                *_features(function),
                *("--config", _flags(crates, tools)),
            ],
            cwd=home,
            environment=tools.environment,
            failed=HashzipError(
                f"cargo could not build {function.where}; it says above what is wrong",
                "mend that, and build again; nothing that was built before has changed",
            ),
        )
    location = os.fsencode(folder / program / PROGRAM)
    return Made([SourceFile(PROGRAM, location, executable=True)], versions)


def _warn(function: Function, crates: Crates, version: str) -> None:
    """Warns of what the fingerprint cannot see."""
    _log.warning(
        "warning: nothing in the project says which Rust compiles %s: another one gives other "
        'bytes for the same fingerprint; write %s: [toolchain] channel = "%s"',
        function.where,
        join(crates.workspace, cargo.TOOLCHAINS[0]),
        version,
    )


def _fetch(crates: Crates, tools: Toolchain) -> None:
    """Has cargo download what the lock has, so that `_paths` sees where it lies."""
    words = ("fetch", "--locked", "--quiet", "--target", tools.machine.triple)
    finished = tools.run(tools.cargo, *words)
    if finished.returncode == 0:
        return
    said = "\n".join(f"  {line}" for line in finished.stderr.splitlines() if line.strip())
    lock = join(crates.workspace, cargo.LOCK)
    if _STALE.search(finished.stderr):
        raise HashzipError(
            f"{lock} is stale: it does not fit the manifests any more:\n{said}",
            f"run: (cd {crates.home} && cargo update --workspace); and commit it",
        )
    raise HashzipError(
        f"cargo could not fetch what {lock} has:\n{said}",
        "mend what cargo says above, and build again; nothing that was built before has changed",
    )


def _flags(crates: Crates, tools: Toolchain) -> str:
    """Answers the setting that keeps this machine's paths out of the program.

    Cargo takes compiler flags from one place alone: variables, or else the target's table, or else
    `[build]`: https://doc.rust-lang.org/cargo/reference/config.html#buildrustflags
    So ours go where the project's own are, and then both count. To `[build]` cargo-lambda adds the
    processor, which elsewhere would be lost.
    """
    flags = [f"--remap-path-prefix={path}={name}" for path, name in _paths(crates, tools)]
    configured = _configured(crates)
    if configured is None:
        return f"build.rustflags={json.dumps(flags)}"
    if "target-cpu" not in configured:
        flags = ["-C", f"target-cpu={tools.machine.processor}", *flags]
    return f"target.{tools.machine.triple}.rustflags={json.dumps(flags)}"


def _paths(crates: Crates, tools: Toolchain) -> Iterable[tuple[str, str]]:
    """Answers folders of this machine that a program may name, and names for all machines.

    Of several that fit, the compiler takes the last. Cargo compiles a workspace by relative paths,
    so the project's own is named only where a crate is out of the workspace.
    """
    if not all(_is_in(folder, crates.workspace) for folder in crates.manifests):
        yield crates.project.root, "/project"
    home = tools.environment.get("CARGO_HOME") or os.path.join(Path.home(), ".cargo")
    yield home, "/cargo"
    yield str(tools.target), "/target"
    # A mirror has a folder of another name than the registry itself.
    for registry in sorted(Path(home, "registry", "src").glob("*")):
        yield str(registry), "/cargo/registry"


def _is_in(folder: str, workspace: str) -> bool:
    return workspace in {".", folder} or folder.startswith(workspace + "/")


def _configured(crates: Crates) -> str | None:
    """Answers the compiler flags in the project's tables of targets, if there are any."""
    found = []
    for path in crates.settings(cargo.CONFIGS):
        try:
            document = tomllib.loads(Path(crates.project.root, path).read_text(encoding="utf-8"))
        except ValueError:
            continue  # cargo says where it is wrong
        tables: dict[str, Any] = document.get("target", {})
        found += [
            json.dumps(table["rustflags"]) for table in tables.values() if "rustflags" in table
        ]
    return " ".join(found) or None


def _profile(function: Function) -> Sequence[str]:
    # cargo-lambda makes a program small only if it is asked for a release by this name.
    if function.profile == "release":
        return ["--release"]
    return ["--profile", function.profile]


def _features(function: Function) -> Sequence[str]:
    words = ["--features", ",".join(function.features)] if function.features else []
    return words if function.default_features else [*words, "--no-default-features"]
