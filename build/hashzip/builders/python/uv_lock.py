"""Reads what a `uv.lock` says of packages in the project. Plan time; standard library only.

The format is uv's own, versioned: https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from hashzip.errors import HashzipError, did_you_mean
from hashzip.inputs.paths import normalized
from hashzip.project.targets import Target


class Local(NamedTuple):
    """What a lock has of the user's own, relative to its folder.

    Attributes:
        project: The folder of the project that is installed for.
        folders: Of packages that it needs.
        archives: Wheels and sdists that it needs.
    """

    project: str
    folders: list[str]
    archives: list[str]


def read(text: str, path: str, target: Target) -> Local:
    """Reads a lock.

    Args:
        text: What the lock holds.
        path: Where it is, for errors.
        target: What is installed: a member's name, extras and groups.

    Raises:
        HashzipError: It is no lock, or has not what the target asks for.
    """
    packages, members = _parse(text, path)
    root = _root(packages, members, target, path)
    folders, archives = [], []
    for package in _installed(packages, root, target):
        kind, place = _place(package)
        if kind in ("editable", "directory"):
            folders.append(place)
        elif kind == "path":
            archives.append(place)
    return Local(_place(root)[1], folders, archives)


def _parse(text: str, path: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Answers the packages, and the names of the workspace's members; of a sole project, none."""
    try:
        lock = tomllib.loads(text)
        _ = lock["version"], [package["name"] for package in lock.get("package", [])]
        return lock.get("package", []), lock.get("manifest", {}).get("members", [])
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError, RecursionError) as error:
        folder = path.rpartition("/")[0] or "."
        raise HashzipError(
            f"{path} is no lock of uv: {error}", f"make it again: uv lock --project {folder}"
        ) from error


def _root(
    packages: list[dict[str, Any]], members: list[str], target: Target, path: str
) -> dict[str, Any]:
    """Finds the project or member that a function is installed for, and checks what it has."""
    local = {
        package["name"]: package
        for package in packages
        if package["name"] in members or _place(package)[1] == "."
    }
    wanted = target.options["package"] and normalized(target.options["package"])
    found = local.get(wanted) if wanted else None
    if not wanted:
        found = next((one for one in local.values() if _place(one)[1] == "."), None)
    if found is None:
        missing = (
            f'has no package "{wanted}"'
            if wanted
            else "locks a workspace without a project at its root"
        )
        raise HashzipError(
            f"{target.label}: {path} {missing}",
            f'write package = "…"; {did_you_mean(wanted or "", local)}',
        )
    metadata = found.get("metadata", {})
    known = {
        "extras": {*found.get("optional-dependencies", {}), *metadata.get("provides-extras", [])},
        "groups": {*found.get("dev-dependencies", {}), *metadata.get("requires-dev", {})},
    }
    for key, names in known.items():
        for name in target.options[key]:
            if normalized(name) not in names:
                raise HashzipError(
                    f'{target.label} has {key} "{name}", which {found["name"]} in {path} lacks',
                    did_you_mean(name, names),
                )
    return found


def _installed(
    packages: list[dict[str, Any]], root: dict[str, Any], target: Target
) -> Iterator[dict[str, Any]]:
    """Answers all packages that a root depends on, in whatever way, whatever the markers say."""
    by_name: dict[str, list[dict[str, Any]]] = {}
    for package in packages:
        by_name.setdefault(package["name"], []).append(package)
    groups = root.get("dev-dependencies", {})
    waiting = [(root["name"], extra) for extra in ("", *map(normalized, target.options["extras"]))]
    for group in target.options["groups"]:
        waiting += _asked(groups.get(normalized(group), []))
    seen = set()
    while waiting:
        asked = waiting.pop()
        if asked in seen:
            continue
        seen.add(asked)
        name, extra = asked
        for package in by_name.get(name, []):
            more = package.get("optional-dependencies", {}).get(extra, [])
            waiting += _asked(more if extra else package.get("dependencies", []))
            if not extra and name != root["name"]:
                yield package


def _asked(dependencies: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for dependency in dependencies:
        yield from ((dependency["name"], extra) for extra in ("", *dependency.get("extra", [])))


def _place(package: Mapping[str, Any]) -> tuple[str, str]:
    """Answers where in the project a package is: the kind of its source, and the path; or ""s."""
    for kind in ("editable", "directory", "virtual", "path"):
        if kind in package.get("source", {}):
            return kind, package["source"][kind]
    return "", ""
