"""Read the manifests of crates and follow the paths in them, without cargo.

Dependencies are not resolved here: `Cargo.lock` pins those that come from elsewhere.
https://doc.rust-lang.org/cargo/reference/manifest.html
"""

import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hashzip.builders.rust import cargo_schema
from hashzip.builders.rust.workspace_members import Folders, exclusion
from hashzip.errors import HashzipError, escape, read_error
from hashzip.inputs.gitignore import WILDCARDS
from hashzip.project import files
from hashzip.project.schema import ShapeError

MANIFEST = "Cargo.toml"

Manifest = Mapping[str, Any]


class Manifests:
    """The manifests of a project, each read once. Folders are relative to the project.

    Args:
        root: The project's folder.
        label: The function's table in `hashzip.toml`, for error messages.
    """

    def __init__(self, root: str, label: str) -> None:
        self.root = root
        self.label = label
        self._loaded: dict[str, Manifest] = {}
        self._workspaces: dict[str, str] = {}

    def manifest(self, folder: str) -> Manifest:
        """Return the manifest of a folder.

        Raises:
            HashzipError: There is none, or it is not valid TOML.
        """
        if folder not in self._loaded:
            self._loaded[folder] = self._load(folder)
        return self._loaded[folder]

    def workspace(self, crate_dir: str) -> str:
        """Return the folder of a crate's workspace; the crate's own folder if it has none.

        Raises:
            HashzipError: The workspace is outside the project, or a manifest is not valid TOML.
        """
        if crate_dir not in self._workspaces:
            self._workspaces[crate_dir] = self._find_workspace(crate_dir)
        return self._workspaces[crate_dir]

    def _find_workspace(self, crate_dir: str) -> str:
        manifest = self.manifest(crate_dir)
        if "workspace" in manifest:
            return crate_dir
        pointer = package(manifest).get("workspace")
        if isinstance(pointer, str):
            return self._inside(crate_dir, pointer, "the workspace")
        for folder in above(crate_dir):
            if not files.is_there(self.root, join(folder, MANIFEST)):
                continue
            settings = self.manifest(folder).get("workspace")
            pointer = package(self.manifest(folder)).get("workspace")
            if isinstance(settings, dict) and not exclusion(folder, settings)(crate_dir):
                return folder
            if isinstance(pointer, str):
                return self._inside(folder, pointer, "the workspace")
        self._refuse_outer_workspace(crate_dir)
        return crate_dir

    def compiled(self, crate_dir: str, replacements: Iterable[str]) -> dict[str, Manifest]:
        """Return the manifests of a crate and of the project's crates it is compiled with.

        Args:
            crate_dir: The folder of the crate, which comes first in the result.
            replacements: Folders of crates that cargo's settings put in the place of others.

        Raises:
            HashzipError: A crate is missing, or outside the project.
        """
        workspace = self.workspace(crate_dir)
        top = self.manifest(workspace)
        patches = table(top, "patch")
        waiting = [crate_dir, *replacements]
        for replaced in (table(top, "replace"), *(table(patches, name) for name in patches)):
            waiting += self._paths(workspace, replaced)
        manifests: dict[str, Manifest] = {}
        for folder in waiting:  # which grows meanwhile
            if folder not in manifests:
                manifests[folder] = self.manifest(folder)
                waiting += self._dependencies(folder, cargo_schema.COMPILED)
        return manifests

    def uncompiled(self, compiled: Iterable[str]) -> set[str]:
        """Return the folders whose manifests cargo reads although it does not compile them.

        A missing crate, or one outside the project, does not affect the build and is skipped.

        Args:
            compiled: Folders of the crates that are compiled.
        """
        known = set(compiled)
        workspaces = {self.workspace(folder) for folder in known}
        waiting = [*known, *workspaces]
        for workspace in workspaces:
            waiting += self.members(workspace)
        visited: set[str] = set()
        while waiting:
            folder = waiting.pop()
            if folder in visited or _is_outside(folder):
                continue
            if files.is_there(self.root, join(folder, MANIFEST)):
                visited.add(folder)
                waiting += self._dependencies(folder, cargo_schema.ALL, is_strict=False)
        return visited - known

    def members(self, workspace: str) -> Iterator[str]:
        """Yield the folders of a workspace's members."""
        settings = table(self.manifest(workspace), "workspace")
        is_excluded = exclusion(workspace, settings)
        folders = None
        for pattern in settings.get("members", []):
            paths = [posixpath.normpath(posixpath.join(workspace, pattern))]
            if WILDCARDS.intersection(pattern):
                folders = folders or Folders(self.root)
                paths = folders.matching(workspace, pattern)
            yield from (path for path in paths if not is_excluded(path))

    def _dependencies(
        self, folder: str, kinds: Iterable[str], *, is_strict: bool = True
    ) -> Iterator[str]:
        """Yield the folders of a crate's dependencies that have a path."""
        manifest = self.manifest(folder)
        platforms = table(manifest, "target")
        for owner in (manifest, *(table(platforms, name) for name in platforms)):
            for kind in kinds:
                yield from self._paths(folder, table(owner, kind), is_strict=is_strict)

    def _paths(
        self, folder: str, dependencies: Mapping[str, Any], *, is_strict: bool = True
    ) -> Iterator[str]:
        """Yield the folders of those dependencies that have a path."""
        for name, value in dependencies.items():
            base, dependency = folder, value
            if isinstance(dependency, dict) and dependency.get("workspace") is True:
                base = self.workspace(folder)
                shared = table(table(self.manifest(base), "workspace"), "dependencies")
                dependency = shared.get(name)
            if isinstance(dependency, dict) and isinstance(dependency.get("path"), str):
                if is_strict:
                    yield self._inside(base, dependency["path"], f"the crate {name}")
                else:
                    yield posixpath.normpath(posixpath.join(base, dependency["path"]))

    def _inside(self, folder: str, path: str, thing: str) -> str:
        joined = posixpath.normpath(posixpath.join(folder, path))
        if _is_outside(joined):
            raise HashzipError(
                f"{join(folder, MANIFEST)} has {thing} in {path!r}, outside the project "
                f"{self.root}",
                "move hashzip.toml up to a folder that contains both",
            )
        return joined

    def _refuse_outer_workspace(self, crate_dir: str) -> None:
        """Refuse a workspace above the project, whose lock would count and no plan would see."""
        inner, outer = crate_dir, self.root
        while outer != os.path.dirname(outer):
            inner = join(os.path.basename(outer), "" if inner == "." else inner).rstrip("/")
            outer = os.path.dirname(outer)
            path = os.path.join(outer, MANIFEST)
            try:
                content = files.read_outside(path, limit=files.SETTINGS_LIMIT)
                settings = cargo_schema.manifest(content).get("workspace")
            except (HashzipError, OSError, ShapeError):
                continue
            if isinstance(settings, dict) and not exclusion(".", settings)(inner):
                raise HashzipError(
                    f"{join(crate_dir, MANIFEST)} is in the workspace of {path}, outside the "
                    f"project {self.root}",
                    f"move hashzip.toml to {outer}; or add an empty [workspace] table to "
                    f"{join(crate_dir, MANIFEST)}, which makes the crate a workspace of its own",
                )

    def _load(self, folder: str) -> Manifest:
        location = os.path.join(self.root, folder, MANIFEST)
        try:
            content = files.read(self.root, location, limit=files.SETTINGS_LIMIT)
            return cargo_schema.manifest(content)
        except FileNotFoundError:
            raise HashzipError(
                f"{self.label} needs {join(folder, MANIFEST)}, which does not exist",
                f"correct the path that leads there, or run: cargo init {folder}",
            ) from None
        except OSError as error:
            raise read_error(os.fsencode(location), error) from error
        except ShapeError as error:
            raise HashzipError(
                f"{escape(os.fsencode(location))} is not a valid Cargo manifest: {error}",
                "fix that value",
            ) from error


def _is_outside(path: str) -> bool:
    return path == ".." or path.startswith(("../", "/")) or "\0" in path


def package(manifest: Manifest) -> Mapping[str, Any]:
    """Return the `[package]` of a manifest, whose old name is `[project]`."""
    return table(manifest, "package") or table(manifest, "project")


def table(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return a table of a manifest, empty for another type of value, which cargo will refuse."""
    value = values.get(key, {})
    return value if isinstance(value, dict) else {}


def tables(values: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """Return an array of tables, as `[[bin]]`, without values of other types."""
    listed = values.get(key, [])
    return (
        [value for value in listed if isinstance(value, dict)] if isinstance(listed, list) else []
    )


def above(folder: str) -> Iterator[str]:
    """Yield the folders above a folder, up to the project's."""
    while folder != ".":
        folder = posixpath.dirname(folder) or "."
        yield folder


def join(folder: str, name: str) -> str:
    """Join the path of a folder and a path in it, both relative to the project."""
    return name if folder == "." else f"{folder}/{name}"
