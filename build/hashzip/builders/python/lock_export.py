"""Says to uv what a lock has for a function, whatever Python and machine uv itself runs on.

Build time. https://packaging.python.org/en/latest/specifications/pylock-toml/
"""

import json
import os
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from platform import python_version
from typing import Any, NamedTuple

from packaging.markers import Marker
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name, canonicalize_version

from hashzip.builders import python
from hashzip.builders.build_plan import BuildPlan
from hashzip.builders.python import locks, uv
from hashzip.builders.python.locks import Kind, Lock
from hashzip.errors import HashzipError

_REQUIRES_PYTHON = re.compile(r"^requires-python\s*=.*$", re.MULTILINE)
_PATH = re.compile(r"""(?<![\w-])path\s*=\s*(?:"([^"\\]*)"|'([^']*)')""")
_PACKAGE = re.compile(r"^(?=\[\[packages\]\]$)", re.MULTILINE)
_PINNED = re.compile(
    r"^([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\]\s*)?(?:==\s*([\w.!+-]+)|@\s)(.*)", re.MULTILINE
)
_DIGEST = re.compile(r"--hash[= ](\w+:[0-9a-f]+)")

Hashes = Mapping[tuple[str, str], tuple[str, ...]]


class Requirements(NamedTuple):
    """What uv is to install.

    Attributes:
        words: What comes from an index, for uv's command line; empty where there is nothing.
        local: Folders of packages of the project's own, relative to the project.
        hashes: Those of the lock, by name and version; where it has no version, by name and "".
    """

    words: Sequence[str]
    local: Sequence[str]
    hashes: Hashes

    def hashes_of(self, name: str, version: str) -> tuple[str, ...]:
        """Answers the hashes that the lock has for a package, or none."""
        by_name = self.hashes.get(_pin(name, ""), ())
        return self.hashes.get(_pin(name, version), by_name)


def read(plan: BuildPlan, lock: Lock, scratch: Path) -> Requirements:
    """Answers what uv is to install.

    Args:
        plan: Of the function or layer.
        lock: Its lock.
        scratch: A folder for what uv is to read.

    Raises:
        HashzipError: The lock is stale, damaged, for another Python, or has what no hash checks.
    """
    location = Path(plan.project.root, lock.path)
    text = location.read_text(encoding="utf-8")
    if lock.kind is Kind.REQUIREMENTS:
        words = ["--require-hashes", "--no-deps", "--requirements", str(location)]
        return Requirements(words, [], dict(_pinned(text)))
    document = _parse(text, plan, lock)
    fits_here = _refuse_other_python(plan, lock, document)
    local: list[str] = []
    if lock.kind is Kind.PYLOCK:
        text = _absolute(text, location.parent)
    else:
        text = _export(plan, lock, fits_here=fits_here)
        document = _parse(text, plan, lock)
        text, local = _split(text, document, plan, lock)
    try:
        hashes = dict(_locked(document, plan, lock))
    except (KeyError, TypeError, AttributeError) as error:
        raise HashzipError(
            f"{lock.path} is no lock as PEP 751 has it: {error!r}",
            f"make it again: {locks.relock(lock, plan.target)}",
        ) from error
    path = scratch / "pylock.toml"
    # uv compares the line with the Python that runs it, and not with that of the function.
    path.write_text(_REQUIRES_PYTHON.sub("", text), encoding="utf-8")
    words = ["--preview-features", "pylock", "--requirements", str(path)]
    return Requirements(words if _PACKAGE.search(text) else [], local, hashes)


def home(plan: BuildPlan, lock: Lock) -> str:
    """Answers where uv runs, and so finds the user's settings, and with them their indexes.

    They are in `uv.toml` beside `hashzip.toml`; for a `uv.lock`, in its `pyproject.toml` too.
    """
    folder = lock.path.rpartition("/")[0] if lock.kind is Kind.UV else ""
    return os.path.join(plan.project.root, folder) if folder else plan.project.root


def _parse(text: str, plan: BuildPlan, lock: Lock) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise HashzipError(
            f"{lock.path} is not valid TOML: {error}",
            f"make it again: {locks.relock(lock, plan.target)}",
        ) from error


