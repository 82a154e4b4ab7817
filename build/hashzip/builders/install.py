"""Installs locked packages for the runtime and architecture that a function runs on, by uv.

Build time. https://docs.astral.sh/uv/guides/integration/aws-lambda/
"""

import re
import shutil
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.util import source_from_cache
from pathlib import Path
from platform import python_version
from typing import NamedTuple

from packaging.specifiers import SpecifierSet

from hashzip import inputs, sources
from hashzip.builders import bytecode, elf, installed, locks, python, strip, trees, uv
from hashzip.builders.locks import Kind, Lock
from hashzip.builders.record import Distribution
from hashzip.builders.trees import Tree, TreeFile
from hashzip.errors import HashzipError
from hashzip.fingerprint import BY_PATH
from hashzip.manifest import Package
from hashzip.names import SourceFile
from hashzip.planning import Blueprint

_REQUIRES_PYTHON = re.compile(r'^requires-python = "(.*)"$', re.MULTILINE)
_PINNED = re.compile(r"^([A-Za-z0-9][\w.-]*)\s*==\s*([\w.!+-]+)(.*)", re.MULTILINE)
_DIGEST = re.compile(r"--hash[= ](\w+:[0-9a-f]+)")
_GENERATOR = re.compile(r"^Generator: .*\n", re.MULTILINE)
_TAG = re.compile(r"^Tag: .*-(?!any$|manylinux|musllinux)(\w+)$", re.MULTILINE)

_Hashes = Mapping[str, tuple[str, ...]]


class _Requirements(NamedTuple):
    """What uv is to install.

    Attributes:
        words: For its command line.
        hashes: Those of the lock, by `name==version`.
    """

    words: Sequence[str]
    hashes: _Hashes


def tree(blueprint: Blueprint, *, fresh: bool = False) -> Tree:
    """Answers what is installed for a function or layer that has requirements.

    Args:
        blueprint: Of the function or layer.
        fresh: Whether to install it even where it is installed.

    Raises:
        HashzipError: uv refused: a stale lock, a wrong hash, no wheel, no network. Or what it
            installed cannot be packed.
    """
    return trees.find(blueprint.tree_key, lambda folder: _install(blueprint, folder), fresh=fresh)


def _install(blueprint: Blueprint, folder: Path) -> Tree:
    """Fills an empty folder. Beside it there is room for what is needed on the way."""
    target, lock = blueprint.target, blueprint.lock
    assert lock is not None  # noqa: S101 - whoever has no lock has no tree
    scratch = folder.parent / "scratch"
    scratch.mkdir()
    requirements = _requirements(blueprint, lock, scratch)
    _pip_install(blueprint, lock, folder, requirements.words)
    from_index = {path.name for path in folder.glob("*.dist-info")}
    local = [*_copies(blueprint, scratch), *(f"./{path}" for path in lock.archives)]
    if local:
        _pip_install(blueprint, lock, folder, ["--no-deps", *local])
    if inputs.read(blueprint.locked) != blueprint.inputs[: len(blueprint.locked)]:
        raise HashzipError(f"{lock.path} changed while the package was built", "build again")
    found = installed.read(folder)
    installed.refuse_conflicts(folder, found)
    built_here = [one for one in found if target.build_sdists or one.info not in from_index]
    for distribution in built_here:
        _make_portable(folder, distribution)
    found = installed.exclude(folder, installed.tidy(folder, found), target.exclude_packages)
    return _finish(blueprint, folder, found, requirements.hashes)


def _finish(
    blueprint: Blueprint, folder: Path, found: Sequence[Distribution], hashes: _Hashes
) -> Tree:
    """Checks, strips and compiles what is installed, and lists it."""
    target = blueprint.target
    owners = installed.owners(found)
    files = _scan(folder)
    elf.refuse_foreign(files, target.architecture, owners)
    tools = {}
    if target.strip:
        tools["strip"] = strip.strip(files, target.architecture)
        found = [_without_hashes(one) for one in found]
    if target.strip or target.exclude_packages:
        found = installed.tidy(folder, found)
    numbers = {str(one): number for number, one in enumerate(found)}
    owned = {path: numbers[owner] for path, owner in owners.items()}
    if target.bytecode:
        compiled = bytecode.compile_all(
            files, folder, version=python.version(target), uv=uv.program(), prefix=target.home
        )
        tools["bytecode"] = f"CPython {compiled.version}" if compiled.version else ""
        for module in compiled.files:
            owned[module.path] = owned.get(source_from_cache(module.path), -1)
        files += compiled.files
    files.sort(key=BY_PATH)
    return Tree(
        folder,
        [TreeFile(read, owned.get(read.path, -1)) for read in inputs.read(files)],
        [Package(one.name, one.version, hashes.get(_pin(one), ())) for one in found],
        {name: version for name, version in tools.items() if version},
    )


def _requirements(blueprint: Blueprint, lock: Lock, scratch: Path) -> _Requirements:
    """Writes what uv is to install in a form that it takes for any Python and platform."""
    root = blueprint.project.root
    text = Path(root, lock.path).read_text(encoding="utf-8")
    if lock.kind is Kind.REQUIREMENTS:
        return _Requirements(
            ["--require-hashes", "--no-deps", "--requirements", lock.path], _pinned(text)
        )
    _refuse_other_python(blueprint, lock, text)
    if lock.kind is Kind.PYLOCK:
        # uv compares the line with the Python that runs it, and not with that of the function.
        path = scratch / "pylock.toml"
        path.write_text(_REQUIRES_PYTHON.sub("", text), encoding="utf-8")
        words = ["--preview-features", "pylock", "--requirements", str(path)]
        return _Requirements(words, _pylock_hashes(text))
    path = scratch / "requirements.txt"
    text = _export(blueprint, lock, text)
    path.write_text(text, encoding="utf-8")
    return _Requirements(
        ["--require-hashes", "--no-deps", "--requirements", str(path)], _pinned(text)
    )


