"""Install locked packages with uv, for the runtime and architecture that a function runs on.

Build time. https://docs.astral.sh/uv/guides/integration/aws-lambda/
"""

import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.util import source_from_cache
from pathlib import Path

from hashzip.artifacts.manifest import Package
from hashzip.builders import elf, python
from hashzip.builders.build_plan import BuildPlan
from hashzip.builders.python import (
    bytecode,
    distributions,
    install_checks,
    lock_export,
    locks,
    missing,
    newer_glibc,
    pylock,
    strip,
    uv,
    uv_environment,
)
from hashzip.builders.python.locks import Kind, Lock
from hashzip.builders.python.record import Distribution
from hashzip.builders.python.requirements import Requirements
from hashzip.builders.python.tree import NO_PACKAGE, Missing, Tree, TreeFile
from hashzip.errors import HashzipError, read_error
from hashzip.inputs import paths, read, walk
from hashzip.inputs.files import BY_PATH, SourceFile
from hashzip.project.targets import Target
from hashzip.system import phases

_GENERATOR = re.compile(r"^Generator: .*\n", re.MULTILINE)
_MACHINE_TAG = re.compile(r"^Tag: .*-(?!any$|manylinux|musllinux)(\w+)$", re.MULTILINE)


def install(plan: BuildPlan, lock: Lock, folder: Path) -> Tree:
    """Install the requirements of a function or layer into an empty folder.

    Args:
        plan: The plan of the function or layer.
        lock: Its locked requirements.
        folder: The folder; its parent is for temporary files.

    Raises:
        HashzipError: uv failed: a stale lock, a wrong hash, no wheel, no network. Or the installed
            packages cannot be packed.
    """
    target = plan.target
    scratch = folder.parent / "scratch"
    scratch.mkdir()
    with phases.phase(f"reading {lock.path}"):
        requirements = lock_export.export(plan, lock, scratch)
    packages = phases.count(sum(map(bool, requirements.wanted)), "package")
    with phases.phase(f"installing {packages}"):
        from_index = _install_all(plan, lock, folder, requirements, scratch)
    plan.check_unchanged()
    installed = distributions.read(folder)
    install_checks.check_wanted(installed, requirements.wanted, lock.path, target)
    absent = {each.name for each in _missing(installed, target, requirements)}
    # First, because what is left out cannot conflict.
    installed = distributions.exclude(
        folder, installed, target.options["exclude_packages"], requirements.excluded | absent
    )
    distributions.check_no_conflicts(folder, installed)
    installed = [
        _without_builder(folder, distribution)
        if target.options["build_sdists"] or distribution.info not in from_index
        else distribution
        for distribution in installed
    ]
    relock = locks.relock_command(lock, target)
    install_checks.check_tags(folder, installed, target, relock)
    return _finish(plan, folder, distributions.tidy(folder, installed), requirements)


def _install_all(
    plan: BuildPlan, lock: Lock, folder: Path, requirements: Requirements, scratch: Path
) -> set[str]:
    """Have uv install all packages; return the names of the metadata of those from an index."""
    target = plan.target
    if requirements.arguments:
        only_wheels = () if target.options["build_sdists"] else ("--only-binary", ":all:")
        arguments = [*only_wheels, *requirements.arguments]
        newest = newer_glibc.glibc(target)
        try:
            _pip_install(plan, lock, folder, arguments, requirements)
        except HashzipError as error:
            if newest is None or uv.NO_WHEEL not in error.message:
                raise
            _install_newer(plan, lock, folder, arguments, requirements, newest)
    from_index = {path.name for path in folder.glob("*.dist-info")}
    if requirements.unhashed:
        _pip_install(plan, lock, folder, requirements.unhashed, requirements)
    if requirements.local:
        copies = _copies(plan, lock, requirements.local, scratch)
        # The lock says where their dependencies are from, and a copy is in no workspace.
        arguments = ["--no-deps", "--no-sources", *copies]
        variables = target.options["build_env"]
        _pip_install(plan, lock, folder, arguments, requirements, variables)
    return from_index


