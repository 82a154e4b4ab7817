"""Wheels for a C library between two platforms of uv's. Build time.

Amazon Linux 2 has glibc 2.26, and uv knows 2.17 and 2.28. So a package that has no wheel for 2.17
is installed as for 2.28, from wheels that 2.26 can load.
"""

import re
import tomllib
from pathlib import Path

import tomli_w

from hashzip.builders.python.record import Distribution
from hashzip.errors import HashzipError
from hashzip.project import runtimes
from hashzip.project.targets import Target

PLATFORM = "2_28"

_NEEDS = re.compile(r"manylinux_2_(\d+)_")


def glibc(target: Target) -> int | None:
    """Return the minor version of a target's C library, if uv has no platform for it."""
    runtime = runtimes.find(target.runtime)
    if target.glibc or runtime is None or runtime.system != "AL2":
        return None
    return int(runtime.glibc.partition(".")[2])


def without_newer_wheels(lock: Path, newest: int) -> None:
    """Remove wheels from a `pylock.toml` that need a newer C library, if others remain.

    Args:
        lock: The file, which is rewritten.
        newest: The minor version of the newest C library.
    """
    document = tomllib.loads(lock.read_text(encoding="utf-8"))
    for package in document["packages"]:
        wheels = package.get("wheels", [])
        loadable = [wheel for wheel in wheels if _needed(str(wheel)) <= newest]
        if loadable:
            package["wheels"] = loadable
    lock.write_text(tomli_w.dumps(document), encoding="utf-8")


def check(folder: Path, installed: list[Distribution], target: Target, newest: int) -> None:
    """Check that Lambda's C library loads what was installed.

    Args:
        folder: Where the packages are installed.
        installed: The packages.
        target: The function or layer.
        newest: The minor version of its C library.

    Raises:
        HashzipError: A package needs a newer one.
    """
    for distribution in installed:
        text = (folder / distribution.info / "WHEEL").read_text(encoding="utf-8")
        needed = min((_needed(line) for line in text.splitlines() if "Tag:" in line), default=0)
        if needed > newest:
            raise HashzipError(
                f"{distribution} needs glibc 2.{needed} or later, and {target.runtime} has "
                f"2.{newest}",
                "use python3.12 or later, which has 2.34; or lock a version with a wheel for "
                f"2.{newest}, in a uv.lock if it has others too",
            )


def _needed(text: str) -> int:
    """Return the minor version of the C library that the tags in a text need at least."""
    return min(map(int, _NEEDS.findall(text)), default=0) if "manylinux2014" not in text else 17
