"""Find the files that cargo builds a program from, and the program, without cargo."""

import os
import posixpath
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
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
    tables,
)
from hashzip.builders.rust.workspace_members import parents
from hashzip.errors import HashzipError, did_you_mean
from hashzip.inputs import gitignore
from hashzip.project import files as door
from hashzip.project.config import Project
from hashzip.project.targets import Target

LOCK = "Cargo.lock"
# These apply to a crate from any folder above it too:
# https://rust-lang.github.io/rustup/overrides.html#the-toolchain-file
TOOLCHAINS = ("rust-toolchain.toml", "rust-toolchain")
# https://www.cargo-lambda.info/guide/configuration.html
_CARGO_LAMBDA = "CargoLambda.toml"

# Folders that hold no sources of a program, where its sources are in the crate's own folder.
_NOT_SOURCES = ("/target/", "/tests/", "/benches/", "/examples/")


@dataclass(frozen=True)
class Crates:
    """The crate of a function, and the project's other crates that cargo reads with it.

    Attributes:
        project: The project.
        function: The function.
        workspace: The folder of the workspace, which has the lock: the crate's own by default.
        compiled: The manifests of the crates that are compiled, by folder; the function's first.
        uncompiled: The folders of the crates and workspaces whose manifests alone are read.
    """

    project: Project
    function: Target
    workspace: str
    compiled: Mapping[str, Manifest]
    uncompiled: Collection[str]

    @property
    def crate_dir(self) -> str:
        """The folder of the function's crate."""
        return self.function.sources[0]

    def inputs(self) -> InputSpec:
        """Return the files and folders that determine the program.

        Raises:
            HashzipError: A crate has sources outside the project.
        """
        files = {join(folder, MANIFEST) for folder in (*self.compiled, *self.uncompiled)}
        files.add(join(self.workspace, LOCK))
        files.update(self.config_files(), self._files_above((*TOOLCHAINS, _CARGO_LAMBDA)))
        folders: list[InputFolder] = []
        for crate_dir, manifest in self.compiled.items():
            folders += self._source_folders(crate_dir, manifest)
            scripts = _build_scripts(crate_dir, manifest)
            files.update(path for path in scripts if door.is_there(self.project.root, path))
        return InputSpec(sorted(files), folders)

    def config_files(self) -> list[str]:
        """Return the project's `.cargo/config.toml` files, in ascending order of precedence."""
        return cargo_config.files(self.project.root, self.crate_dir)

    @property
    def is_pinned(self) -> bool:
        """Whether the project pins the version of Rust."""
        return bool(self._files_above(TOOLCHAINS))

    def bin_name(self) -> str:
        """Return the name of the program that is the function.

        Raises:
            HashzipError: The crate has no program; or it has several, and the function's `bin`
                names none of them.
        """
        manifest = self.compiled[self.crate_dir]
        binaries = bin_targets.find(Path(self._location(self.crate_dir)), manifest)
        names = sorted({binary.name for binary in binaries})
        wanted, label = self.function.options["bin"], self.function.label
        path = join(self.crate_dir, MANIFEST)
        if wanted:
            if wanted not in names:
                raise HashzipError(
                    f'{label} has bin = "{wanted}", and {path} has no such program',
                    did_you_mean(wanted, names),
                )
            return str(wanted)
        if len(names) == 1:
            return names[0]
        if not names:
            raise HashzipError(
                f"{path} has no program, which {label} needs", "write a src/main.rs with a fn main"
            )
        default = package(manifest).get("default-run")
        if default in names:
            return str(default)
        raise HashzipError(
            f"{path} has several programs, {', '.join(names)}",
            f'name the one for {label}: bin = "{names[0]}"',
        )

    def _source_folders(self, crate_dir: str, manifest: Manifest) -> Iterator[InputFolder]:
        """Yield the folders of a crate's sources: `src`, and those that its manifest names."""
        targets = [table(manifest, "lib"), *tables(manifest, "bin")]
        paths = [
            posixpath.join(crate_dir, target["path"])
            for target in targets
            if isinstance(target.get("path"), str)
        ]
        own_script_folders = set(map(_dirname, _build_scripts(crate_dir, manifest))) - {crate_dir}
        folders = {join(crate_dir, "src"), *own_script_folders, *map(_dirname, paths)}
        entire = folders - {crate_dir}
        for folder in sorted(folders):
            if not entire.isdisjoint(parents(folder)):
                continue
            if folder.startswith(("..", "/")):
                raise HashzipError(
                    f"{join(crate_dir, MANIFEST)} has sources in {folder}, outside the project "
                    f"{self.project.root}",
                    "move hashzip.toml up to a folder that contains both",
                )
            if folder == crate_dir:
                excluded = (*_NOT_SOURCES, *self._nested_crates(crate_dir))
                yield InputFolder(crate_dir, ("*.rs",), excluded)
            elif os.path.isdir(self._location(folder)):
                yield InputFolder(folder)

    def _nested_crates(self, crate_dir: str) -> Iterator[str]:
        """Yield patterns of the crates below a crate's folder."""
        prefix = "" if crate_dir == "." else f"{crate_dir}/"
        for at in range(bisect_left(self._sorted, prefix), len(self._sorted)):
            other = self._sorted[at]
            if not other.startswith(prefix):
                return
            if other != crate_dir:
                yield gitignore.literal(other.removeprefix(prefix))

    @cached_property
    def _sorted(self) -> list[str]:
        """The folders of all crates, sorted."""
        return sorted({*self.compiled, *self.uncompiled})

    def _files_above(self, names: Iterable[str]) -> list[str]:
        """Return the files of these names in the crate's folder and in those above it."""
        folders = (self.crate_dir, *above(self.crate_dir))
        paths = [join(folder, name) for folder in folders for name in names]
        return [path for path in paths if door.is_there(self.project.root, path)]

    def _location(self, path: str) -> str:
        return os.path.join(self.project.root, path)


def find(project: Project, function: Target) -> Crates:
    """Find the crate of a function, its workspace, and the project's crates that it needs.

    Raises:
        HashzipError: A manifest or the lock is missing or damaged, or a crate is outside the
            project.
    """
    crate_dir = function.sources[0]
    manifests = Manifests(project.root, function.label)
    manifest = manifests.manifest(crate_dir)
    if not package(manifest):
        reason = "it is only a workspace" if "workspace" in manifest else "it is not a crate"
        raise HashzipError(
            f"{join(crate_dir, MANIFEST)} has no [package]: {reason}",
            f"in {function.label}, set source to the folder of a crate",
        )
    workspace = manifests.workspace(crate_dir)
    lock = join(workspace, LOCK)
    if not door.is_there(project.root, lock):
        path = join(workspace, MANIFEST)
        raise HashzipError(
            f"{function.label} has no {lock}, which pins its dependencies",
            f"run: cargo generate-lockfile --manifest-path {path}; and commit it",
        )
    replacements = list(cargo_config.replacement_crates(project.root, crate_dir))
    compiled = manifests.compiled(crate_dir, replacements)
    return Crates(project, function, workspace, compiled, manifests.uncompiled(compiled))


def _dirname(path: str) -> str:
    return posixpath.dirname(posixpath.normpath(path)) or "."


def _build_scripts(crate_dir: str, manifest: Manifest) -> list[str]:
    """Return the paths that a crate's build scripts have, whether the files exist or not."""
    value = package(manifest).get("build", True)
    if value is True:
        value = "build.rs"
    listed = value if isinstance(value, list) else [value]
    return [
        posixpath.normpath(posixpath.join(crate_dir, script))
        for script in listed
        if isinstance(script, str)
    ]
