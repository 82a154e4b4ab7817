"""Locked requirements: which files they are, and which folders of the project they install.

Plan time; standard library only. So this reads what a lock says, and resolves nothing: uv does.
"""

import os
import re
from enum import Enum
from typing import NamedTuple

from hashzip.builders.python import uv_lock
from hashzip.errors import HashzipError, read_error
from hashzip.inputs.files import SourceFile
from hashzip.project.config import Project
from hashzip.project.targets import Target

# What tools write into the folder of a package, which is no part of it.
LEFT_OUT = ("/build/", "/dist/", "*.egg-info/")

# Regular expressions; compiled when they are asked, since no lock needs all of them.
_HASH = r"(?:^|\s)--hash[= ]"
_OPTIONS_THAT_READ_MORE = r"(-r|-c|-e|--requirement|--constraint|--editable)\b"
_LOCAL = r'(?m)^source = \{ (?:editable|virtual|directory|path) = "(.*)" \}'
_NOT_IN_PYLOCK = r"(?m)^\s*(?:\[packages\.)?(directory|vcs)\b"
_PYLOCK = r"pylock(\..+)?\.toml"  # https://peps.python.org/pep-0751/#file-name


class Kind(Enum):
    """What wrote a lock, and so what reads it."""

    REQUIREMENTS = "requirements.txt with hashes"
    PYLOCK = "pylock.toml"
    UV = "uv.lock"


class Lock(NamedTuple):
    """The locked requirements of a function or layer.

    Attributes:
        kind: What they are.
        path: The lock, relative to the project.
        files: The lock, what it must agree with, and wheels and sdists of the project's own.
        folders: Packages of the project's own, which are built; relative to the project.
    """

    kind: Kind
    path: str
    files: list[SourceFile]
    folders: list[str]


def find(project: Project, target: Target) -> Lock | None:
    """Finds the locked requirements of a function or layer.

    Raises:
        HashzipError: The lock is missing, of no kind that hashzip takes, or does not lock all; what
            the target asks for is not in it.
    """
    path = target.options["requirements"]
    if path is None:
        _refuse_options(target, "which needs requirements")
        return None
    kind = _kind(target, path)
    text = _read(project, target, path)
    if kind is Kind.UV:
        return _uv(project, target, path, text)
    _refuse_options(target, "which only a uv.lock knows")
    if kind is Kind.PYLOCK:
        _refuse_sources(text, path)
    else:
        _refuse_unlocked(text, path, target)
    return Lock(kind, path, [_file(project, path)], [])


def relock(lock: Lock, target: Target) -> str:
    """Answers the command that makes a lock again."""
    return _lock_command(lock.path, target)


def _file(project: Project, path: str) -> SourceFile:
    return SourceFile(
        f"//{path}", os.fsencode(project.root) + b"/" + path.encode(), executable=False
    )


def _kind(target: Target, path: str) -> Kind:
    folder, _, name = path.rpartition("/")
    folder = folder or "."
    made = path[: -len(name)] + ("uv.lock" if name == "pyproject.toml" else "requirements.txt")
    ways = {
        "poetry.lock": f"poetry export -C {folder} -f requirements.txt -o requirements.txt",
        "Pipfile.lock": f"(cd {folder} && pipenv requirements --hash > requirements.txt)",
        # Its output, other than that of poetry, is relative to where it runs.
        "pdm.lock": f"pdm export -p {folder} --prod -f requirements -o {made}",
        "pyproject.toml": f"uv lock --project {folder}",
    }
    if name in ways:
        raise HashzipError(
            f'{target.label} has requirements = "{path}", which hashzip does not install',
            f'run: {ways[name]}; then write requirements = "{made}"',
        )
    if name == "uv.lock":
        return Kind.UV
    return Kind.PYLOCK if re.fullmatch(_PYLOCK, name) else Kind.REQUIREMENTS


def _refuse_options(target: Target, why: str) -> None:
    for key in ("extras", "groups", "package"):
        if target.options[key]:
            raise HashzipError(f"{target.label} has {key}, {why}", "remove the line")


