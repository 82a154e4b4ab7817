"""Read which packages of a `uv.lock` are in the project. Plan time; standard library only.

The format is uv's own, versioned: https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile
"""

import posixpath
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import NamedTuple

from hashzip.builders.python.names import normalized
from hashzip.errors import HashzipError, did_you_mean
from hashzip.project import schema
from hashzip.project.schema import Fields, ShapeError
from hashzip.project.targets import Target

# https://docs.astral.sh/uv/concepts/projects/dependencies/#dependency-sources
_SOURCES = ("registry", "git", "url", "path", "directory", "editable", "virtual")
_URLS = ("https:", "http:")
_FOLDERS = ("editable", "directory", "virtual")


class Local(NamedTuple):
    """The user's own packages in a lock; paths are relative to its folder.

    Attributes:
        project: The folder of the project that is installed.
        folders: The packages that it needs, and its own folder if it is to be installed.
        archives: The wheels and sdists that it needs. Those of an index in a folder have no hash in
            the lock.
    """

    project: str
    folders: list[str]
    archives: list[str]


class _Package:
    """A package of a lock. Its fields are checked when they are read."""

    def __init__(self, fields: Fields) -> None:
        self.fields = fields
        self.name = normalized(fields.string("name"))
        source = fields.table("source")
        kinds = [kind for kind in _SOURCES if kind in source]
        if len(kinds) != 1:
            raise ShapeError(
                f"{source.place} of {self.name} must have one of {', '.join(_SOURCES)}"
            )
        self.kind, self.location = kinds[0], source.string(kinds[0])
        self.is_folder = self.kind in _FOLDERS
        self.is_root = self.is_folder and posixpath.normpath(self.location) == "."

    def files(self) -> list[Fields]:
        """Return the wheels and the sdist."""
        sdist = [self.fields.table("sdist")] if "sdist" in self.fields else []
        return [*self.fields.tables("wheels"), *sdist]

    def extras(self) -> set[str]:
        """Return the names of the extras that it has."""
        provided = self.fields.table("metadata").strings("provides-extras")
        return set(map(normalized, (*self.fields.table("optional-dependencies").values, *provided)))

    def groups(self) -> set[str]:
        """Return the names of the dependency groups that it has."""
        listed = self.fields.table("metadata").table("requires-dev").values
        return set(map(normalized, (*self.fields.table("dev-dependencies").values, *listed)))

    def dependencies(self, table: str = "", key: str = "") -> list[tuple[str, str]]:
        """Return the name of each dependency with "", then with each of its extras.

        Args:
            table: The table of an extra or group; "" for what is always needed.
            key: The name of the extra or group.
        """
        rows = self.fields.tables("dependencies")
        if table:
            named = self.fields.table(table)
            rows = [
                row
                for name in named.values
                if normalized(name) == key
                for row in named.tables(name)
            ]
        return [
            (normalized(row.string("name")), extra)
            for row in rows
            for extra in ("", *map(normalized, row.strings("extra")))
        ]


class _Document(NamedTuple):
    """A lock.

    Attributes:
        python: Its `requires-python`, or "".
        packages: Its packages by name; forks may have several versions of one.
        members: The names of the workspace's members; none without a workspace.
    """

    python: str
    packages: dict[str, list[_Package]]
    members: frozenset[str]


def requires_python(text: str, path: str) -> str:
    """Return the `requires-python` of a lock, or "".

    Raises:
        HashzipError: It is not a valid uv.lock.
    """
    with _reported(path):
        return _parse(text).python


def read(text: str, path: str, target: Target) -> Local:
    """Read which packages of a lock are the user's own.

    Args:
        text: The lock's content.
        path: The lock's path, for errors.
        target: What is installed: a member's name, extras and groups.

    Raises:
        HashzipError: It is not valid, lacks what the target asks for, or has neither a hash
            nor a file for one of its packages.
    """
    with _reported(path):
        return _read(_parse(text), path, target)


def _reported(path: str) -> AbstractContextManager[None]:
    folder = path.rpartition("/")[0] or "."
    return schema.reported(f"{path} is not valid", f"lock again: uv lock --project {folder}")


@lru_cache(maxsize=4)
def _parse(text: str) -> _Document:
    """Parse a lock, once for all functions that have it."""
    document = Fields(schema.toml(text))
    document.size("version")
    packages: dict[str, list[_Package]] = {}
    for fields in document.tables("package"):
        package = _Package(fields)
        packages.setdefault(package.name, []).append(package)
    members = document.table("manifest").strings("members")
    return _Document(
        document.string("requires-python", ""), packages, frozenset(map(normalized, members))
    )


def _read(lock: _Document, path: str, target: Target) -> Local:
    root = _root(lock, target, path)
    folders, archives = [], []
    for package in _required(lock, root, target):
        if package.kind in ("editable", "directory"):
            folders.append(package.location)
        elif package.kind == "path":
            archives.append(package.location)
        elif package.kind == "registry" and not package.location.startswith(_URLS):
            archives += [f"{package.location}/{file.string('path')}" for file in package.files()]
        elif any("url" in file and "hash" not in file for file in package.files()):
            raise HashzipError(
                f"{path} has {package.name} without a hash, because its index has none",
                "lock it from another index; or download its files into a folder in the project, "
                'and use that as an index with format = "flat"',
            )
    if target.options["install_project"]:
        if root.kind == "virtual":
            raise HashzipError(
                f"{target.label} has install_project, but {root.name} is not a package",
                f"add a [build-system] to the pyproject.toml of {root.name}, and lock again; "
                "or remove install_project",
            )
        folders.append(root.location)
    return Local(root.location, folders, archives)


def _root(lock: _Document, target: Target, path: str) -> _Package:
    """Find the project or member to install, and check that it has the extras and groups."""
    local = {
        package.name: package
        for packages in lock.packages.values()
        for package in packages
        if package.is_folder and (package.name in lock.members or package.is_root)
    }
    wanted = target.options["package"] and normalized(target.options["package"])
    if wanted:
        root = local.get(wanted)
        problem = f'has no package "{wanted}"'
    else:
        root = next((package for package in local.values() if package.is_root), None)
        problem = "locks a workspace without a project at its root"
    if root is None:
        raise HashzipError(
            f"{target.label}: {path} {problem}",
            f'set package = "…"; {did_you_mean(wanted or "", local)}',
        )
    for key, names in (("extras", root.extras()), ("groups", root.groups())):
        for name in target.options[key]:
            if normalized(name) not in names:
                raise HashzipError(
                    f'{target.label} has {key} "{name}", which {root.name} in {path} lacks',
                    did_you_mean(name, names),
                )
    return root


def _required(lock: _Document, root: _Package, target: Target) -> Iterator[_Package]:
    """Yield all packages that a root depends on, directly or not, whatever the markers say."""
    waiting = [(root.name, extra) for extra in ("", *map(normalized, target.options["extras"]))]
    for group in target.options["groups"]:
        waiting += root.dependencies("dev-dependencies", normalized(group))
    seen = set()
    while waiting:
        requirement = waiting.pop()
        if requirement in seen:
            continue
        seen.add(requirement)
        name, extra = requirement
        if name not in lock.packages:
            raise ShapeError(f"a package depends on {name}, which is not in it")
        for package in lock.packages[name]:
            waiting += package.dependencies("optional-dependencies" if extra else "", extra)
            if not extra and name != root.name:
                yield package
