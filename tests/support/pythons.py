"""Other Pythons than the one that runs the tests, and folders for a `PATH`."""

import os
import shlex
import stat
import sys
from pathlib import Path

from uv import find_uv_bin

# Sees the standard library and nothing else, as a Python with nothing installed.
BARE = (sys.executable, "-I", "-S")

SYSTEM = "/usr/bin:/bin"


def of_pyenv() -> dict[str, Path]:
    """Return the interpreters that pyenv has installed, by version."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    pythons = {path.parents[1].name: path for path in root.glob("versions/*/bin/python")}
    return {
        version: path
        for version, path in sorted(pythons.items())
        if version.replace(".", "").isdigit()  # and no virtual environment
    }


def minor(version: str) -> tuple[int, int]:
    """Return the first two numbers of a version."""
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


def script(file: Path, text: str) -> Path:
    """Write an executable shell script, and return its path."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file


def named(file: Path, python: Path | str = sys.executable) -> Path:
    """Write a program that runs a Python, under any name; a link would lose its environment."""
    return script(file, f'exec {shlex.quote(str(python))} "$@"')


def uv_folder(folder: Path) -> Path:
    """Make a folder with uv and nothing else, for a `PATH`."""
    folder.mkdir(parents=True)
    (folder / "uv").symlink_to(find_uv_bin())
    return folder
