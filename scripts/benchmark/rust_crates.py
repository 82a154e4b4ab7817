"""Copies of a crate, with this or that profile, and the two programs that build them."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sysconfig
import zipfile
from dataclasses import dataclass, field
from importlib import util
from typing import TYPE_CHECKING, cast

from scripts.benchmark import measure, programs, tools, ways
from scripts.benchmark.cargo_lambda import VERSION
from scripts.benchmark.measure import Program
from scripts.errors import ScriptError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

FUNCTION = f"hello-{ways.ARCHITECTURE}"

_LEFT_OUT = shutil.ignore_patterns("target", "dist", ".hashzip")
_TABLE = re.compile(r"^\[profile\.release\]\n(?:(?!\[).*\n?)*", re.MULTILINE)

_PACKAGE = '[package]\nname = "hello"\nversion = "0.1.0"\nedition = "2021"\n\n[workspace]\n'
_EMPTY = {
    "Cargo.toml": f"{_PACKAGE}\n[profile.release]\nlto = false\n",
    "Cargo.lock": 'version = 3\n\n[[package]]\nname = "hello"\nversion = "0.1.0"\n',
    "src/main.rs": "fn main() {}\n",
    "hashzip.toml": f'[function.{FUNCTION}]\nbuilder = "rust"\nsource = "."\n'
    f'runtime = "provided.al2023"\narchitecture = "{ways.ARCHITECTURE}"\n',
}


@dataclass(frozen=True)
class Profile:
    """What a release is compiled by.

    Attributes:
        name: A word, for its folder.
        title: As the page names it, in Markdown.
        table: Of the manifest; None for the crate's own.
    """

    name: str
    title: str
    table: str | None


OWN = Profile("own", "hello's own `[profile.release]`", None)
PROFILES = (
    # Written out, or cargo-lambda would put in others:
    # https://doc.rust-lang.org/cargo/reference/profiles.html#release
    # https://www.cargo-lambda.info/guide/release-optimizations.html
    Profile(
        "cargo",
        "cargo's defaults, written out",
        '[profile.release]\nopt-level = 3\nlto = false\ncodegen-units = 16\npanic = "unwind"\n'
        'strip = "debuginfo"\n',
    ),
    Profile("cargo-lambda", "no `[profile.release]`, so cargo-lambda's defaults", ""),
    OWN,
)


@dataclass(frozen=True)
class Crates:
    """A place to build copies of a crate in.

    Attributes:
        folder: Where they go.
        crate: What is copied.
        environment: What both programs get.
    """

    folder: Path
    crate: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def copy(self, name: str, profile: Profile = OWN) -> Path:
        """Make a copy of the crate, with nothing built."""
        place = self.folder / name
        shutil.copytree(self.crate, place, ignore=_LEFT_OUT)
        manifest = place / "Cargo.toml"
        text = with_profile(manifest.read_text(encoding="utf-8"), profile)
        manifest.write_text(text, encoding="utf-8")
        return place

    def ours(self, project: Path, before: Callable[[], None] = lambda: None) -> Program:
        """Return hashzip, as it builds a copy."""
        # Where it is by default; the user's own variable may say something else.
        environment = {**self.environment, "CARGO_TARGET_DIR": str(project / ".hashzip/target")}
        return programs.build(project, FUNCTION, before=before, environment=environment)

    def theirs(self, project: Path, before: Callable[[], None] = lambda: None) -> Program:
        """Return cargo-lambda, as it builds a copy."""
        command = ("cargo", "lambda", "build", "--release", "--output-format", "zip")
        environment = {**self.environment, "CARGO_TARGET_DIR": str(project / "target")}
        return Program(command, project, environment=environment, before=before)

    def warm(self) -> None:
        """Download what the crate needs, and have zig make the C libraries that it links with.

        Both are kept for the user, and no build of a project takes them anew.

        Raises:
            ScriptError: A program failed.
        """
        fetch = ("cargo", "fetch", "--locked", "--quiet")
        measure.once(Program(fetch, self.copy("fetched"), environment=self.environment))
        empty = self.folder / "empty"
        (empty / "src").mkdir(parents=True)
        for path, text in _EMPTY.items():
            (empty / path).write_text(text, encoding="utf-8")
        measure.once(self.ours(empty))
        measure.once(self.theirs(empty))


def with_profile(manifest: str, profile: Profile) -> str:
    """Return a manifest with another profile in place of its own.

    Args:
        manifest: Its text.
        profile: The other; the crate's own leaves it as it is.

    Raises:
        ScriptError: It has no profile of its own.
    """
    if len(_TABLE.findall(manifest)) != 1:
        raise ScriptError(
            "the manifest has no [profile.release], with which others are compared",
            "mend handler/rust/Cargo.toml, or scripts/benchmark/rust_crates.py",
        )
    if profile.table is None:
        return manifest
    return f"{_TABLE.sub('', manifest).rstrip()}\n\n{profile.table}"


def environment() -> Mapping[str, str]:
    """Return what both programs get, so that they compile by the same cargo-lambda and zig.

    Raises:
        MissingError: There is no cargo or no cargo-lambda.
    """
    if not shutil.which("cargo"):
        raise tools.MissingError("no program cargo: https://rustup.rs")
    found = [sysconfig.get_path("scripts"), *_zig()]  # in the order that hashzip looks in
    path = os.pathsep.join(found)
    if not (shutil.which("cargo-lambda", path=path) and shutil.which("zig", path=path)):
        own = tools.installed("cargo-lambda", VERSION)
        found += [str(own), *map(str, own.parent.glob("lib/python*/site-packages/ziglang"))]
    path = os.pathsep.join([*found, os.environ.get("PATH", os.defpath)])
    return {"PATH": path, "CARGO_ZIGBUILD_ZIG_PATH": str(shutil.which("zig", path=path))}


def _zig() -> Sequence[str]:
    package = util.find_spec("ziglang")
    return list(package.submodule_search_locations or []) if package else []


def our_zip(project: Path) -> Path:
    """Return what hashzip built last."""
    latest = (project / f"dist/{FUNCTION}/latest").read_text(encoding="utf-8").strip()
    return project / f"dist/{FUNCTION}/{latest}.zip"


def their_zip(project: Path) -> Path:
    """Return what cargo-lambda built last."""
    (found,) = (project / "target/lambda").glob("*/bootstrap.zip")
    return found


def versions(project: Path) -> Mapping[str, str]:
    """Return what hashzip built it with, by its manifest."""
    manifest = json.loads(our_zip(project).with_suffix(".json").read_text(encoding="utf-8"))
    return cast("Mapping[str, str]", manifest["tools"])


def program(package: Path) -> bytes:
    """Return the program in a zip."""
    with zipfile.ZipFile(package) as archive:
        return archive.read("bootstrap")


def digest(content: bytes) -> str:
    """Return a SHA-256, as hex digits."""
    return hashlib.sha256(content).hexdigest()
