"""Makes projects with a function in Rust, and says what they are built from."""

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
LOCK = "version = 4\n"  # as far as a plan reads it, which is not at all


def configure(root: Path, **changes: object) -> None:
    """Writes the `hashzip.toml` of hello, with other or more keys."""
    projects.write_config(root, hello=HELLO | changes)


def write(root: Path, files: Mapping[str, str]) -> None:
    """Writes files, by their paths in a folder."""
    projects.write_files(root, {path: text.encode() for path, text in files.items()})


def manifest(
    name: str, more: str = "", *, head: str = 'edition = "2021"', version: str = "0.1.0"
) -> str:
    """Answers a manifest.

    Args:
        name: Of the crate.
        more: Tables, or lines of the last one.
        head: Further lines of `[package]`.
        version: Of the crate.
    """
    return f'[package]\nname = "{name}"\nversion = "{version}"\n{head}\n{more}\n'


def make(
    root: Path, files: Mapping[str, str] | None = None, more: str = "", head: str = ""
) -> Path:
    """Makes a project with the crate hello in `app`, in a folder that may be there.

    Args:
        root: The folder.
        files: Further files, by their paths.
        more: Tables of the crate's manifest.
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
    """Answers the files of a library, which has the name of its folder."""
    name = folder.rpartition("/")[2]
    return {f"{folder}/Cargo.toml": manifest(name, more), f"{folder}/src/lib.rs": source}


def inputs(root: Path) -> set[str]:
    """Answers the paths of what the program of hello is built from."""
    return {one.path.removeprefix("//") for one in projects.examine(root).inputs}


def lock(root: Path, workspace: str = "app") -> None:
    """Has cargo write the lock of a crate whose dependencies are all here."""
    cargo = shutil.which("cargo")
    assert cargo
    path = root / workspace / "Cargo.toml"
    (root / workspace / "Cargo.lock").unlink(missing_ok=True)
    words = (cargo, "generate-lockfile", "--offline", "--quiet", "--manifest-path", str(path))
    subprocess.run(words, check=True)
