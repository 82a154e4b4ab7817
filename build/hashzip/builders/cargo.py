"""Which files decide what cargo builds, and which program. Plan time, and without cargo.

Standard library only.
"""

import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from hashzip.builders.consulted import Consulted, Folder
from hashzip.builders.manifests import MANIFEST, Manifest, Manifests, above, join, package, table
from hashzip.config import Project
from hashzip.errors import HashzipError, nearest
from hashzip.targets import Function

LOCK = "Cargo.lock"
# What applies to a crate from any folder above it, too:
# https://doc.rust-lang.org/cargo/reference/config.html#hierarchical-structure
CONFIGS = (".cargo/config.toml", ".cargo/config")
TOOLCHAINS = ("rust-toolchain.toml", "rust-toolchain")

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
        members: Folders of the workspace's other crates, which cargo reads, and does not compile.
    """

    project: Project
    function: Function
    workspace: str
    manifests: Mapping[str, Manifest]
    members: tuple[str, ...]

    @property
    def home(self) -> str:
        """The folder of the crate that is built."""
        return self.function.sources[0]

    def consulted(self) -> Consulted:
        """Answers what decides the program."""
        folders = {self.workspace, *self.manifests, *self.members}
        files = {join(folder, MANIFEST) for folder in folders}
        files.add(join(self.workspace, LOCK))
        files.update(self.settings((*CONFIGS, *TOOLCHAINS)))
        sources: list[Folder] = []
        for folder, manifest in self.manifests.items():
            script = _build_script(manifest)
            if os.path.isfile(self._location(folder, script)):
                files.add(join(folder, script))
            sources += self._sources(folder, manifest)
        return Consulted(sorted(files), sources)

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
        found = sorted(self._programs())
        wanted = self.function.bin
        where, manifest = self.function.where, join(self.home, MANIFEST)
        if wanted:
            if wanted not in found:
                raise HashzipError(
                    f'{where} has bin = "{wanted}", and {manifest} has no such program',
                    nearest(wanted, found),
                )
            return wanted
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

    def _programs(self) -> set[str]:
        manifest = self.manifests[self.home]
        found = {str(one["name"]) for one in _tables(manifest, "bin") if "name" in one}
        settings = package(manifest)
        if settings.get("autobins") is False:
            return found
        if os.path.isfile(self._location(self.home, "src/main.rs")):
            found.add(str(settings.get("name")))
        folder = self._location(self.home, "src/bin")
        if os.path.isdir(folder):
            for name in os.listdir(folder):
                stem, ending = os.path.splitext(name)
                if ending == ".rs":
                    found.add(stem)
                elif os.path.isfile(os.path.join(folder, name, "main.rs")):
                    found.add(name)
        return found

    def _sources(self, folder: str, manifest: Manifest) -> Iterator[Folder]:
        """Answers where the sources of a crate are: in `src`, and where its manifest says."""
        listed = [table(manifest, "lib"), *_tables(manifest, "bin")]
        paths = [str(one["path"]) for one in listed if "path" in one]
        places = {"src", *(posixpath.dirname(posixpath.normpath(path)) for path in paths)}
        for place in sorted(places):
            if place.startswith("src/") and "src" in places:
                continue
            if not place:
                yield Folder(folder, ("*.rs",), _NOT_SOURCES)
            elif os.path.isdir(self._location(folder, place)):
                yield Folder(join(folder, place))

    def _location(self, *path: str) -> str:
        return os.path.join(self.project.root, *path)


def find(project: Project, function: Function) -> Crates:
    """Finds the crate of a function, its workspace, and the crates of the project that it needs.

    Raises:
        HashzipError: A manifest or the lock is missing, or is none; a crate is out of the project.
    """
    home = function.sources[0]
    read = Manifests(project.root, function.where)
    manifest = read.manifest(home)
    if "package" not in manifest:
        raise HashzipError(
            f"{join(home, MANIFEST)} has no [package]: it is a workspace, and no crate",
            f"in {function.where}, name the crate's own folder as source",
        )
    workspace = read.workspace(home, manifest)
    lock = join(workspace, LOCK)
    if not os.path.isfile(os.path.join(project.root, lock)):
        path = join(workspace, MANIFEST)
        raise HashzipError(
            f"{function.where} has no {lock}, which says what it is built from",
            f"run: cargo generate-lockfile --manifest-path {path}; and commit it",
        )
    manifests = read.compiled(home, workspace)
    members = tuple(sorted(set(read.members(workspace)) - set(manifests)))
    return Crates(project, function, workspace, manifests, members)


def _tables(manifest: Manifest, key: str) -> list[Manifest]:
    found = manifest.get(key, [])
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _build_script(manifest: Manifest) -> str:
    """Answers where a crate's build script is, if it has one."""
    script = package(manifest).get("build", "build.rs")
    return script if isinstance(script, str) else ""
