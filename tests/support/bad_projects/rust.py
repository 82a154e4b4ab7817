"""Functions in Rust whose crate or keys are incomplete."""

from collections.abc import Mapping
from pathlib import Path

from tests.support import crates
from tests.support.bad_projects.base import (
    BadProject,
    Change,
    with_keys,
)


def _rust(
    files: Mapping[str, str] | None = None,
    more: str = "",
    *,
    without: str = "",
    head: str = "",
    **changes: object,
) -> Change:
    """Make hello a crate.

    Args:
        files: More files, by their paths in the project.
        more: Tables of the crate's `Cargo.toml`.
        without: A file to remove.
        head: Lines of `[package]`.
        changes: Changed or added keys of the function.
    """

    def change(root: Path) -> None:
        crates.make(root, files, more, head)
        crates.configure(root, **changes)
        if without:
            (root / without).unlink()

    return change


TABLE = (
    BadProject(
        "a crate without a lock",
        _rust(without="app/Cargo.lock"),
        ["[function.hello] has no app/Cargo.lock"],
        "run: cargo generate-lockfile --manifest-path app/Cargo.toml; and commit it",
    ),
    BadProject(
        "a crate without a manifest",
        _rust(without="app/Cargo.toml"),
        ["[function.hello] needs app/Cargo.toml, which does not exist"],
        "run: cargo init app",
    ),
    BadProject(
        "a crate without a program",
        _rust(without="app/src/main.rs"),
        ["app/Cargo.toml has no program, which [function.hello] needs"],
        "src/main.rs",
    ),
    BadProject(
        "a crate with several programs",
        _rust({"app/src/bin/other.rs": ""}),
        ["app/Cargo.toml has several programs, hello, other"],
        'name the one for [function.hello]: bin = "hello"',
    ),
    BadProject(
        "a program that the crate does not have",
        _rust(bin="helo"),
        ['[function.hello] has bin = "helo"', "app/Cargo.toml has no such program"],
        'did you mean "hello"?',
    ),
    BadProject(
        "a workspace for a crate",
        _rust({"app/Cargo.toml": "[workspace]\n"}),
        ["app/Cargo.toml has no [package]: it is only a workspace"],
        "in [function.hello], set source to the folder of a crate",
    ),
    BadProject(
        "a manifest that is no TOML",
        _rust({"app/Cargo.toml": "[package\n"}),
        ["app/Cargo.toml is not a valid Cargo manifest", "line 1"],
        "fix that value",
    ),
    BadProject(
        "a crate by a path that leads nowhere",
        _rust(more='[dependencies]\na = { path = "../a" }'),
        ["[function.hello] needs a/Cargo.toml, which does not exist"],
        "correct the path that leads there, or run: cargo init a",
    ),
    BadProject(
        "a crate out of the project",
        _rust(more='[dependencies]\na = { path = "../../a" }'),
        ["app/Cargo.toml has the crate a in '../../a', outside the project"],
        "move hashzip.toml up",
    ),
    BadProject(
        "a workspace out of the project",
        _rust(head='workspace = "../.."'),
        ["app/Cargo.toml has the workspace in '../..', outside the project"],
        "move hashzip.toml up",
    ),
    BadProject(
        "sources of a crate out of the project",
        _rust(more='[lib]\npath = "../../shared/lib.rs"'),
        ["app/Cargo.toml has sources in ../shared, outside the project"],
        "move hashzip.toml up",
    ),
    BadProject(
        "a runtime without programs",
        _rust(runtime="provided.al1"),
        ['[function.hello] has runtime "provided.al1", which Lambda does not have'],
        "provided.al2023",
    ),
    BadProject(
        "inputs that are not there",
        _rust(inputs=["templates"]),
        ['"templates" in inputs of [function.hello] does not exist: there is no'],
        "create it, or remove it from inputs",
    ),
    BadProject(
        "two crates to build in",
        _rust(source=["app", "other"]),
        ['"source" in [function.hello] names 2 folders'],
        "name the folder to build in, and the others in inputs",
    ),
    BadProject(
        "a key of another builder",
        _rust(exclude=["tests/"]),
        ['"exclude" in [function.hello] is for builder = "python"', 'builder = "rust"'],
        "remove the line, or set the builder that it is for",
    ),
    BadProject(
        "a key of Rust without it",
        with_keys(features=["fast"]),
        ['"features" in [function.hello] is for builder = "rust"', 'builder = "python"'],
        "remove the line",
    ),
    BadProject(
        "an unknown builder",
        _rust(builder="rusty"),
        ['"builder" in [function.hello] is "rusty"'],
        'did you mean "rust"?',
    ),
)
