"""Locked requirements: which files lock them, and which folders of the project they install.

Plan time; standard library only. It reads what a lock says and resolves nothing: uv does.
"""

import os
import re
from collections.abc import Mapping, Sequence
from enum import Enum
from itertools import chain
from typing import NamedTuple

from hashzip.builders.python import requirements_txt
from hashzip.builders.python.requirements_txt import RequirementsTxt
from hashzip.errors import HashzipError, read_error
from hashzip.inputs.files import SourceFile
from hashzip.project import files
from hashzip.project.config import Project
from hashzip.project.targets import Target

_PYLOCK = r"pylock(\..+)?\.toml"  # https://peps.python.org/pep-0751/#file-name


class Kind(Enum):
    """The format of a lock."""

    REQUIREMENTS = "requirements.txt with hashes"
    PYLOCK = "pylock.toml"
    UV = "uv.lock"


class Lock(NamedTuple):
    """The locked requirements of a function or layer.

    Attributes:
        kind: The format.
        path: The lock, relative to the project.
        files: The lock, each `pyproject.toml` that it must agree with, the wheels and sdists in
            the project that it names, and all files in `beside`.
        folders: The project's own packages that it installs, relative to the project.
        beside: The files that such a package has outside its folder, by the folder.
    """

    kind: Kind
    path: str
    files: list[SourceFile]
    folders: list[str]
    beside: Mapping[str, Sequence[str]] = {}


def find(project: Project, target: Target) -> Lock | None:
    """Find the locked requirements of a function or layer.

    Raises:
        HashzipError: The lock is missing, has a format that hashzip does not install, does not
            lock everything, or lacks what the target asks for.
    """
    path = target.options["requirements"]
    if path is None:
        _check_no_options(target, "but no requirements")
        return None
    kind = _kind(target, path)
    text = _read(project, target, path)
    if kind is Kind.UV:
        return _uv(project, target, path, text)
    _check_no_options(target, "which only a uv.lock supports")
    relock = _lock_command(path, target)
    if kind is Kind.PYLOCK:
        from hashzip.builders.python import pylock_sources

        check_python(pylock_sources.check(text, path, target, relock), path, target)
    else:
        parse_requirements(text, path, target)
    return Lock(kind, path, [_file(project, path)], [])


def parse_requirements(text: str, path: str, target: Target) -> RequirementsTxt:
    """Read a requirements file.

    Raises:
        HashzipError: As for `requirements_txt.parse`.
    """
    return requirements_txt.parse(
        text, path, target, lambda lock, source: _lock_command(lock, target, source)
    )


def relock_command(lock: Lock, target: Target) -> str:
    """Return the command that makes a lock again."""
    return _lock_command(lock.path, target)


def first_lock(path: str, target: Target) -> tuple[list[str], str] | None:
    """Return the words of the command that locks a list of packages with uv, and the lock.

    Args:
        path: The list, relative to the project, which is the folder that the command runs in.
        target: The function or layer.

    Returns:
        The words after `uv`, and the lock; None if the list is a lock, or another program's.
    """
    folder, _, name = path.rpartition("/")
    if name == "pyproject.toml":
        return ["lock", "--project", folder or "."], f"{folder}/uv.lock".lstrip("/")
    if name.endswith(".lock") or re.fullmatch(_PYLOCK, name):
        return None
    lock, source = requirements_txt.lock_names(path)
    version = target.runtime.removeprefix("python")
    options = ["--universal", "--generate-hashes", "--python-version", version]
    return ["pip", "compile", *options, source, "-o", lock], lock


def check_python(required: str, path: str, target: Target) -> str:
    """Check that a lock is for a function's Python.

    Args:
        required: The lock's `requires-python`, or "".
        path: The lock, for errors.
        target: The function or layer.

    Returns:
        The first patch release of the runtime's Python that the lock is for, such as `3.13.0`.
        Any will do: all wheels for 3.13 run on each of them.

    Raises:
        HashzipError: It is for another Python.
    """
    relock = _lock_command(path, target)
    try:
        from hashzip.builders.python import python_range

        release = python_range.first_fit(required, target.runtime.removeprefix("python"))
    except ValueError as error:
        raise HashzipError(
            f'{path} has requires-python = "{required}", which is not a range of versions',
            f"lock again: {relock}",
        ) from error
    if release is None:
        raise HashzipError(
            f'{path} is locked for Python {required}, but {target.label} has runtime "'
            f'{target.runtime}"',
            f"change the runtime, or requires-python in pyproject.toml, and lock again: {relock}",
        )
    return release


