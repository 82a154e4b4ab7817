"""Turn a lock into what uv is to install for one function. Build time.

A `uv.lock` is exported by uv itself, as `pylock.toml`: a requirements file does not say which
index a package is from.
"""

import os
import re
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from packaging.pylock import Package

from hashzip.builders.build_plan import BuildPlan
from hashzip.builders.python import (
    distributions,
    locks,
    pylock,
    python_range,
    requirements_export,
    requirements_txt,
    stand_in,
    uv,
    uv_settings,
)
from hashzip.builders.python.locks import Kind, Lock
from hashzip.builders.python.pylock import Document
from hashzip.builders.python.requirements import Requirements, pin
from hashzip.errors import HashzipError
from hashzip.project import files, schema
from hashzip.project.targets import Target

_COMMIT = "[0-9a-f]{40}|[0-9a-f]{64}"


def export(plan: BuildPlan, lock: Lock, scratch: Path) -> Requirements:
    """Return what uv is to install.

    Args:
        plan: The plan of the function or layer.
        lock: Its lock.
        scratch: A folder for the files that uv is to read.

    Raises:
        HashzipError: The lock is stale, damaged or for another Python, or no hash checks one of
            its packages.
    """
    text = files.read_text(plan.project.root, lock.path)
    own: Mapping[str, Any] = {}
    if lock.kind is Kind.REQUIREMENTS:
        requirements = requirements_export.export(plan, lock, text, scratch)
    else:
        relock = locks.relock_command(lock, plan.target)
        document = pylock.parse(text, lock.path, relock)
        if lock.kind is Kind.UV:
            folder = Path(working_directory(plan, lock))
            with schema.reported(f"{lock.path} is not valid", f"lock again: {relock}"):
                own = uv_settings.own(folder, document, plan.project.root)
        requirements = _of_pylock(plan, lock, document, own, scratch)
    built = [name for name in requirements.wanted if name and plan.target.options["build_sdists"]]
    return requirements._replace(settings=_settings(plan, lock, scratch, own, built))


def working_directory(plan: BuildPlan, lock: Lock) -> str:
    """Return the folder to run uv in: the project's, or for a `uv.lock` that of its project."""
    folder = lock.path.rpartition("/")[0] if lock.kind is Kind.UV else ""
    return os.path.join(plan.project.root, folder) if folder else plan.project.root


def _of_pylock(
    plan: BuildPlan, lock: Lock, document: Document, own: Mapping[str, Any], scratch: Path
) -> Requirements:
    """Return what uv is to install from a lock in TOML, which uv exports if it is a `uv.lock`."""
    target = plan.target
    relock = locks.relock_command(lock, target)
    required = str(document.get("requires-python", ""))
    release = locks.check_python(required, lock.path, target)
    if lock.kind is Kind.UV:
        here = sys.executable
        if not python_range.contains(required, sys.version_info[:3]):
            here = stand_in.make(scratch, release, lock.path)
        exported = _export(plan, lock, here, _settings(plan, lock, scratch, own))
        # Earlier versions of uv write no list where there are no packages.
        document = {"packages": [], **pylock.parse(exported, lock.path, relock)}
    validated = pylock.validate(document, lock.path, relock)
    wanted = pylock.wanted(validated, target, release, lock.path, relock)
    excluded = distributions.excluded(
        (package.name for package in wanted), target.options["exclude_packages"]
    )
    wanted = [package for package in wanted if package.name not in excluded]
    _check_sources(wanted, target, lock)
    folder = Path(plan.project.root, lock.path).parent
    document = pylock.without_folders(document, folder, excluded)
    file = scratch / "pylock.toml"
    file.write_text(pylock.to_toml(document), encoding="utf-8")
    arguments = ["--preview-features", "pylock", "--requirements", str(file)]
    versions: dict[str, str] = {each.name: str(each.version or "") for each in wanted}
    return Requirements(
        arguments=arguments if document["packages"] else [],
        wanted=versions,
        hashes={pin(each.name, versions[each.name]): pylock.hashes(each) for each in wanted},
        local=_local_folders(wanted, lock),
        excluded=excluded,
        release=release,
        sources={each.name: pylock.source(each.vcs) for each in wanted if each.vcs},
    )


def _settings(
    plan: BuildPlan,
    lock: Lock,
    scratch: Path,
    own: Mapping[str, Any],
    built: Collection[str] = (),
) -> list[str]:
    folder = Path(working_directory(plan, lock))
    with schema.reported(f"the settings of uv for {lock.path} are wrong", "correct [tool.uv]"):
        return uv_settings.write(scratch / "uv.toml", folder, own, built, plan.project.root)


def _export(plan: BuildPlan, lock: Lock, interpreter: str, settings: Sequence[str]) -> str:
    """Have uv check that a `uv.lock` is up to date, and export what a function needs of it.

    Args:
        plan: The plan of the function or layer.
        lock: Its lock.
        interpreter: A Python that the project supports: uv requires one even to read the lock.
        settings: uv's arguments that name its settings.
    """
    target = plan.target
    arguments = [
        *("export", "--locked", "--no-default-groups", "--no-header"),
        *(() if target.options["install_project"] else ("--no-emit-project",)),
        *("--format", "pylock.toml", "--no-python-downloads", "--python", interpreter, *settings),
        *(word for extra in target.options["extras"] for word in ("--extra", extra)),
        *(word for group in target.options["groups"] for word in ("--group", group)),
        *(("--package", target.options["package"]) if target.options["package"] else ()),
    ]
    relock = locks.relock_command(lock, target)
    return uv.run(arguments, working_directory(plan, lock), f"read {lock.path}", relock)


def _check_sources(packages: Sequence[Package], target: Target, lock: Lock) -> None:
    """Check that each package has a hash or a commit, or is a folder whose files are inputs."""
    relock = locks.relock_command(lock, target)
    for package in packages:
        if package.directory and lock.kind is Kind.PYLOCK:
            raise HashzipError(
                f"{lock.path} has {package.name} from a folder, whose files are not inputs",
                f"replace it by a release or a wheel, and lock again: {relock}",
            )
        if package.vcs is None:
            continue
        if not target.options["build_sdists"]:
            raise requirements_txt.building_refused(lock.path, package.name, target)
        if package.vcs.type != "git" or not re.fullmatch(_COMMIT, package.vcs.commit_id):
            raise HashzipError(
                f"{lock.path} has {package.name} from {package.vcs.type} at "
                f'"{package.vcs.commit_id}", which is not the full commit of a git repository',
                f"lock again: {relock}",
            )


def _local_folders(packages: Sequence[Package], lock: Lock) -> list[str]:
    """Return the project's own packages to install, relative to the project."""
    folder = lock.path.rpartition("/")[0]
    wanted = {
        os.path.normpath(os.path.join(folder, package.directory.path)).replace(os.sep, "/")
        for package in packages
        if package.directory
    }
    unseen = wanted.difference(lock.folders)
    if unseen:
        raise HashzipError(
            f"uv would install {min(unseen)} from {lock.path}, which is not in the plan",
            "lock again with the uv that hashzip comes with, so that the lock is written as it "
            "writes it",
        )
    return sorted(wanted)