def _finish(
    plan: BuildPlan, folder: Path, installed: Sequence[Distribution], requirements: Requirements
) -> Tree:
    """Check, strip and compile the installed files, and list them."""
    target = plan.target
    owners = distributions.owners(installed)
    files = _scan(folder)
    elf.check_architecture(files, target.architecture, owners)
    tools = {}
    if target.options["strip"]:
        tools["strip"] = strip.strip(files, target.architecture)
        installed = distributions.tidy(folder, [_without_hashes(each) for each in installed])
    numbers = {str(distribution): number for number, distribution in enumerate(installed)}
    numbered = {path: numbers[owner] for path, owner in owners.items()}
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
            numbered[module.path] = numbered.get(source_from_cache(module.path), NO_PACKAGE)
        files += compiled.files
    files.sort(key=BY_PATH)
    return Tree(
        folder,
        [TreeFile(entry, numbered.get(entry.path, NO_PACKAGE)) for entry in read.read(files)],
        [
            Package(
                each.name,
                each.version,
                requirements.hashes_of(each.name, each.version),
                requirements.source_of(each.name),
            )
            for each in installed
        ],
        {name: version for name, version in tools.items() if version},
        tuple(_missing(installed, target, requirements)),
    )


def _missing(
    installed: Iterable[Distribution], target: Target, requirements: Requirements
) -> list[Missing]:
    environment = pylock.environment(target, requirements.release)
    return missing.find(installed, requirements.extras, environment)


def _install_newer(
    plan: BuildPlan,
    lock: Lock,
    folder: Path,
    arguments: Sequence[str],
    requirements: Requirements,
    newest: int,
) -> None:
    """Install for a newer C library than uv's platform has, as far as Lambda's goes."""
    file = Path(arguments[-1])
    if lock.kind is not Kind.REQUIREMENTS:
        newer_glibc.without_newer_wheels(file, newest)
    _pip_install(plan, lock, folder, arguments, requirements, glibc=newer_glibc.PLATFORM)
    newer_glibc.check(folder, distributions.read(folder), plan.target, newest)


def _pip_install(
    plan: BuildPlan,
    lock: Lock,
    folder: Path,
    arguments: Sequence[str],
    requirements: Requirements,
    variables: Mapping[str, str] | None = None,
    *,
    glibc: str = "",
) -> None:
    target = plan.target
    version = requirements.release.removesuffix(".0") or python.version(target)
    uv.run(
        [
            *("pip", "install", "--no-progress", "--color", "never"),
            *("--python", sys.executable, "--python-version", version),
            *("--python-platform", python.platform(target, glibc), "--target", str(folder)),
            *("--no-compile-bytecode", "--no-installer-metadata"),
            *requirements.settings,
            *arguments,
        ],
        lock_export.working_directory(plan, lock),
        f"install {lock.path} for {target.name} ({target.runtime}, {target.architecture})",
        locks.relock_command(lock, target),
        {**uv_environment.named(os.environ, requirements.variables), **(variables or {})},
    )


def _copies(plan: BuildPlan, lock: Lock, local: Sequence[str], scratch: Path) -> Iterator[str]:
    """Copy the inputs of the project's own packages, and yield the folders of the copies.

    So a build backend writes nothing among the sources, and sees no file that is not an input. Each
    package has a copy of its own, in which all files are where they are in the project.
    """
    listings = dict(zip(lock.folders, plan.folders, strict=True))
    for number, path in enumerate(local):
        root = scratch / str(number)
        folder = Path(path)
        for file in paths.name_files([listings[path]]):
            _copy(file.location, root / folder / file.path)
        for beside in lock.beside.get(path, ()):
            _copy(os.fsencode(os.path.join(plan.project.root, beside)), root / beside)
        yield str(root / folder)


def _copy(location: bytes, copied: Path) -> None:
    copied.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copyfile(location, copied)
    except FileNotFoundError as error:
        raise read_error(location, error) from error


def _without_builder(folder: Path, distribution: Distribution) -> Distribution:
    """Check a package that may have been built here, and remove the builder's version from it.

    Raises:
        HashzipError: It has compiled code, which is for this machine.
    """
    wheel = folder / distribution.info / "WHEEL"
    text = wheel.read_text(encoding="utf-8")
    machine = _MACHINE_TAG.search(text)
    if machine:
        raise HashzipError(
            f"{distribution} has no wheel and was built here, for {machine[1]}: its compiled code "
            "may not run in Lambda",
            "lock a version that has a wheel, or build one in Lambda's own image and lock that",
        )
    wheel.unlink()  # it may be a hard link into uv's cache
    # The build backend's version, which is not locked.
    wheel.write_text(_GENERATOR.sub("", text), encoding="utf-8", newline="\n")
    files = {**distribution.files, f"{distribution.info}/WHEEL": ""}
    return replace(distribution, files=files)


def _without_hashes(distribution: Distribution) -> Distribution:
    """Have `RECORD` hash the files that are there now."""
    return replace(distribution, files=dict.fromkeys(distribution.files, ""))


def _scan(folder: Path) -> list[SourceFile]:
    return paths.name_files([walk.walk(str(folder.resolve()), ".", are_sources=False)])
