"""Make projects with a function in Rust, and list its inputs."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.support import project as projects

HELLO = {
    "builder": "rust",
    "source": "app",
    "runtime": "provided.al2023",
    "architecture": "x86_64",
}
MAIN = 'fn main() {\n    println!("hello");\n}\n'
LOCK = "version = 4\n"  # a plan does not read it


def configure(root: Path, **changes: object) -> None:
    """Write the `hashzip.toml` of hello, with changed or added keys."""
    projects.write_config(root, hello=HELLO | changes)


def write(root: Path, files: Mapping[str, str]) -> None:
    """Write files into a folder.

    Args:
        root: The folder.
        files: The content of each, by its path in the folder.
    """
    projects.write_files(root, {path: text.encode() for path, text in files.items()})


def manifest(
    name: str, more: str = "", *, head: str = 'edition = "2021"', version: str = "0.1.0"
) -> str:
    """Return a `Cargo.toml`.

    Args:
        name: The crate's name.
        more: What follows `[package]`: tables, or more lines of that one.
        head: Lines of `[package]` after name and version.
        version: The crate's version.
    """
    return f'[package]\nname = "{name}"\nversion = "{version}"\n{head}\n{more}\n'


def make(
    root: Path, files: Mapping[str, str] | None = None, more: str = "", head: str = ""
) -> Path:
    """Make a project with the crate hello in `app`.

    Args:
        root: The project's folder, which may exist.
        files: More files, by their paths in it.
        more: Tables of the crate's `Cargo.toml`.
        head: Lines of its `[package]`.
    """
    root.mkdir(exist_ok=True)
    configure(root)
    head = 'edition = "2021"\n' + head if "edition" not in head else head
    write(
        root,
        {
            "app/Cargo.toml": manifest("hello", more, head=head),
            "app/Cargo.lock": LOCK,
            "app/src/main.rs": MAIN,
            **(files or {}),
        },
    )
    return root


def library(folder: str, more: str = "", source: str = "pub fn f() {}\n") -> dict[str, str]:
    """Return the files of a library crate that has the name of its folder."""
    name = folder.rpartition("/")[2]
    return {f"{folder}/Cargo.toml": manifest(name, more), f"{folder}/src/lib.rs": source}


def inputs(root: Path) -> set[str]:
    """Return the paths of the inputs of hello's program."""
    return {entry.path.removeprefix("//") for entry in projects.examine(root).inputs}


def lock(root: Path, workspace: str = "app") -> None:
    """Run cargo to write the lock of a crate whose dependencies are all on the disk."""
    cargo = shutil.which("cargo")
    assert cargo
    path = root / workspace / "Cargo.toml"
    (root / workspace / "Cargo.lock").unlink(missing_ok=True)
    words = (cargo, "generate-lockfile", "--offline", "--quiet", "--manifest-path", str(path))
    subprocess.run(words, check=True)
