"""Check that what is installed is what the lock wants for Lambda. Build time.

uv should see to both, but it can be told not to, and a wheel may be one that was built here.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag, compatible_tags, cpython_tags, parse_tag
from packaging.version import InvalidVersion

from hashzip.builders import python
from hashzip.builders.python.names import normalized
from hashzip.builders.python.record import Distribution
from hashzip.errors import HashzipError
from hashzip.project import runtimes
from hashzip.project.targets import Target

# The oldest C libraries that wheels are tagged for, and the tags of these from before PEP 600.
_OLDEST = {"x86_64": 5, "aarch64": 17}
_LEGACY = {5: "manylinux1", 12: "manylinux2010", 17: "manylinux2014"}

_UPGRADE = "upgrade uv (python3 -m pip install --upgrade uv), and build again with --force"


def check_wanted(
    installed: Iterable[Distribution], wanted: Mapping[str, str], lock: str, target: Target
) -> None:
    """Check that the packages are those that a lock wants, name by name and version by version.

    Args:
        installed: The packages.
        wanted: The version of each package that the lock wants, by normalized name. "" is any
            version; the name "" is any package.
        lock: The path of the lock.
        target: The function or layer.

    Raises:
        HashzipError: A package is missing, has another version, or is not wanted.
    """
    missing = {name for name in wanted if name}
    where = f"for {target.name} ({target.runtime}, {target.architecture})"
    for distribution in installed:
        name = normalized(distribution.name)
        version = wanted.get(name)
        if version is None and "" not in wanted:
            raise HashzipError(
                f"uv installed {distribution}, which {lock} does not want {where}", _UPGRADE
            )
        if version and not _is(distribution.version, version):
            raise HashzipError(
                f"uv installed {distribution}, but {lock} wants version {version} {where}", _UPGRADE
            )
        missing.discard(name)
    if missing:
        raise HashzipError(
            f"uv did not install {', '.join(sorted(missing))}, which {lock} wants {where}", _UPGRADE
        )


def check_tags(
    folder: Path, installed: Iterable[Distribution], target: Target, relock: str
) -> None:
    """Check that each package is a wheel that runs on the target's Python and machine.

    Args:
        folder: Where they are installed.
        installed: The packages.
        target: The function or layer.
        relock: The command that locks again, for hints.

    Raises:
        HashzipError: One is for another Python or machine.
    """
    supported = _supported(python.version(target), python.machine(target), _glibc(target))
    for distribution in installed:
        text = (folder / distribution.info / "WHEEL").read_text(encoding="utf-8")
        tags = [
            line.removeprefix("Tag:").strip() for line in text.splitlines() if line[:4] == "Tag:"
        ]
        if not any(supported.issuperset((tag,)) for each in tags for tag in parse_tag(each)):
            raise HashzipError(
                f"{distribution} is a wheel for {', '.join(tags) or 'nothing'}, which does not run "
                f"on {target.runtime} and {target.architecture}",
                f"lock a version that has a wheel for these: {relock}",
            )


def _is(version: str, wanted: str) -> bool:
    """Return whether a version is the wanted one; `2.1+cpu` is `2.1`, too."""
    try:
        return SpecifierSet(f"=={wanted}").contains(version, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return version == wanted


def _glibc(target: Target) -> int:
    """Return the minor version of the C library that a target runs on."""
    runtime = runtimes.find(target.runtime)
    version = target.glibc.replace("_", ".") or (runtime.glibc if runtime else "")
    return int(version.partition(".")[2])


@cache
def _supported(version: str, machine: str, glibc: int) -> frozenset[Tag]:
    """Return the tags of all wheels that run on a Python and a machine.

    https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/
    """
    platforms = [f"linux_{machine}"]
    for minor in range(_OLDEST[machine], glibc + 1):
        platforms.append(f"manylinux_2_{minor}_{machine}")
        platforms += [f"{_LEGACY[minor]}_{machine}"] if minor in _LEGACY else []
    major, minor = map(int, version.split("."))
    interpreter = f"cp{major}{minor}"
    return frozenset(
        (
            *cpython_tags((major, minor), [interpreter], platforms),
            *compatible_tags((major, minor), interpreter, platforms),
        )
    )
