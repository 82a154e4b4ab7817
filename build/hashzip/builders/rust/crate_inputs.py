"""Which files decide what cargo builds, and which program. Plan time, and without cargo.

Standard library only.
"""

import os
import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hashzip.builders.build_plan import InputFolder
from hashzip.builders.declared_inputs import InputSpec
from hashzip.builders.rust import bin_targets, cargo_config
from hashzip.builders.rust.cargo_manifests import (
    MANIFEST,
    Manifest,
    Manifests,
    above,
    join,
    package,
    table,
)
from hashzip.errors import HashzipError, did_you_mean
from hashzip.inputs import gitignore
from hashzip.project.config import Project
from hashzip.project.targets import Target

LOCK = "Cargo.lock"
# What applies to a crate from any folder above it, too:
# https://rust-lang.github.io/rustup/overrides.html#the-toolchain-file
TOOLCHAINS = ("rust-toolchain.toml", "rust-toolchain")
# https://www.cargo-lambda.info/guide/configuration.html
_CARGO_LAMBDA = "CargoLambda.toml"

# What is beside the sources where these lie in the crate's own folder.
_NOT_SOURCES = ("/target/", "/tests/", "/benches/", "/examples/")


@dataclass(frozen=True)
class Crates:
    """The crate that is built, and those of the project that it is built with.

    Attributes:
        project: The project.
        function: What is built.
        workspace: The folder of the workspace, with the lock; that of the crate, if it has none.
        manifests: By folder, that of each crate that is compiled, the one that is built first.
        read: Folders of the other crates and workspaces, which cargo reads, and does not compile.
    """

    project: Project
    function: Target
    workspace: str
    manifests: Mapping[str, Manifest]
    read: Collection[str]

    @property
    def home(self) -> str:
        """The folder of the crate that is built."""
        return self.function.sources[0]

    def inputs(self) -> InputSpec:
        """Return what decides the program.

        Raises:
            HashzipError: The sources of a crate are out of the project.
        """
        files = {join(folder, MANIFEST) for folder in (*self.manifests, *self.read)}
        files.add(join(self.workspace, LOCK))
        files.update(self.configs(), self.settings((*TOOLCHAINS, _CARGO_LAMBDA)))
        sources: list[InputFolder] = []
        for folder, manifest in self.manifests.items():
            sources += self._sources(folder, manifest)
            files.update(
                script
                for script in _build_scripts(folder, manifest)
                if os.path.isfile(self._location(script))
            )
        return InputSpec(sorted(files), sources)

    def configs(self) -> list[str]:
        """Answers the project's settings of cargo, those that count most at the end."""
        return cargo_config.files(self.project.root, self.home)

    def settings(self, names: Iterable[str]) -> list[str]:
        """Answers those files of some names that are in the crate's folder or above it."""
        folders = (self.home, *above(self.home))
        places = [join(folder, name) for folder in folders for name in names]
        return [path for path in places if os.path.isfile(self._location(path))]

    @property
    def is_pinned(self) -> bool:
        """Whether the project says which version of Rust compiles it."""
        return bool(self.settings(TOOLCHAINS))

    def program(self) -> str:
        """Answers the name of the program that is the function.

        Raises:
            HashzipError: The crate has none, or several and the function does not name one.
        """
        home = Path(self._location(self.home))
        found = sorted({one.name for one in bin_targets.of(home, self.manifests[self.home])})
        wanted = self.function.options["bin"]
        where, manifest = self.function.label, join(self.home, MANIFEST)
        if wanted:
            if wanted not in found:
                raise HashzipError(
                    f'{where} has bin = "{wanted}", and {manifest} has no such program',
                    did_you_mean(wanted, found),
                )
            return str(wanted)
        if len(found) == 1:
            return found[0]
        if not found:
            raise HashzipError(
                f"{manifest} has no program, which {where} needs",
                "write a src/main.rs with a fn main",
            )
        default = package(self.manifests[self.home]).get("default-run")
        if default in found:
            return str(default)
        raise HashzipError(
            f"{manifest} has several programs, {', '.join(found)}",
            f'say which one {where} is: bin = "{found[0]}"',
        )

    def _sources(self, folder: str, manifest: Manifest) -> Iterator[InputFolder]:
        """Answers where the sources of a crate are: in `src`, and where its manifest says."""
        listed = [table(manifest, "lib"), *_tables(manifest, "bin")]
        paths = [posixpath.join(folder, one["path"]) for one in listed if _has_path(one)]
        scripts = {_folder_of(path) for path in _build_scripts(folder, manifest)} - {folder}
        places = {join(folder, "src"), *scripts, *map(_folder_of, paths)}
        whole = places - {folder}
        for place in sorted(places):
            if any(place.startswith(other + "/") for other in whole):
                continue
            if place.startswith(("..", "/")):
                raise HashzipError(
                    f"{join(folder, MANIFEST)} has sources in {place}, out of the project "
                    f"{self.project.root}",
                    "move hashzip.toml up to a folder that holds both",
                )
            if place == folder:
                yield InputFolder(folder, ("*.rs",), (*_NOT_SOURCES, *self._nested(folder)))
            elif os.path.isdir(self._location(place)):
                yield InputFolder(place)

    def _nested(self, folder: str) -> Iterator[str]:
        """Answers patterns of the crates below a folder."""
        for other in sorted({*self.manifests, *self.read} - {folder}):
            inner = posixpath.relpath(other, folder)
            if not inner.startswith(".."):
                yield gitignore.literal(inner)

    def _location(self, *path: str) -> str:
        return os.path.join(self.project.root, *path)


def find(project: Project, function: Target) -> Crates:
    """Finds the crate of a function, its workspace, and the crates of the project that it needs.

    Raises:
        HashzipError: A manifest or the lock is missing, or is none; a crate is out of the project.
    """
    home = function.sources[0]
    read = Manifests(project.root, function.label)
    manifest = read.manifest(home)
    if not package(manifest):
        why = "it is a workspace, and no crate" if "workspace" in manifest else "it is no crate"
        raise HashzipError(
            f"{join(home, MANIFEST)} has no [package]: {why}",
            f"in {function.label}, name the crate's own folder as source",
        )
    workspace = read.workspace(home)
    lock = join(workspace, LOCK)
    if not os.path.isfile(os.path.join(project.root, lock)):
        path = join(workspace, MANIFEST)
        raise HashzipError(
            f"{function.label} has no {lock}, which says what it is built from",
            f"run: cargo generate-lockfile --manifest-path {path}; and commit it",
        )
    replacing = list(cargo_config.own_crates(project.root, home))
    manifests = read.compiled(home, replacing)
    return Crates(project, function, workspace, manifests, read.read_too(manifests))


def _tables(manifest: Manifest, key: str) -> list[Manifest]:
    found = manifest.get(key, [])
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _folder_of(path: str) -> str:
    return posixpath.dirname(posixpath.normpath(path)) or "."


def _has_path(one: Manifest) -> bool:
    return isinstance(one.get("path"), str)


def _build_scripts(folder: str, manifest: Manifest) -> list[str]:
    """Answers where a crate's build scripts are, or may be."""
    named = package(manifest).get("build", True)
    if named is True:
        named = "build.rs"
    several = named if isinstance(named, list) else [named]
    return [
        posixpath.normpath(posixpath.join(folder, one)) for one in several if isinstance(one, str)
    ]
