"""Reads the manifests of crates, and follows the paths in them. Plan time, and without cargo.

Standard library only. Cargo resolves nothing here: `Cargo.lock` says what comes from elsewhere.
https://doc.rust-lang.org/cargo/reference/manifest.html
"""

import os
import posixpath
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hashzip.errors import HashzipError, escape, read_error
from hashzip.inputs.gitignore import WILDCARDS

MANIFEST = "Cargo.toml"

# What a crate is compiled with; cargo reads the manifests of the others too, for their features.
# With underscores they are old, and count still.
_COMPILED = ("dependencies", "build-dependencies", "build_dependencies")
_READ = (*_COMPILED, "dev-dependencies", "dev_dependencies")

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

    def workspace(self, home: str) -> str:
        """Answers the folder of the workspace that a crate is in, or its own.

        Raises:
            HashzipError: It is out of the project; a manifest on the way is none.
        """
        manifest = self.manifest(home)
        if "workspace" in manifest:
            return home
        named = package(manifest).get("workspace")
        if isinstance(named, str):
            return self._inside(home, named, "the workspace")
        for folder in above(home):
            if not os.path.isfile(os.path.join(self.root, folder, MANIFEST)):
                continue
            settings = self.manifest(folder).get("workspace")
            named = package(self.manifest(folder)).get("workspace")
            if isinstance(settings, dict) and not _is_left_out(home, folder, settings):
                return folder
            if isinstance(named, str):
                return self._inside(folder, named, "the workspace")
        self._refuse_outer(home)
        return home

    def compiled(self, home: str, also: Iterable[str]) -> dict[str, Manifest]:
        """Answers the crates of the project that one is compiled with, itself first.

        Args:
            home: The folder of that one.
            also: Folders of crates that replace others.

        Raises:
            HashzipError: One is not there, or out of the project.
        """
        workspace = self.workspace(home)
        top = self.manifest(workspace)
        patches = table(top, "patch")
        waiting = [home, *also]
        for replacing in (table(top, "replace"), *(table(patches, name) for name in patches)):
            waiting += self._paths(workspace, replacing)
        found: dict[str, Manifest] = {}
        while waiting:
            folder = waiting.pop(0)
            if folder not in found:
                found[folder] = self.manifest(folder)
                waiting += self._needed(folder, _COMPILED)
        return found

    def read_too(self, compiled: Iterable[str]) -> set[str]:
        """Answers the folders of crates that cargo reads, and does not compile.

        What is missing there, or out of the project, decides nothing.

        Args:
            compiled: Those that it compiles.
        """
        done = set(compiled)
        workspaces = {self.workspace(folder) for folder in done}
        waiting = [*done, *workspaces]
        for workspace in workspaces:
            waiting += self.members(workspace)
        found: set[str] = set()
        while waiting:
            folder = waiting.pop()
            is_there = os.path.isfile(os.path.join(self.root, folder, MANIFEST))
            if folder not in found and is_there and not _is_outside(folder):
                found.add(folder)
                waiting += self._needed(folder, _READ, is_strict=False)
        return found - done

    def members(self, workspace: str) -> Iterator[str]:
        """Answers the folders of a workspace's crates."""
        settings = table(self.manifest(workspace), "workspace")
        for pattern in _texts(settings, "members"):
            found = [pattern]
            if WILDCARDS.intersection(pattern):
                import glob

                location = os.path.join(self.root, workspace)
                found = glob.glob(pattern, root_dir=location, recursive=True, include_hidden=True)
            for path in found:
                folder = posixpath.normpath(posixpath.join(workspace, path.replace(os.sep, "/")))
                if not _is_left_out(folder, workspace, settings):
                    yield folder

    def _needed(
        self, folder: str, kinds: Iterable[str], *, is_strict: bool = True
    ) -> Iterator[str]:
        """Answers the folders of the crates that one names as its dependencies."""
        manifest = self.manifest(folder)
        platforms = table(manifest, "target")
        for place in (manifest, *(table(platforms, name) for name in platforms)):
            for kind in kinds:
                yield from self._paths(folder, table(place, kind), is_strict=is_strict)

    def _paths(
        self, folder: str, dependencies: Mapping[str, Any], *, is_strict: bool = True
    ) -> Iterator[str]:
        """Answers the folders that dependencies lie in, for those that lie in one."""
        for name, wanted in dependencies.items():
            place, one = folder, wanted
            if isinstance(one, dict) and one.get("workspace") is True:
                place = self.workspace(folder)
                one = table(table(self.manifest(place), "workspace"), "dependencies").get(name)
            if isinstance(one, dict) and isinstance(one.get("path"), str):
                if is_strict:
                    yield self._inside(place, one["path"], f"the crate {name}")
                else:
                    yield posixpath.normpath(posixpath.join(place, one["path"]))

    def _inside(self, folder: str, path: str, what: str) -> str:
        found = posixpath.normpath(posixpath.join(folder, path))
        if _is_outside(found):
            raise HashzipError(
                f"{join(folder, MANIFEST)} has {what} in {path!r}, out of the project {self.root}",
                "move hashzip.toml up to a folder that holds both",
            )
        return found

    def _refuse_outer(self, home: str) -> None:
        """Refuses a workspace above the project: its lock would count, and no plan would see it."""
        inner, outer = home, self.root
        while outer != os.path.dirname(outer):
            inner = join(os.path.basename(outer), "" if inner == "." else inner).rstrip("/")
            outer = os.path.dirname(outer)
            path = os.path.join(outer, MANIFEST)
            try:
                with open(path, "rb") as file:
                    settings = tomllib.load(file).get("workspace")
            except (OSError, ValueError, RecursionError):
                continue
            if isinstance(settings, dict) and not _is_left_out(inner, ".", settings):
                raise HashzipError(
                    f"{join(home, MANIFEST)} is in the workspace of {path}, out of the project "
                    f"{self.root}",
                    "move hashzip.toml up there; or write [workspace] into that manifest, to have "
                    "a workspace of its own",
                )

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
            raise read_error(os.fsencode(location), error) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise HashzipError(
                f"{escape(os.fsencode(location))} is not valid TOML: {error}", "mend that line"
            ) from error


def _is_left_out(folder: str, workspace: str, settings: Mapping[str, Any]) -> bool:
    """Answers whether a workspace's `exclude` names a folder, or one above it, by cargo's rule.

    What `members` names by itself, and not by a pattern, is never left out.
    """

    def names(key: str) -> bool:
        named = [
            posixpath.normpath(posixpath.join(workspace, one)) for one in _texts(settings, key)
        ]
        return any(folder == one or folder.startswith(one + "/") for one in named)

    return names("exclude") and not names("members")


def _is_outside(path: str) -> bool:
    return path == ".." or path.startswith(("../", "/")) or "\0" in path


def _texts(values: Mapping[str, Any], key: str) -> list[str]:
    found = values.get(key, [])
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def package(manifest: Manifest) -> Mapping[str, Any]:
    """Answers the `[package]` of a manifest, which was called `[project]` once."""
    return table(manifest, "package") or table(manifest, "project")


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