def _read(project: Project, target: Target, path: str) -> str:
    location = _file(project, path).location
    try:
        with open(location, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError as error:
        raise HashzipError(
            f"the requirements file {path} of {target.label} does not exist",
            f"make it: {_lock_command(path, target)}",
        ) from error
    except OSError as error:
        raise read_error(location, error) from error
    except UnicodeDecodeError as error:
        raise HashzipError(f"{path} is not UTF-8", _lock_command(path, target)) from error


def _lock_command(path: str, target: Target, source: str = "requirements.in") -> str:
    """Answers the command that makes a lock."""
    folder, _, name = path.rpartition("/")
    if name == "uv.lock":
        return f"uv lock --project {folder or '.'}"
    if re.fullmatch(_PYLOCK, name):
        return f"uv export --project {folder or '.'} --no-dev --no-emit-project -o {path}"
    version = target.runtime.removeprefix("python")
    command = f"uv pip compile --universal --generate-hashes --python-version {version}"
    return f"{command} {source} -o {path}"


def _refuse_unlocked(text: str, path: str, target: Target) -> None:
    """Refuses at plan time what uv would refuse at build time, or what hides inputs from us."""
    locked = re.sub(
        r"(\.in|\.txt)?$", ".txt" if path.endswith(".in") else ".lock.txt", path, count=1
    )
    way = f'{_lock_command(locked, target, path)}; then write requirements = "{locked}"'
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        requirement = re.sub(r"(^|\s)#.*", "", line).strip()
        if re.match(_OPTIONS_THAT_READ_MORE, requirement):
            raise HashzipError(
                f'{path} has the line "{requirement}", whose file hashzip does not see',
                f"lock all into one file: {way}",
            )
        if requirement and not requirement.startswith("-") and not re.search(_HASH, requirement):
            raise HashzipError(
                f'{path} has a requirement without a hash: "{requirement}"', f"run: {way}"
            )


def _refuse_sources(text: str, path: str) -> None:
    found = re.search(_NOT_IN_PYLOCK, text)
    if found:
        raise HashzipError(
            f"{path} has a package from a {found[1]}, whose files hashzip does not see",
            "lock with uv.lock, which names them, or put the package into source",
        )


def _uv(project: Project, target: Target, path: str, text: str) -> Lock:
    """Finds the projects and the local packages of a `uv.lock`."""
    folder = path.rpartition("/")[0]
    members, packages, archives = [folder], [], []
    # Most locks are of one project and no local packages: 20,000 lines need not be parsed.
    if (
        set(re.findall(_LOCAL, text)) != {"."}
        or target.options["package"]
        or target.options["extras"]
        or target.options["groups"]
    ):
        found = uv_lock.read(text, path, target)
        members.append(_inside(path, folder, found.project))
        packages = sorted(_inside(path, folder, place) for place in found.folders)
        archives = sorted(_inside(path, folder, place) for place in found.archives)
    projects = [os.path.normpath(f"{member}/pyproject.toml").lstrip("/") for member in members]
    for place in (*projects, *packages, *archives):
        if not os.path.exists(os.path.join(project.root, place)):
            raise HashzipError(
                f"{path} of {target.label} locks {place}, which does not exist",
                f"put it there; or, if it is gone for good, lock again: "
                f"{_lock_command(path, target)}",
            )
    files = dict.fromkeys((path, *projects, *archives))
    return Lock(Kind.UV, path, [_file(project, file) for file in files], packages)


def _inside(path: str, folder: str, place: str) -> str:
    """Answers a path in a lock relative to the project, which it must not leave."""
    found = os.path.normpath(os.path.join(folder, place)).replace(os.sep, "/")
    if found.startswith("../") or found == ".." or os.path.isabs(found):
        raise HashzipError(
            f"{path} has the package {place}, which is outside the project",
            "move hashzip.toml up to a folder that holds it",
        )
    return found
