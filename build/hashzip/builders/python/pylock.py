"""Check a `pylock.toml`, and rewrite it for uv. Build time.

https://packaging.python.org/en/latest/specifications/pylock-toml/
"""

import os
import re
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, Literal

import tomli_w
from packaging.markers import Marker
from packaging.pylock import Package, PackageVcs, Pylock, PylockValidationError

from hashzip.builders import python
from hashzip.builders.python import python_range
from hashzip.errors import HashzipError
from hashzip.project import schema
from hashzip.project.schema import ShapeError
from hashzip.project.targets import Target

Document = dict[str, Any]

# `git@` of SSH is no secret.
_SECRET = re.compile(r"(?<=https://)[^/@]*@|(?<=http://)[^/@]*@|(?<=://)[^/@:]*:[^/@]*@")
_POSITION = re.compile(r"packages\[(\d+)\]")


def parse(text: str, path: str, relock: str) -> Document:
    """Parse a lock in TOML.

    Args:
        text: The lock's content.
        path: The lock's path, for errors.
        relock: The command that locks again, for hints.

    Raises:
        HashzipError: It is not valid TOML.
    """
    try:
        return schema.toml(text)
    except ShapeError as error:
        raise HashzipError(f"{path} is {error}", f"lock again: {relock}") from error


def validate(document: Document, path: str, relock: str) -> Pylock:
    """Check a lock against the specification; afterwards, each of its files has a hash.

    Args:
        document: The parsed lock.
        path: The lock's path, for errors.
        relock: The command that locks again, for hints.

    Raises:
        HashzipError: It does not conform.
    """
    try:
        return Pylock.from_dict(_with_plain_sdist_names(document))
    except PylockValidationError as error:
        context = error.context or ""
        name = _package_at(document, context)
        problem = f"is not a valid pylock.toml: {error}" + (f" ({name})" if name else "")
        if name and context.endswith("hashes"):
            problem = f"has {name} without a hash"
        raise HashzipError(f"{path} {problem}", f"lock again: {relock}") from error


def hashes(package: Package) -> tuple[str, ...]:
    """Return the hashes of all files of a package, as `sha256:…`, sorted."""
    files = [*(package.wheels or ()), package.sdist, package.archive]
    pairs = [pair for file in files if file for pair in file.hashes.items()]
    return tuple(sorted(f"{algorithm}:{digest}" for algorithm, digest in pairs))


def source(vcs: PackageVcs) -> str:
    """Return the repository and commit of a package, as `Cargo.lock` writes them."""
    return git_source(vcs.url or vcs.path or "", vcs.commit_id, vcs.subdirectory or "")


def git_source(repository: str, commit: str, subdirectory: str = "") -> str:
    """Return a repository and commit as `git+URL?subdirectory=FOLDER#COMMIT`.

    A user's name and password in the URL are left out.
    """
    query = f"?subdirectory={subdirectory}" if subdirectory else ""
    return f"git+{_SECRET.sub('', repository)}{query}#{commit}"


def wanted(lock: Pylock, target: Target, release: str, path: str, relock: str) -> list[Package]:
    """Return the packages that are for Lambda, and not only for developers' machines.

    Args:
        lock: The lock.
        target: The function or layer.
        release: The release of Python that markers are evaluated for, such as `3.13.0`.
        path: The lock's path, for errors.
        relock: The command that locks again, for hints.

    Raises:
        HashzipError: One of them is for other Pythons.
    """
    values: dict[str, str | AbstractSet[str]] = {
        **environment(target, release),
        "extras": frozenset(),
        "dependency_groups": frozenset(lock.default_groups or ()),
    }
    packages = [
        package
        for package in lock.packages
        if package.marker is None or holds(package.marker, values, "lock_file")
    ]
    version = python.version(target)
    for package in packages:
        required = str(package.requires_python or "")
        # Any patch release will do, because AWS chooses it.
        if required and not _allows(required, version):
            raise HashzipError(
                f"{path} has {package.name} for Python {required}, but {target.label} has runtime "
                f'"{target.runtime}"',
                f"change the runtime, or lock again: {relock}",
            )
    return packages


def _allows(required: str, version: str) -> bool:
    """Return whether a range has a release of a Python; one that nobody can read has none."""
    try:
        return python_range.first_fit(required, version) is not None
    except ValueError:
        return False


def holds(
    marker: Marker,
    environment: Mapping[str, str | AbstractSet[str]],
    context: Literal["metadata", "lock_file"] = "metadata",
) -> bool:
    """Return whether a marker holds.

    Args:
        marker: The marker.
        environment: The values that it is evaluated for.
        context: Where it stands.

    Raises:
        HashzipError: It compares what cannot be compared.
    """
    try:
        return marker.evaluate(environment, context)
    except (ValueError, LookupError, RecursionError) as error:
        raise HashzipError(
            f'the marker "{marker}" of a package cannot be evaluated: {error}', "lock again"
        ) from error


def without_folders(document: Document, folder: Path, excluded: Collection[str] = ()) -> Document:
    """Return the part of a lock that uv is to install, which can be read from anywhere.

    Args:
        document: The parsed lock.
        folder: The folder that its paths are relative to.
        excluded: The normalized names of more packages that are not part of it.
    """
    packages = []
    for package in document["packages"]:
        if "directory" in package or package["name"] in excluded:
            continue
        files = [*package.get("wheels", ())]
        files += [package[key] for key in ("sdist", "archive") if key in package]
        files += [package["vcs"]] if "vcs" in package else []
        for file in files:
            if "path" in file:
                file["path"] = os.path.join(folder, file["path"])
        packages.append(_without_python(package))
    return {**_without_python(document), "packages": packages}


def to_toml(document: Document) -> str:
    """Write a lock."""
    return tomli_w.dumps(document)


def _with_plain_sdist_names(document: Document) -> Document:
    """Name sdists by today's rule, because uv also takes older ones, such as `x-1.0.tar.bz2`."""

    def renamed(package: Document) -> Document:
        match package:
            case {"name": str(name), "version": str(version), "sdist": dict(sdist)}:
                return {**package, "sdist": {**sdist, "name": f"{name}-{version}.tar.gz"}}
        return package

    match document:
        case {"packages": list(packages)}:
            return {**document, "packages": [renamed(package) for package in packages]}
    return document


def _package_at(document: Document, context: str) -> str:
    """Return the name of the package that an error is about, as in `packages[3].wheels[0]`."""
    position = _POSITION.match(context)
    if position:
        match document["packages"][int(position[1])]:
            case {"name": str(name)}:
                return name
    return ""


def _without_python(table: Mapping[str, Any]) -> Document:
    """Remove `requires-python`, which has been compared with the runtime's Python.

    uv compares that of a lock with the Python that uv runs on.
    """
    return {key: value for key, value in table.items() if key != "requires-python"}


def environment(target: Target, release: str = "") -> dict[str, str]:
    """Return the values that markers have in Lambda.

    Args:
        target: The function or layer.
        release: The release of Python; by default, the first one of the runtime's.
    """
    version = python.version(target)
    release = release or f"{version}.0"
    return {
        "implementation_name": "cpython",
        "implementation_version": release,
        "os_name": "posix",
        "platform_machine": python.machine(target),
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": release,
        "python_version": version,
        "sys_platform": "linux",
    }