def _refuse_other_python(plan: BuildPlan, lock: Lock, document: Mapping[str, Any]) -> bool:
    """Refuses a lock for other Pythons; answers whether the Python that runs this would do."""
    target = plan.target
    required = document.get("requires-python", "")
    try:
        wanted = SpecifierSet(required)
    except InvalidSpecifier as error:
        raise HashzipError(
            f'{lock.path} has requires-python = "{required}", which is no range of versions',
            f"make it again: {locks.relock(lock, target)}",
        ) from error
    # Any patch release of the runtime's will do.
    candidates = [f"{python.version(target)}.{patch}" for patch in (0, 99)]
    if not any(wanted.contains(one) for one in candidates):
        raise HashzipError(
            f"{lock.path} is locked for Python {required}, and {target.label} has "
            f'runtime "{target.runtime}"',
            f"set another runtime, or lock it again: {locks.relock(lock, target)}",
        )
    return wanted.contains(python_version(), prereleases=True)


def _export(plan: BuildPlan, lock: Lock, *, fits_here: bool) -> str:
    """Has uv check that a `uv.lock` is not stale, and answer what it has for a function.

    As `pylock.toml`: a requirements file does not say which package is of which index.
    """
    target = plan.target
    words = [
        *("export", "--locked", "--no-default-groups", "--no-emit-project", "--no-header"),
        *("--format", "pylock.toml", "--no-python-downloads"),
        # uv wants a Python that the project runs on, be it only to look at the lock.
        *("--python", sys.executable if fits_here else python.version(target)),
        *(word for extra in target.options["extras"] for word in ("--extra", extra)),
        *(word for group in target.options["groups"] for word in ("--group", group)),
        *(("--package", target.options["package"]) if target.options["package"] else ()),
    ]
    relock = locks.relock(lock, target)
    return uv.run(words, home(plan, lock), f"read {lock.path}", relock)


def _split(
    text: str, document: Mapping[str, Any], plan: BuildPlan, lock: Lock
) -> tuple[str, list[str]]:
    """Takes the project's own packages out of what uv exported; answers the rest, and them."""
    folder = lock.path.rpartition("/")[0]
    head, *blocks = _PACKAGE.split(text)
    rest, local = [head], []
    for block, package in zip(blocks, document.get("packages", ()), strict=True):
        if "directory" not in package:
            rest.append(block)
        elif _is_wanted(package, plan):
            path = os.path.normpath(os.path.join(folder, package["directory"]["path"]))
            local.append(path.replace(os.sep, "/"))
    text = _absolute("".join(rest), Path(home(plan, lock)))
    return text, sorted(set(lock.folders).intersection(local))


def _is_wanted(package: Mapping[str, Any], plan: BuildPlan) -> bool:
    """Answers whether a package is for Lambda's machine, and not for a developer's alone."""
    if "marker" not in package:
        return True
    version = python.version(plan.target)
    environment = {
        "implementation_name": "cpython",
        "implementation_version": f"{version}.0",
        "os_name": "posix",
        "platform_machine": python.machine(plan.target),
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": f"{version}.0",
        "python_version": version,
        "sys_platform": "linux",
    }
    return Marker(package["marker"]).evaluate(environment)


def _absolute(text: str, folder: Path) -> str:
    """Has the files that a lock names beside itself found from elsewhere."""
    return _PATH.sub(
        lambda found: f"path = {json.dumps(os.path.join(folder, found[1] or found[2]))}", text
    )


def _locked(
    document: Mapping[str, Any], plan: BuildPlan, lock: Lock
) -> Iterator[tuple[tuple[str, str], tuple[str, ...]]]:
    """Answers the hashes of a `pylock.toml`, and refuses what has none."""
    relock = locks.relock(lock, plan.target)
    for package in document.get("packages", ()):
        name = package["name"]
        files = [
            *package.get("wheels", ()),
            *(package[key] for key in ("sdist", "archive") if key in package),
        ]
        if "directory" in package and lock.kind is Kind.UV:
            continue  # an input
        if not files:
            raise HashzipError(
                f"{lock.path} has {name} from a {'repository' if 'vcs' in package else 'folder'}, "
                "which no hash checks",
                f"take a release of it, or a wheel, and lock again: {relock}",
            )
        if not all(file.get("hashes") for file in files):
            raise HashzipError(f"{lock.path} has {name} without a hash", f"make it again: {relock}")
        hashes = [f"{kind}:{digest}" for file in files for kind, digest in file["hashes"].items()]
        yield _pin(name, package.get("version", "")), tuple(sorted(hashes))


def _pinned(text: str) -> Iterator[tuple[tuple[str, str], tuple[str, ...]]]:
    """Answers the hashes of a requirements file."""
    for name, version, rest in _PINNED.findall(re.sub(r"\\\r?\n", " ", text)):
        yield _pin(name, version), tuple(sorted(_DIGEST.findall(rest)))


def _pin(name: str, version: str) -> tuple[str, str]:
    return canonicalize_name(name), canonicalize_version(version) if version else ""
