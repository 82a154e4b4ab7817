"""Lock hashzip's dependencies, with hashes, for the environments that `python3 build` makes.

`python -m scripts.lock` writes build/requirements.txt, and one such file for each extra, from
pyproject.toml, and keeps the versions that they have; `--upgrade` takes the newest. `--check` fails
if one is stale.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from uv import find_uv_bin

from scripts import process
from scripts.errors import ScriptError, exit_code

REPOSITORY = Path(__file__).parents[1]
FOLDER = REPOSITORY / "build"
EXTRAS = ("", "init", "local", "rust", "s3")

_OPTIONS = (
    *("--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"),
    *("--no-annotate", "--custom-compile-command", "nox -s lock"),
)


def files(folder: Path) -> dict[str, Path]:
    """Return the paths of the locks in a folder, by extra; "" is hashzip without any."""
    return {extra: folder / f"requirements{'-' * bool(extra)}{extra}.txt" for extra in EXTRAS}


def lock(folder: Path, *options: str, project: Path = REPOSITORY) -> None:
    """Write the locks of a project's dependencies and extras.

    Args:
        folder: The folder of the locks. Versions and hashes that they have are kept if they fit.
        options: More options of `uv pip compile`.
        project: The folder of the project.

    Raises:
        ScriptError: uv failed.
    """
    command = [find_uv_bin(), "pip", "compile", *_OPTIONS, *options, "pyproject.toml"]
    earlier: list[str] = []
    for extra, file in files(folder).items():
        # With one extra or with two, a package has the same version.
        more = ["--extra", extra, *earlier] if extra else []
        earlier.append(f"--constraints={file}")
        hint = f"read uv's message above, and change {project}/pyproject.toml"
        process.output([*command, *more, f"--output-file={file}"], hint, folder=str(project))


def check(folder: Path = FOLDER, project: Path = REPOSITORY) -> None:
    """Check that locks are what `lock` would write.

    Args:
        folder: The folder of the locks.
        project: The folder of the project.

    Raises:
        ScriptError: One is stale.
    """
    with tempfile.TemporaryDirectory(prefix="hashzip-lock-") as scratch:
        for file in files(folder).values():
            shutil.copy(file, scratch)
        lock(Path(scratch), project=project)
        for file in files(folder).values():
            if Path(scratch, file.name).read_bytes() != file.read_bytes():
                raise ScriptError(f"{file} is stale", "run: nox -s lock")


def main() -> None:
    """Write the locks, or check them."""
    if sys.argv[1:] == ["--check"]:
        check()
    else:
        lock(FOLDER, *sys.argv[1:])


if __name__ == "__main__":
    sys.exit(exit_code(main))