def _export(blueprint: Blueprint, lock: Lock, text: str) -> str:
    """Has uv check that a `uv.lock` is not stale, and answer what it has for a function."""
    target = blueprint.target
    required = _REQUIRES_PYTHON.search(text)
    # uv wants a Python that the project runs on, be it only to look at the lock.
    fits = required is None or SpecifierSet(required[1]).contains(python_version())
    folder = lock.path.rpartition("/")[0] or "."
    words = [
        *("export", "--locked", "--project", folder, "--no-default-groups", "--no-emit-local"),
        *("--no-header", "--no-annotate", "--format", "requirements.txt"),
        *("--python", sys.executable if fits else python.version(target)),
        *(word for extra in target.extras for word in ("--extra", extra)),
        *(word for group in target.groups for word in ("--group", group)),
        *(("--package", target.package) if target.package else ()),
    ]
    return uv.run(words, blueprint.project.root, f"read {lock.path}", locks.relock(lock, target))


def _pip_install(blueprint: Blueprint, lock: Lock, folder: Path, words: Sequence[str]) -> None:
    target = blueprint.target
    uv.run(
        [
            *("pip", "install", "--no-progress", "--color", "never"),
            *("--python", sys.executable, "--python-version", python.version(target)),
            *("--python-platform", python.platform(target), "--target", str(folder)),
            *("--no-compile-bytecode", "--no-installer-metadata"),
            *(() if target.build_sdists or words[0] == "--no-deps" else ("--only-binary", ":all:")),
            *words,
        ],
        blueprint.project.root,  # where a user's uv.toml, with their index, stands
        f"install {lock.path} for {target.name} ({target.runtime}, {target.architecture})",
        locks.relock(lock, target),
    )


def _refuse_other_python(blueprint: Blueprint, lock: Lock, text: str) -> None:
    required = _REQUIRES_PYTHON.search(text)
    version = python.version(blueprint.target)
    # Any patch release of it will do.
    candidates = [f"{version}.{patch}" for patch in (0, 99)]
    if required and not any(SpecifierSet(required[1]).contains(one) for one in candidates):
        raise HashzipError(
            f"{lock.path} is locked for Python {required[1]}, and {blueprint.target.where} has "
            f'runtime "{blueprint.target.runtime}"',
            f"set another runtime, or lock it again: {locks.relock(lock, blueprint.target)}",
        )


def _copies(blueprint: Blueprint, scratch: Path) -> list[str]:
    """Copies the project's own packages, so that a build leaves nothing among the sources.

    It is also a proof: what is not an input of the fingerprint is not there.
    """
    copies = []
    for number, listing in enumerate(blueprint.folders):
        copy = scratch / f"{number}-{Path(listing.folder.decode()).name}"
        for file in sources.name([listing]):
            path = copy / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file.location, path)
        copies.append(str(copy))
    return copies


def _make_portable(folder: Path, distribution: Distribution) -> None:
    """Checks and mends a package that was built here.

    Raises:
        HashzipError: It has compiled code, for this very machine.
    """
    wheel = folder / distribution.info / "WHEEL"
    text = wheel.read_text(encoding="utf-8")
    machine = _TAG.search(text)
    if machine:
        raise HashzipError(
            f"{distribution} has no wheel, and was built here, for {machine[1]}: it has compiled "
            "code, which may not run in Lambda",
            "lock a version that has a wheel, or build one in Lambda's own image and lock that",
        )
    wheel.unlink()  # it may be a hard link into uv's cache
    # The version of what built it, which nobody locked.
    wheel.write_text(_GENERATOR.sub("", text), encoding="utf-8", newline="\n")


def _without_hashes(distribution: Distribution) -> Distribution:
    """Has `RECORD` written by what is there now."""
    return replace(distribution, files=dict.fromkeys(distribution.files, ""))


def _scan(folder: Path) -> list[SourceFile]:
    return sources.name([sources.walk(str(folder.resolve()), ".")])


def _pin(distribution: Distribution) -> str:
    return f"{installed.normalized(distribution.name)}=={distribution.version}"


def _pinned(text: str) -> _Hashes:
    """Answers the hashes of a requirements file."""
    found = _PINNED.findall(re.sub(r"\\\r?\n", " ", text))
    return {
        f"{installed.normalized(name)}=={version}": tuple(sorted(_DIGEST.findall(rest)))
        for name, version, rest in found
    }


def _pylock_hashes(text: str) -> _Hashes:
    """Answers the hashes of a `pylock.toml`: https://peps.python.org/pep-0751/#packages-wheels."""
    found = {}
    for package in tomllib.loads(text)["packages"]:
        files = [
            *package.get("wheels", ()),
            *(package[k] for k in ("sdist", "archive") if k in package),
        ]
        hashes = (f"{name}:{digest}" for file in files for name, digest in file["hashes"].items())
        name = installed.normalized(package["name"])
        found[f"{name}=={package.get('version')}"] = tuple(sorted(hashes))
    return found
