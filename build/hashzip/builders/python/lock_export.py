"""Turn a lock into what uv is to install for one function. Build time.

A `uv.lock` is exported by uv itself, as `pylock.toml`: a requirements file does not say which
index a package is from.
"""

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from packaging.pylock import Package
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name, canonicalize_version

from hashzip.builders.build_plan import BuildPlan
from hashzip.builders.python import (
    distributions,
    locks,
    pylock,
    python_range,
    requirements_txt,
    stand_in,
    uv,
    uv_settings,
)
from hashzip.builders.python.locks import Kind, Lock
from hashzip.errors import HashzipError
from hashzip.project.targets import Target

_FIRST_OPTION = re.compile(r"\s--")
_COMMIT = "[0-9a-f]{40}|[0-9a-f]{64}"
_HASH = re.compile(r"--hash[= ](\w+:[0-9a-f]+)")

_FOLDER_OPTION = re.compile(
    r"(-f|--find-links|-i|--index-url|--extra-index-url)[ =]+(?!\w+:)(\S.*)"
)

Hashes = Mapping[tuple[str, str], tuple[str, ...]]


class Requirements(NamedTuple):
    """What uv is to install.

    Attributes:
        settings: uv's arguments that name its settings.
        arguments: uv's arguments for packages that hashes check; empty if there are none. Those of
            a `pylock.toml` and a `uv.lock` may be commits of repositories, too.
        unhashed: uv's arguments for the rest of a requirements file: commits of repositories.
        local: Folders of the project's own packages, relative to the project.
        hashes: The locked hashes, by name and version; by name and "" if no version is locked.
        excluded: The normalized names of packages that Lambda would get, and that the target
            leaves out. They are not installed, so that no file of theirs can win over another.
        release: The first release of the runtime's Python that the lock is for, such as `3.13.0`;
            "" if the lock is for any.
        sources: The repository and commit of each package that is from one, by normalized name.
    """

    settings: Sequence[str]
    arguments: Sequence[str]
    local: Sequence[str]
    hashes: Hashes
    excluded: frozenset[str] = frozenset()
    release: str = ""
    unhashed: Sequence[str] = ()
    sources: Mapping[str, str] = {}

    def source_of(self, name: str) -> str | None:
        """Return the repository and commit that a package is from, as `git+URL#COMMIT`."""
        return self.sources.get(canonicalize_name(name))

    def hashes_of(self, name: str, version: str) -> tuple[str, ...]:
        """Return the locked hashes of a package; a local one has none."""
        by_name = self.hashes.get(_pin(name, ""), ())
        return self.hashes.get(_pin(name, version), by_name)


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
    location = Path(plan.project.root, lock.path)
    text = location.read_text(encoding="utf-8-sig")
    uv_folder = Path(working_directory(plan, lock))
    settings_file = scratch / "uv.toml"
    if lock.kind is Kind.REQUIREMENTS:
        settings = uv_settings.write(settings_file, uv_folder)
        return _of_requirements(text, location, plan.target, scratch, settings)
    relock = locks.relock_command(lock, plan.target)
    document = pylock.parse(text, lock.path, relock)
    required = str(document.get("requires-python", ""))
    release = locks.check_python(required, lock.path, plan.target)
    own = uv_settings.own(uv_folder, document) if lock.kind is Kind.UV else {}
    settings = uv_settings.write(settings_file, uv_folder, own)
    if lock.kind is Kind.UV:
        here = sys.executable
        if not python_range.contains(required, sys.version_info[:3]):
            here = stand_in.make(scratch, release, lock.path)
        exported = _export(plan, lock, here, settings)
        document = pylock.parse(exported, lock.path, relock)
    packages = pylock.validate(document, lock.path, relock).packages
    wanted = [package.name for package in packages if pylock.is_wanted(package, plan.target)]
    excluded = _excluded(wanted, plan.target)
    packages = [package for package in packages if package.name not in excluded]
    _check_sources(packages, plan.target, lock)
    document = pylock.without_folders(document, location.parent, excluded)
    file = scratch / "pylock.toml"
    file.write_text(pylock.to_toml(document), encoding="utf-8")
    arguments = ["--preview-features", "pylock", "--requirements", str(file)]
    return Requirements(
        settings,
        arguments if document["packages"] else [],
        _local_folders(packages, plan.target, lock),
        {_pin(each.name, str(each.version or "")): pylock.hashes(each) for each in packages},
        excluded,
        release,
        sources={each.name: pylock.source(each.vcs) for each in packages if each.vcs},
    )


