"""Reads the manifests of crates, and follows the paths in them. Plan time, and without cargo.

Standard library only. Cargo resolves nothing here: `Cargo.lock` says what comes from elsewhere.
https://doc.rust-lang.org/cargo/reference/manifest.html
"""

import os
import posixpath
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from hashzip.errors import HashzipError, printable, unreadable
from hashzip.patterns import WILDCARDS

MANIFEST = "Cargo.toml"

_DEPENDENCIES = ("dependencies", "build-dependencies", "dev-dependencies")

Manifest = Mapping[str, Any]


class Manifests:
    """The manifests of a project, each read once. Folders are relative to the project.

    Args:
        root: The project's folder.
        where: Who needs them, for errors.
    """

    def __init__(self, root: str, where: str) -> None:
        self.root = root
        self.where = where
        self.read: dict[str, Manifest] = {}

    def manifest(self, folder: str) -> Manifest:
        """Reads the manifest of a folder.

        Raises:
            HashzipError: There is none, or it is no TOML.
        """
        if folder not in self.read:
            self.read[folder] = self._load(join(folder, MANIFEST))
        return self.read[folder]

    def workspace(self, home: str, manifest: Manifest) -> str:
        """Answers the folder of the workspace that a crate is in, or its own."""
        if "workspace" in manifest:
            return home
        named = package(manifest).get("workspace")
        if isinstance(named, str):
            return self._inside(home, named, "the workspace")
        for folder in above(home):
            if os.path.isfile(os.path.join(self.root, folder, MANIFEST)):
                settings = self.manifest(folder).get("workspace")
                if isinstance(settings, dict) and not _is_left_out(home, folder, settings):
                    return folder
        return home

    def compiled(self, home: str, workspace: str) -> dict[str, Manifest]:
        """Answers the crates of the project that one is compiled with, itself first."""
        top = self.manifest(workspace)
        shared = table(table(top, "workspace"), "dependencies")
        patches = table(top, "patch")
        waiting = [home]
        for source in patches:
            waiting += self._paths(workspace, table(patches, source), {}, workspace)
        found: dict[str, Manifest] = {}
        while waiting:
            folder = waiting.pop(0)
            if folder in found:
                continue
            found[folder] = manifest = self.manifest(folder)
            platforms = table(manifest, "target")
            for place in (manifest, *(table(platforms, name) for name in platforms)):
                for kind in _DEPENDENCIES:
                    waiting += self._paths(folder, table(place, kind), shared, workspace)
        return found

    def members(self, workspace: str) -> Iterator[str]:
        """Answers the folders of a workspace's crates."""
        settings = table(self.manifest(workspace), "workspace")
        for pattern in _texts(settings, "members"):
            found = [pattern]
            if WILDCARDS.intersection(pattern):
                import glob  # noqa: PLC0415 - slow, and seldom needed

                found = glob.glob(pattern, root_dir=os.path.join(self.root, workspace))
            for path in found:
                folder = self._inside(workspace, path.replace(os.sep, "/"), f"member {path}")
                if not _is_left_out(folder, workspace, settings) and os.path.isfile(
                    os.path.join(self.root, folder, MANIFEST)
                ):
                    yield folder

    def _paths(
        self, folder: str, dependencies: Mapping[str, Any], shared: Mapping[str, Any], home: str
    ) -> Iterator[str]:
        """Answers the folders that dependencies lie in, for those that lie in one."""
        for name, wanted in dependencies.items():
            place, one = folder, wanted
            if isinstance(one, dict) and one.get("workspace") is True:
                place, one = home, shared.get(name)
            if isinstance(one, dict) and isinstance(one.get("path"), str):
                yield self._inside(place, one["path"], f"the crate {name}")

    def _inside(self, folder: str, path: str, what: str) -> str:
        found = posixpath.normpath(posixpath.join(folder, path))
        if found.startswith(("../", "/")) or found == "..":
            raise HashzipError(
                f"{join(folder, MANIFEST)} has {what} in {path}, out of the project {self.root}",
                "move hashzip.toml up to a folder that holds both",
            )
        return found

    def _load(self, path: str) -> Manifest:
        location = os.path.join(self.root, path)
        try:
            with open(location, "rb") as file:
                return tomllib.load(file)
        except FileNotFoundError:
            raise HashzipError(
                f"{self.where} needs {path}, and there is none",
                "run: cargo init; or correct the path that leads there",
            ) from None
        except OSError as error:
            raise unreadable(os.fsencode(location), error) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise HashzipError(
                f"{printable(os.fsencode(location))} is not valid TOML: {error}", "mend that line"
            ) from error


def _is_left_out(folder: str, workspace: str, settings: Mapping[str, Any]) -> bool:
    """Answers whether a workspace's `exclude` names a folder, or one above it."""
    excluded = _texts(settings, "exclude")
    left_out = [posixpath.normpath(posixpath.join(workspace, one)) for one in excluded]
    return any(folder == one or folder.startswith(one + "/") for one in left_out)


def _texts(values: Mapping[str, Any], key: str) -> list[str]:
    found = values.get(key, [])
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def package(manifest: Manifest) -> Mapping[str, Any]:
    """Answers the `[package]` of a manifest."""
    return table(manifest, "package")


def table(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Answers a table of a manifest; none where it is something else, which cargo will refuse."""
    found = values.get(key, {})
    return found if isinstance(found, dict) else {}


def above(folder: str) -> Iterator[str]:
    """Answers the folders above one, up to the project's."""
    while folder != ".":
        folder = posixpath.dirname(folder) or "."
        yield folder


def join(folder: str, name: str) -> str:
    """Joins the paths of a folder and of what is in it, both relative to the project."""
    return name if folder == "." else f"{folder}/{name}"
