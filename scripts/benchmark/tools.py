"""Programs of others from PyPI, each in a virtual environment of its own, kept in the cache."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from uv import find_uv_bin

from scripts import cache
from scripts.benchmark.measure import PYTHON

if TYPE_CHECKING:
    from pathlib import Path


class MissingError(Exception):
    """A program cannot be had; the text says why."""


def installed(name: str, version: str) -> Path:
    """Install a package, unless it is, and return the folder of its programs.

    Args:
        name: Of the package.
        version: The only one that is taken.

    Raises:
        MissingError: It cannot be had.
    """
    place_name = f"{name}-{version}-python3.{sys.version_info.minor}"
    with cache.locked(place_name) as folder:
        place, uv = folder / place_name, find_uv_bin()
        programs, done = place / "bin", place / "done"
        if not done.exists():
            try:
                # `--seed`: SAM installs by pip, the one of the Python that it finds.
                _run(uv, "venv", "--clear", "--seed", "--python", PYTHON, str(place))
                python = str(programs / "python")
                _run(uv, "pip", "install", "--python", python, f"{name}=={version}")
            except subprocess.CalledProcessError as error:
                reason = error.stderr.strip().splitlines()[-1:] or ["no reason given"]
                raise MissingError(f"no {name} {version}: {reason[0].strip()}") from error
            done.touch()
    return programs


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, encoding="utf-8")