def working_directory(plan: BuildPlan, lock: Lock) -> str:
    """Return the folder to run uv in: the project's, or for a `uv.lock` that of its project."""
    folder = lock.path.rpartition("/")[0] if lock.kind is Kind.UV else ""
    return os.path.join(plan.project.root, folder) if folder else plan.project.root


def _of_requirements(
    text: str, location: Path, target: Target, scratch: Path, settings: Sequence[str]
) -> Requirements:
    """Return what uv is to install from a requirements file."""
    lines = list(_requirements(text))
    environment = pylock.environment(target)
    wanted = [
        requirement.name
        for requirement, _ in lines
        if requirement.marker is None or requirement.marker.evaluate(environment)
    ]
    excluded = _excluded(wanted, target)
    remaining = [(each, line) for each, line in lines if _name(each) not in excluded]
    matches = {line: requirements_txt.git_requirement(line) for _, line in remaining}
    git = {line: match for line, match in matches.items() if match}
    unhashed = scratch / "git.txt"
    if excluded or git:
        gone = {line for each, line in lines if _name(each) in excluded or line in git}
        kept = [
            _with_absolute_path(line, location.parent)
            for line in requirements_txt.logical_lines(text)
            if line not in gone
        ]
        location = scratch / "requirements.txt"
        location.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
        options = [line for line in kept if line.startswith("-")]
        text = "".join(f"{line}\n" for line in (*options, *git))
        unhashed.write_text(text, encoding="utf-8")
    arguments = ["--require-hashes", "--no-deps", "--requirements", str(location)]
    return Requirements(
        settings,
        arguments if not lines or len(remaining) > len(git) else [],
        [],
        dict(_hashes(lines)),
        excluded,
        unhashed=["--no-deps", "--requirements", str(unhashed)] if git else [],
        sources={
            canonicalize_name(match["name"]): pylock.git_source(
                match["repository"], match["commit"], match["folder"] or ""
            )
            for match in git.values()
        },
    )


def _excluded(names: Iterable[str], target: Target) -> frozenset[str]:
    return frozenset(distributions.excluded_names(names, target.options["exclude_packages"]))


def _with_absolute_path(line: str, folder: Path) -> str:
    """Have an option of a requirements file name a folder from anywhere."""
    option = _FOLDER_OPTION.match(line)
    return f"{option[1]} {os.path.join(folder, option[2])}" if option else line


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
        if package.vcs is None or not pylock.is_wanted(package, target):
            continue
        if not target.options["build_sdists"]:
            raise requirements_txt.building_refused(lock.path, package.name, target)
        if package.vcs.type != "git" or not re.fullmatch(_COMMIT, package.vcs.commit_id):
            raise HashzipError(
                f"{lock.path} has {package.name} from {package.vcs.type} at "
                f'"{package.vcs.commit_id}", which is not the full commit of a git repository',
                f"lock again: {relock}",
            )


def _local_folders(packages: Sequence[Package], target: Target, lock: Lock) -> list[str]:
    """Return the project's own packages to install, relative to the project."""
    folder = lock.path.rpartition("/")[0]
    wanted = {
        os.path.normpath(os.path.join(folder, package.directory.path)).replace(os.sep, "/")
        for package in packages
        if package.directory and pylock.is_wanted(package, target)
    }
    return sorted(wanted.intersection(lock.folders))


def _requirements(text: str) -> Iterator[tuple[Requirement, str]]:
    """Yield each requirement in a requirements file, and its line."""
    for line in requirements_txt.logical_lines(text):
        try:
            yield Requirement(_FIRST_OPTION.split(line)[0]), line
        except InvalidRequirement:
            continue  # an option, a path, or an error that uv reports


def _hashes(
    requirements: Iterable[tuple[Requirement, str]],
) -> Iterator[tuple[tuple[str, str], tuple[str, ...]]]:
    """Yield the hashes of each package in a requirements file."""
    for requirement, line in requirements:
        pins = [each.version for each in requirement.specifier if each.operator == "=="]
        version = pins[0] if pins else ""
        yield _pin(requirement.name, version), tuple(sorted(_HASH.findall(line)))


def _name(requirement: Requirement) -> str:
    return canonicalize_name(requirement.name)


def _pin(name: str, version: str) -> tuple[str, str]:
    return canonicalize_name(name), canonicalize_version(version) if version else ""
