"""Lock hashzip's dependencies, with hashes, for the environments that `python3 build` makes.

`python -m scripts.lock` writes build/requirements.txt from pyproject.toml and keeps the versions
that it has; `--upgrade` takes the newest. `--check` fails if it is stale.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from uv import find_uv_bin

from scripts.errors import ScriptError, exit_code

REPOSITORY = Path(__file__).parents[1]
LOCK = REPOSITORY / "build/requirements.txt"

_OPTIONS = (
    *("--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"),
    *("--custom-compile-command", "nox -s lock"),
)


def compile_lock(file: Path, *options: str, folder: Path = REPOSITORY) -> None:
    """Write the lock of a project's dependencies.

    Args:
        file: The lock. Versions and hashes that it has are kept if they still fit.
        options: More options of `uv pip compile`.
        folder: The folder of the project.

    Raises:
        ScriptError: uv failed.
    """
    finished = subprocess.run(
        [find_uv_bin(), "pip", "compile", *_OPTIONS, *options, "-o", file, "pyproject.toml"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    if finished.returncode:
        raise ScriptError(f"uv cannot lock {folder}:\n{finished.stderr.rstrip()}", "see above")


def check(file: Path = LOCK, folder: Path = REPOSITORY) -> None:
    """Check that a lock is what `compile_lock` would write.

    Args:
        file: The lock.
        folder: The folder of the project.

    Raises:
        ScriptError: It is stale.
    """
    with tempfile.TemporaryDirectory(prefix="hashzip-lock-") as scratch:
        fresh = Path(scratch, file.name)
        shutil.copyfile(file, fresh)
        compile_lock(fresh, folder=folder)
        if fresh.read_bytes() != file.read_bytes():
            raise ScriptError(f"{file} is stale", "run: nox -s lock")


def main() -> None:
    """Write the lock, or check it."""
    if sys.argv[1:] == ["--check"]:
        check()
    else:
        compile_lock(LOCK, *sys.argv[1:])


if __name__ == "__main__":
    sys.exit(exit_code(main))
