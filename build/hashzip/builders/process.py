"""Has a program make what is packed, and checks what it made. Build time."""

import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from hashzip.artifacts.manifest import Package
from hashzip.builders import elf
from hashzip.builders.build_plan import BuildPlan
from hashzip.errors import HashzipError
from hashzip.inputs import read, secrets
from hashzip.inputs.files import SourceFile
from hashzip.project.targets import RUST, Function

# What tools that write a time into what they make take it from; all zips here have that one.
# https://reproducible-builds.org/specs/source-date-epoch/
_EPOCH = {"SOURCE_DATE_EPOCH": "315532800"}  # 1980-01-01 00:00:00


class BuildOutput(NamedTuple):
    """What a program made.

    Attributes:
        files: Named as in the package.
        tools: What made it: the programs' versions, by name.
        packages: What is in the files, as far as the program says so.
    """

    files: Sequence[SourceFile]
    tools: Mapping[str, str]
    packages: Sequence[Package] = ()


def make(plan: BuildPlan, folder: Path) -> BuildOutput:
    """Has a program make what is packed.

    Args:
        plan: Of a function that a program makes.
        folder: An empty folder to work in.

    Raises:
        HashzipError: The program is not here or failed; what it made cannot run in Lambda, or looks
            like a secret; the inputs were changed meanwhile.
    """
    function = plan.target
    assert isinstance(function, Function)  # noqa: S101 - a layer is made by none
    from hashzip.builders.command import run  # noqa: PLC0415 - they need this module
    from hashzip.builders.rust import release_build  # noqa: PLC0415 - they need this module

    make = release_build.make if function.builder == RUST else run.make
    return checked(plan, function, make(plan, function, folder))


def checked(plan: BuildPlan, function: Function, made: BuildOutput) -> BuildOutput:
    """Answers what a program made, if it may be packed.

    Args:
        plan: What it was made from.
        function: The function.
        made: What came of it.

    Raises:
        HashzipError: It cannot run in Lambda, or looks like a secret; the inputs were changed
            meanwhile.
    """
    plan.refuse_changes()
    _check_architecture(made, function)
    found = secrets.find(_with_keys(made.files), function.allow)
    otherwise = "have what makes the package leave out what is one"
    secrets.refuse(function.where, found, otherwise=otherwise)
    return made


def run(
    words: Sequence[str],
    *,
    cwd: str,
    environment: Mapping[str, str],
    failed: HashzipError,
    stdout: int | IO[bytes] = 2,
) -> None:
    """Runs a program, whose words the user sees as they come.

    Args:
        words: The program and its arguments; no shell reads them.
        cwd: The folder to run in.
        environment: What it gets.
        failed: What to raise if it fails.
        stdout: Where its standard output goes. By default, to standard error: the other is for
            hashzip's own answer.

    Raises:
        HashzipError: It failed, or cannot be started.
    """
    try:
        code = subprocess.run(
            words,
            cwd=cwd,
            env={**_EPOCH, **environment},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            check=False,
        ).returncode
    except OSError as error:
        raise HashzipError(
            f"cannot run {words[0]}: {error.strerror}",
            "install it, correct its name, or make it executable",
        ) from error
    if code != 0:
        raise failed


def _check_architecture(made: BuildOutput, function: Function) -> None:
    try:
        elf.check_architecture(made.files, function.architecture, {})
    except HashzipError as error:
        raise HashzipError(
            error.message,
            f"build it for {function.architecture}, which programs are told as "
            "HASHZIP_ARCHITECTURE; or set the function's architecture",
        ) from error


def _with_keys(files: Iterable[SourceFile]) -> Iterable[tuple[SourceFile, bool]]:
    """Answers files, each with whether it holds a private key."""
    for file in files:
        content, _ = read.content(file.location)
        yield file, content.is_private_key


def path_with_scripts() -> str:
    """Answers the `PATH`, with the programs that were installed beside this Python in front."""
    import sysconfig  # noqa: PLC0415 - slow

    return os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)])
