"""Read the manifests of crates and follow the paths in them, without cargo.

Dependencies are not resolved here: `Cargo.lock` pins those that come from elsewhere.
https://doc.rust-lang.org/cargo/reference/manifest.html
"""

import os
import posixpath
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hashzip.errors import HashzipError, escape, read_error
from hashzip.inputs.gitignore import WILDCARDS
from hashzip.project import files, toml_table

MANIFEST = "Cargo.toml"

# Tables of dependencies that are compiled. Cargo reads the manifests of the others too, because
# features are unified over all of them. The spelling with underscores is old, and still accepted.
_COMPILED = ("dependencies", "build-dependencies", "build_dependencies")
_ALL = (*_COMPILED, "dev-dependencies", "dev_dependencies")

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
        manifest = self.manifest(crate_dir)
        if "workspace" in manifest:
            return crate_dir
        pointer = package(manifest).get("workspace")
        if isinstance(pointer, str):
            return self._inside(crate_dir, pointer, "the workspace")
        for folder in above(crate_dir):
            if not os.path.isfile(os.path.join(self.root, folder, MANIFEST)):
                continue
            settings = self.manifest(folder).get("workspace")
            pointer = package(self.manifest(folder)).get("workspace")
            if isinstance(settings, dict) and not _is_excluded(crate_dir, folder, settings):
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
        while waiting:
            folder = waiting.pop(0)
            if folder not in manifests:
                manifests[folder] = self.manifest(folder)
                waiting += self._dependencies(folder, _COMPILED)
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
            exists = os.path.isfile(os.path.join(self.root, folder, MANIFEST))
            if folder not in visited and exists and not _is_outside(folder):
                visited.add(folder)
                waiting += self._dependencies(folder, _ALL, is_strict=False)
        return visited - known

    def members(self, workspace: str) -> Iterator[str]:
        """Yield the folders of a workspace's members."""
        settings = table(self.manifest(workspace), "workspace")
        for pattern in _strings(settings, "members"):
            paths = [pattern]
            if WILDCARDS.intersection(pattern):
                import glob

                location = os.path.join(self.root, workspace)
                paths = glob.glob(pattern, root_dir=location, recursive=True, include_hidden=True)
            for path in paths:
                folder = posixpath.normpath(posixpath.join(workspace, path.replace(os.sep, "/")))
                if not _is_excluded(folder, workspace, settings):
                    yield folder

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
                settings = toml_table.parse(files.read_outside(path)).get("workspace")
            except (HashzipError, OSError, ValueError, RecursionError):
                continue
            if isinstance(settings, dict) and not _is_excluded(inner, ".", settings):
                raise HashzipError(
                    f"{join(crate_dir, MANIFEST)} is in the workspace of {path}, outside the "
                    f"project {self.root}",
                    f"move hashzip.toml to {outer}; or add an empty [workspace] table to "
                    f"{join(crate_dir, MANIFEST)}, which makes the crate a workspace of its own",
                )

    def _load(self, folder: str) -> Manifest:
        location = os.path.join(self.root, folder, MANIFEST)
        try:
            return toml_table.parse(files.read(self.root, location))
        except FileNotFoundError:
            raise HashzipError(
                f"{self.label} needs {join(folder, MANIFEST)}, which does not exist",
                f"correct the path that leads there, or run: cargo init {folder}",
            ) from None
        except OSError as error:
            raise read_error(os.fsencode(location), error) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise HashzipError(
                f"{escape(os.fsencode(location))} is not valid TOML: {error}", "fix that line"
            ) from error


def _is_excluded(folder: str, workspace: str, settings: Mapping[str, Any]) -> bool:
    """Return whether a workspace's `exclude` covers a folder, by cargo's rule.

    `members` wins over `exclude` where it has the folder's path, and not only a pattern.
    """

    def covers(key: str) -> bool:
        paths = [posixpath.normpath(posixpath.join(workspace, p)) for p in _strings(settings, key)]
        return any(folder == path or folder.startswith(path + "/") for path in paths)

    return covers("exclude") and not covers("members")


def _is_outside(path: str) -> bool:
    return path == ".." or path.startswith(("../", "/")) or "\0" in path


def _strings(values: Mapping[str, Any], key: str) -> list[str]:
    listed = values.get(key, [])
    return [value for value in listed if isinstance(value, str)] if isinstance(listed, list) else []


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
