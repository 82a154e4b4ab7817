"""Read which packages of a `uv.lock` are in the project. Plan time; standard library only.

The format is uv's own, versioned: https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from hashzip.builders.python.names import normalized
from hashzip.errors import HashzipError, did_you_mean
from hashzip.project.targets import Target


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


def read(text: str, path: str, target: Target) -> Local:
    """Read a lock.

    Args:
        text: The lock's content.
        path: The lock's path, for errors.
        target: What is installed: a member's name, extras and groups.

    Raises:
        HashzipError: It is not a lock of uv, lacks what the target asks for, or has neither a hash
            nor a file for one of its packages.
    """
    packages, members = _parse(text, path)
    root = _root(packages, members, target, path)
    folders, archives = [], []
    for package in _required(packages, root, target):
        kind, location = _local_source(package)
        if kind in ("editable", "directory"):
            folders.append(location)
        elif kind == "path":
            archives.append(location)
        elif kind == "registry":
            archives += [f"{location}/{file['path']}" for file in _files(package)]
        elif any("url" in file and "hash" not in file for file in _files(package)):
            raise HashzipError(
                f"{path} has {package['name']} without a hash, because its index has none",
                "lock it from another index; or download its files into a folder in the project, "
                'and use that as an index with format = "flat"',
            )
    kind, project = _local_source(root)
    if target.options["install_project"]:
        if kind == "virtual":
            raise HashzipError(
                f"{target.label} has install_project, but {root['name']} is no package",
                f"add a [build-system] to the pyproject.toml of {root['name']}, and lock again; "
                "or remove install_project",
            )
        folders.append(project)
    return Local(project, folders, archives)


def _parse(text: str, path: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the packages, and the names of the workspace's members; none without a workspace."""
    try:
        lock = tomllib.loads(text)
        _ = lock["version"], [package["name"] for package in lock.get("package", [])]
        return lock.get("package", []), lock.get("manifest", {}).get("members", [])
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError, RecursionError) as error:
        folder = path.rpartition("/")[0] or "."
        raise HashzipError(
            f"{path} is not a lock of uv: {error}", f"lock again: uv lock --project {folder}"
        ) from error


def _root(
    packages: list[dict[str, Any]], members: list[str], target: Target, path: str
) -> dict[str, Any]:
    """Find the project or member to install, and check that it has the extras and groups."""
    local = {
        package["name"]: package
        for package in packages
        if package["name"] in members or _local_source(package)[1] == "."
    }
    wanted = target.options["package"] and normalized(target.options["package"])
    if wanted:
        root = local.get(wanted)
        problem = f'has no package "{wanted}"'
    else:
        root = next((each for each in local.values() if _local_source(each)[1] == "."), None)
        problem = "locks a workspace without a project at its root"
    if root is None:
        raise HashzipError(
            f"{target.label}: {path} {problem}",
            f'set package = "…"; {did_you_mean(wanted or "", local)}',
        )
    metadata = root.get("metadata", {})
    known = {
        "extras": {*root.get("optional-dependencies", {}), *metadata.get("provides-extras", [])},
        "groups": {*root.get("dev-dependencies", {}), *metadata.get("requires-dev", {})},
    }
    for key, names in known.items():
        for name in target.options[key]:
            if normalized(name) not in names:
                raise HashzipError(
                    f'{target.label} has {key} "{name}", which {root["name"]} in {path} lacks',
                    did_you_mean(name, names),
                )
    return root


def _required(
    packages: list[dict[str, Any]], root: dict[str, Any], target: Target
) -> Iterator[dict[str, Any]]:
    """Yield all packages that a root depends on, directly or not, whatever the markers say."""
    by_name: dict[str, list[dict[str, Any]]] = {}
    for package in packages:
        by_name.setdefault(package["name"], []).append(package)
    groups = root.get("dev-dependencies", {})
    waiting = [(root["name"], extra) for extra in ("", *map(normalized, target.options["extras"]))]
    for group in target.options["groups"]:
        waiting += _names_and_extras(groups.get(normalized(group), []))
    seen = set()
    while waiting:
        requirement = waiting.pop()
        if requirement in seen:
            continue
        seen.add(requirement)
        name, extra = requirement
        for package in by_name.get(name, []):
            optional = package.get("optional-dependencies", {}).get(extra, [])
            waiting += _names_and_extras(optional if extra else package.get("dependencies", []))
            if not extra and name != root["name"]:
                yield package


def _names_and_extras(dependencies: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield each dependency's name with "", then with each of its extras."""
    for dependency in dependencies:
        yield from ((dependency["name"], extra) for extra in ("", *dependency.get("extra", [])))


def _local_source(package: Mapping[str, Any]) -> tuple[str, str]:
    """Return the kind and path of a package's source in the project, or two empty strings."""
    source = package.get("source", {})
    for kind in ("editable", "directory", "virtual", "path"):
        if kind in source:
            return kind, source[kind]
    if "registry" in source and not source["registry"].startswith(("https:", "http:")):
        return "registry", source["registry"]
    return "", ""


def _files(package: Mapping[str, Any]) -> list[Mapping[str, str]]:
    """Return the wheels and the sdist of a package."""
    sdist = package.get("sdist")
    return [*package.get("wheels", ()), *([sdist] if sdist else [])]
