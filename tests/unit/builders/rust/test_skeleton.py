"""Placeholders for crates that cargo reads and does not compile."""

import subprocess
from pathlib import Path

import pytest

from hashzip import planning
from hashzip.builders.rust import crate_inputs, skeleton
from hashzip.project.targets import Function
from tests.support import project as projects
from tests.support.rust import needs_cargo

MEMBERS = {
    "Cargo.toml": b'[workspace]\nmembers = ["one", "two", "three"]\nresolver = "2"\n',
    "Cargo.lock": b'version = 4\n\n[[package]]\nname = "one"\nversion = "0.1.0"\n'
    b'\n[[package]]\nname = "three"\nversion = "0.1.0"\n'
    b'\n[[package]]\nname = "two"\nversion = "0.1.0"\n',
    "one/Cargo.toml": b'[package]\nname = "one"\nversion = "0.1.0"\n[[bench]]\nname = "speed"\n',
    "one/src/main.rs": b"fn main() {}\n",
    "one/benches/speed.rs": b"fn main() {}\n",
    "two/Cargo.toml": b'[package]\nname = "two"\nversion = "0.1.0"\n[lib]\npath = "lib/two.rs"\n'
    b'[[bin]]\nname = "tool"\n[[bin]]\nname = "other"\npath = "other.rs"\n',
    "three/Cargo.toml": b'[package]\nname = "three"\nversion = "0.1.0"\n',
}
ONE = {
    "builder": "rust",
    "source": "one",
    "runtime": "provided.al2023",
    "architecture": "x86_64",
}
COPIED = ("Cargo.toml", "Cargo.lock", "one/Cargo.toml", "one/src/main.rs")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Make a copy of a workspace's compiled files and of all manifests, without placeholders."""
    (tmp_path / "project").mkdir()
    projects.write_files(tmp_path / "project", MEMBERS)
    projects.write_config(tmp_path / "project", one=ONE)
    copied = (*COPIED, *(path for path in MEMBERS if path.endswith("Cargo.toml")))
    projects.write_files(tmp_path / "copy", {path: MEMBERS[path] for path in copied})
    return tmp_path / "copy"


def write(copy: Path) -> None:
    """Write the missing files of a copy."""
    project = planning.load_project(str(copy.with_name("project")))
    function = project.target("one")
    assert isinstance(function, Function)
    skeleton.write(crate_inputs.find(project, function), copy)


def files(folder: Path) -> set[str]:
    """Return the paths of all files below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_written(copy: Path) -> None:
    """A placeholder is where the manifest says, or else where cargo expects it."""
    before = files(copy)

    write(copy)

    assert files(copy) - before == {
        "one/benches/speed.rs",
        "two/lib/two.rs",
        "two/src/bin/tool.rs",
        "two/other.rs",
        "three/src/lib.rs",
    }


def test_nothing_replaced(copy: Path) -> None:
    """A file that exists is not replaced."""
    (copy / "one/src/main.rs").write_bytes(b"fn main() { todo!() }\n")

    write(copy)

    assert (copy / "one/src/main.rs").read_bytes() == b"fn main() { todo!() }\n"


@needs_cargo
def test_enough_for_cargo(copy: Path) -> None:
    """With the placeholders cargo reads the workspace, and without them it fails."""

    def read() -> subprocess.CompletedProcess[bytes]:
        words = ["cargo", "metadata", "--offline", "--locked", "--format-version", "1"]
        return subprocess.run(words, cwd=copy / "one", capture_output=True, check=False)

    without = read()
    write(copy)
    finished = read()

    assert without.returncode != 0
    assert finished.returncode == 0, finished.stderr
