"""Installs locked packages for the runtime and architecture that a function runs on, by uv.

Build time. https://docs.astral.sh/uv/guides/integration/aws-lambda/
"""

import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.util import source_from_cache
from pathlib import Path

from hashzip.artifacts.manifest import Package
from hashzip.builders import elf, python
from hashzip.builders.build_plan import BuildPlan
from hashzip.builders.python import bytecode, distributions, lock_export, locks, strip, uv
from hashzip.builders.python.lock_export import Requirements
from hashzip.builders.python.locks import Lock
from hashzip.builders.python.record import Distribution
from hashzip.builders.python.tree import NO_PACKAGE, Tree, TreeFile
from hashzip.errors import HashzipError, read_error
from hashzip.inputs import read, walk
from hashzip.inputs.files import BY_PATH, SourceFile

_GENERATOR = re.compile(r"^Generator: .*\n", re.MULTILINE)
_TAG = re.compile(r"^Tag: .*-(?!any$|manylinux|musllinux)(\w+)$", re.MULTILINE)


def install(plan: BuildPlan, folder: Path) -> Tree:
    """Fills an empty folder with what a function or layer requires.

    Args:
        plan: Of the function or layer; it has requirements.
        folder: The folder. Beside it there is room for what is needed on the way.

    Raises:
        HashzipError: uv refused: a stale lock, a wrong hash, no wheel, no network. Or what it
            installed cannot be packed.
    """
    target, lock = plan.target, python.lock_of(plan)
    assert lock is not None  # noqa: S101 - whoever has no lock has no tree
    scratch = folder.parent / "scratch"
    scratch.mkdir()
    wanted = lock_export.read(plan, lock, scratch)
    if wanted.words:
        only_wheels = () if target.options["build_sdists"] else ("--only-binary", ":all:")
        _pip_install(plan, lock, folder, [*only_wheels, *wanted.words])
    from_index = {path.name for path in folder.glob("*.dist-info")}
    if wanted.local:
        copies = _copies(plan, lock, wanted.local, scratch)
        # Where the others are is for the lock to say, and a copy is in no workspace.
        _pip_install(plan, lock, folder, ["--no-deps", "--no-sources", *copies])
    plan.check_unchanged()
    found = distributions.read(folder)
    distributions.refuse_conflicts(folder, found)
    found = [
        _portable(folder, one)
        if target.options["build_sdists"] or one.info not in from_index
        else one
        for one in found
    ]
    found = distributions.exclude(
        folder, distributions.tidy(folder, found), target.options["exclude_packages"]
    )
    return _finish(plan, folder, found, wanted)


def _finish(
    plan: BuildPlan, folder: Path, found: Sequence[Distribution], wanted: Requirements
) -> Tree:
    """Checks, strips and compiles what is installed, and lists it."""
    target = plan.target
    owners = distributions.owners(found)
    files = _scan(folder)
    elf.check_architecture(files, target.architecture, owners)
    tools = {}
    if target.options["strip"]:
        tools["strip"] = strip.strip(files, target.architecture)
        found = [_without_hashes(one) for one in found]
    if target.options["strip"] or target.options["exclude_packages"]:
        found = distributions.tidy(folder, found)
    numbers = {str(one): number for number, one in enumerate(found)}
    owned = {path: numbers[owner] for path, owner in owners.items()}
    if target.options["bytecode"]:
        compiled = bytecode.compile_all(
            files,
            folder,
            version=python.version(target),
            uv=uv.program(),
            prefix=target.lambda_root,
        )
        tools["bytecode"] = f"CPython {compiled.version}" if compiled.version else ""
        for module in compiled.files:
            owned[module.path] = owned.get(source_from_cache(module.path), NO_PACKAGE)
        files += compiled.files
    files.sort(key=BY_PATH)
    return Tree(
        folder,
        [TreeFile(entry, owned.get(entry.path, NO_PACKAGE)) for entry in read.read(files)],
        [Package(one.name, one.version, wanted.hashes_of(one.name, one.version)) for one in found],
        {name: version for name, version in tools.items() if version},
    )


def _pip_install(plan: BuildPlan, lock: Lock, folder: Path, words: Sequence[str]) -> None:
    target = plan.target
    uv.run(
        [
            *("pip", "install", "--no-progress", "--color", "never"),
            *("--python", sys.executable, "--python-version", python.version(target)),
            *("--python-platform", python.platform(target), "--target", str(folder)),
            *("--no-compile-bytecode", "--no-installer-metadata"),
            *words,
        ],
        lock_export.home(plan, lock),
        f"install {lock.path} for {target.name} ({target.runtime}, {target.architecture})",
        locks.relock(lock, target),
    )


def _copies(plan: BuildPlan, lock: Lock, local: Sequence[str], scratch: Path) -> Iterator[str]:
    """Copies packages of the project's own, so that a build leaves nothing among the sources.

    It is also a proof: what is not an input of the fingerprint is not there.
    """
    listings = dict(zip(lock.folders, plan.folders, strict=True))
    for number, place in enumerate(local):
        copy = scratch / f"{number}-{Path(place).name}"
        for file in walk.name([listings[place]]):
            path = copy / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copyfile(file.location, path)
            except FileNotFoundError as error:
                raise read_error(file.location, error) from error
        yield str(copy)


def _portable(folder: Path, distribution: Distribution) -> Distribution:
    """Checks and mends a package that may have been built here, and answers what it is then.

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
    files = {**distribution.files, f"{distribution.info}/WHEEL": ""}
    return replace(distribution, files=files)


def _without_hashes(distribution: Distribution) -> Distribution:
    """Has `RECORD` written by what is there now."""
    return replace(distribution, files=dict.fromkeys(distribution.files, ""))


def _scan(folder: Path) -> list[SourceFile]:
    return walk.name([walk.walk(str(folder.resolve()), ".")])
