"""Builds Python functions: the sources, with the locked requirements beside them.

The requirements are installed by uv for the runtime and architecture that the function runs on,
whatever machine builds: https://docs.astral.sh/uv/guides/integration/aws-lambda/
"""

import os
import re
from pathlib import Path

from hashzip.config import Function, Project
from hashzip.errors import HashzipError, nearest, unreadable
from hashzip.fingerprint import Recipe
from hashzip.manifest import Package
from hashzip.names import SourceFile

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
RUNTIMES = tuple(f"python3.{minor}" for minor in range(9, 15))

# The newest wheels that the runtime's C library can load. Amazon Linux 2023 (Python 3.12 and
# later) has glibc 2.34; Amazon Linux 2 has 2.26, for which uv's nearest platform is 2.17.
_FIRST_ON_AMAZON_LINUX_2023 = 12
_MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}

_HASH = re.compile(r"(?:^|\s)--hash[= ]")
_OPTIONS_THAT_READ_MORE = re.compile(r"(-r|-c|-e|--requirement|--constraint|--editable)\b")


def recipe(function: Function) -> Recipe:
    """Answers what, beside the inputs, decides the bytes of the package.

    Raises:
        HashzipError: Lambda has no such Python runtime.
    """
    if function.runtime not in RUNTIMES:
        raise HashzipError(
            f'[function.{function.name}] has runtime "{function.runtime}", '
            "for which hashzip has no builder",
            nearest(function.runtime, RUNTIMES),
        )
    return {
        "builder": "python",
        "runtime": function.runtime,
        "architecture": function.architecture,
        "requirements": _lock_path(function),
    }


def inputs(project: Project, function: Function) -> list[SourceFile]:
    """Answers the files that decide the package and are not packed: the locked requirements.

    Raises:
        HashzipError: The file is missing, or a requirement in it has no hash.
    """
    path = _lock_path(function)
    if path is None:
        return []
    location = os.fsencode(project.root) + path.encode()[1:]
    try:
        text = Path(os.fsdecode(location)).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise HashzipError(
            f"the requirements file {path[2:]} of [function.{function.name}] does not exist",
            f"make it: {_lock_command(path[2:])}",
        ) from error
    except OSError as error:
        raise unreadable(location, error) from error
    except UnicodeDecodeError as error:
        raise HashzipError(f"{path[2:]} is not UTF-8", f"{_lock_command(path[2:])}") from error
    _refuse_unlocked(text, path[2:])
    return [SourceFile(path, location, executable=False)]


def stage(project: Project, function: Function, folder: Path) -> list[Package]:
    """Installs the locked requirements into an empty folder.

    Returns:
        What was installed, sorted by name.

    Raises:
        HashzipError: uv is missing, or refused: a wrong hash, no wheel, no network. Or what it
            installed cannot be packed: two packages have one file, or one leads out of the folder.
    """
    if function.requirements is None:
        return []
    _install(project, function, folder)
    from hashzip.builders import installed  # noqa: PLC0415 - slow, and never at plan time

    found = installed.read(folder)
    installed.refuse_conflicts(folder, found)
    return [Package(each.name, each.version) for each in installed.tidy(folder, found)]


def platform(function: Function) -> str:
    """Answers uv's name of the platform that a function runs on."""
    minor = int(function.runtime.partition(".")[2])
    glibc = "2_34" if minor >= _FIRST_ON_AMAZON_LINUX_2023 else "2_17"
    return f"{_MACHINES[function.architecture]}-manylinux_{glibc}"


def _lock_path(function: Function) -> str | None:
    return None if function.requirements is None else f"//{function.requirements}"


def _lock_command(path: str) -> str:
    return f"uv pip compile --generate-hashes requirements.in -o {path}"


def _refuse_unlocked(text: str, path: str) -> None:
    """Refuses at plan time what uv would refuse at build time, or what hides inputs from us."""
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        requirement = re.sub(r"(^|\s)#.*", "", line).strip()
        if _OPTIONS_THAT_READ_MORE.match(requirement):
            raise HashzipError(
                f'{path} has the line "{requirement}", whose file hashzip does not see',
                f"lock all into one file: {_lock_command(path)}",
            )
        if requirement and not requirement.startswith("-") and not _HASH.search(requirement):
            raise HashzipError(
                f'{path} has a requirement without a hash: "{requirement}"',
                f"lock it: {_lock_command(path)}",
            )


def _install(project: Project, function: Function, folder: Path) -> None:
    import sys  # noqa: PLC0415 - never at plan time

    from hashzip.builders import uv  # noqa: PLC0415

    path = function.requirements or ""
    uv.run(
        [
            *("pip", "install", "--no-progress", "--color", "never"),
            *("--python", sys.executable, "--python-version", function.runtime[len("python") :]),
            *("--python-platform", platform(function), "--target", str(folder)),
            *("--require-hashes", "--only-binary", ":all:", "--no-deps"),
            *("--no-compile-bytecode", "--no-installer-metadata"),
            *("--requirements", path),
        ],
        project.root,
        f"install {path} for {function.name} ({function.runtime}, {function.architecture})",
        _lock_command(path),
    )