def _file(project: Project, path: str) -> SourceFile:
    location = os.fsencode(files.locate(project.root, path))
    return SourceFile(f"//{path}", location, executable=False)


def _kind(target: Target, path: str) -> Kind:
    folder, _, name = path.rpartition("/")
    folder = folder or "."
    output = path[: -len(name)] + ("uv.lock" if name == "pyproject.toml" else "requirements.txt")
    commands = {
        # Poetry 2 exports with a plugin, which few have. Its output is relative to the project.
        "poetry.lock": "uvx --from poetry --with poetry-plugin-export "
        f"poetry export -C {folder} -f requirements.txt -o requirements.txt",
        "Pipfile.lock": f"(cd {folder} && pipenv requirements --hash > requirements.txt)",
        # Unlike poetry's, its output is relative to the current folder.
        "pdm.lock": f"pdm export -p {folder} --prod -f requirements -o {output}",
        "pyproject.toml": f"uv lock --project {folder}",
    }
    if name in commands:
        raise HashzipError(
            f'{target.label} has requirements = "{path}", which hashzip cannot install',
            f'run: {commands[name]}; then set requirements = "{output}"',
        )
    if name == "uv.lock":
        return Kind.UV
    return Kind.PYLOCK if re.fullmatch(_PYLOCK, name) else Kind.REQUIREMENTS


def _check_no_options(target: Target, problem: str) -> None:
    for key in ("extras", "groups", "package", "install_project"):
        if target.options[key]:
            raise HashzipError(f"{target.label} has {key}, {problem}", f"remove {key}")


def _read(project: Project, target: Target, path: str) -> str:
    try:
        return files.read_text(project.root, path)
    except FileNotFoundError as error:
        raise HashzipError(
            f"the requirements file {path} of {target.label} does not exist",
            f"create it: {_lock_command(path, target)}",
            key="requirements",
        ) from error
    except OSError as error:
        raise read_error(os.fsencode(os.path.join(project.root, path)), error) from error
    except UnicodeDecodeError as error:
        raise HashzipError(
            f"{path} is not UTF-8", f"lock again: {_lock_command(path, target)}"
        ) from error


def _lock_command(path: str, target: Target, source: str = "requirements.in") -> str:
    """Return the command that makes a lock."""
    folder, _, name = path.rpartition("/")
    if name == "uv.lock":
        return f"uv lock --project {folder or '.'}"
    if re.fullmatch(_PYLOCK, name):
        return f"uv export --project {folder or '.'} --no-dev --no-emit-project -o {path}"
    version = target.runtime.removeprefix("python")
    command = f"uv pip compile --universal --generate-hashes --python-version {version}"
    return f"{command} {source} -o {path}"


def _uv(project: Project, target: Target, path: str, text: str) -> Lock:
    """Find the projects and the local packages of a `uv.lock`."""
    from hashzip.builders.python import plain_locks

    folder = path.rpartition("/")[0]
    members, packages, archives = [folder], [], []
    asked = ("package", "extras", "groups", "install_project")
    plain = plain_locks.of_uv(text)
    if plain is not None:
        check_python(plain, path, target)
    if plain is None or any(target.options[option] for option in asked):
        from hashzip.builders.python import uv_lock

        check_python(uv_lock.requires_python(text, path), path, target)
        local = uv_lock.read(text, path, target)
        members.append(_inside(path, folder, local.project))
        packages = sorted({_inside(path, folder, package) for package in local.folders})
        archives = sorted(_inside(path, folder, archive) for archive in local.archives)
    projects = [os.path.normpath(f"{member}/pyproject.toml").lstrip("/") for member in members]
    for required in (*projects, *packages, *archives):
        if not os.path.exists(os.path.join(project.root, required)):
            raise HashzipError(
                f"{path} of {target.label} locks {required}, which does not exist",
                f"restore it, or lock again without it: {_lock_command(path, target)}",
            )
    from hashzip.builders.python import local_sources

    beside = {package: local_sources.beside(project.root, package) for package in packages}
    more = chain.from_iterable(beside.values())
    names = dict.fromkeys((path, *projects, *archives, *more))
    return Lock(Kind.UV, path, [_file(project, name) for name in names], packages, beside)


def _inside(path: str, folder: str, location: str) -> str:
    """Make a path in a lock relative to the project, and check that it is in the project."""
    relative = os.path.normpath(os.path.join(folder, location)).replace(os.sep, "/")
    if relative.startswith("../") or relative == ".." or os.path.isabs(relative):
        raise HashzipError(
            f"{path} has the package {location}, which is outside the project",
            "move hashzip.toml to a folder above both; in pyproject.toml, write relative paths",
        )
    return relative
