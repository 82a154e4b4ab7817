"""Run the programs that make packages."""

import os
import subprocess
import sysconfig
from collections.abc import Mapping, Sequence
from typing import IO

from hashzip.builders import relay
from hashzip.errors import HashzipError
from hashzip.system import phases

# Tools that write a time into their output take it from here; it is the time in all zips.
# https://reproducible-builds.org/specs/source-date-epoch/
_EPOCH = {"SOURCE_DATE_EPOCH": "315532800"}  # 1980-01-01 00:00:00


class ProcessFailed(Exception):  # noqa: N818 - it says what happened; the caller says what is wrong
    """A program ended with an exit code other than 0.

    Attributes:
        code: Its exit code; negative for a signal.
    """

    def __init__(self, program: str, code: int) -> None:
        super().__init__(f"{program} failed with exit code {code}")
        self.code = code


def run(
    arguments: Sequence[str],
    *,
    cwd: str,
    environment: Mapping[str, str],
    stdout: int | IO[bytes] = 2,
) -> None:
    """Run a program, and show its output as it comes.

    Args:
        arguments: The program and its arguments; there is no shell.
        cwd: The folder to run in.
        environment: All its variables but for `SOURCE_DATE_EPOCH`.
        stdout: Where its standard output goes. By default, to standard error, because standard
            output is for hashzip's own answer.

    Raises:
        ProcessFailed: It failed.
        HashzipError: It cannot be started.
    """
    try:
        with phases.phase(f"running {os.path.basename(arguments[0])}", prints=True):
            code = relay.run(
                arguments,
                cwd=cwd,
                env={**_EPOCH, **environment},
                stdin=subprocess.DEVNULL,
                stdout=stdout,
            )
    except OSError as error:
        raise HashzipError(
            f"cannot run {arguments[0]}: {error.strerror}",
            "install it, correct its name, or make it executable",
        ) from error
    if code != 0:
        raise ProcessFailed(arguments[0], code)


def path_with_scripts() -> str:
    """Return the `PATH`, with the programs that are installed beside this Python first."""
    return os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)])
