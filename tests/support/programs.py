"""Fake programs on a `PATH` that has nothing else."""

import stat
from pathlib import Path


def write(folder: Path, **scripts: str) -> None:
    """Write programs, each a shell script by its name; `_` in a name stands for `-`."""
    folder.mkdir(exist_ok=True)
    for name, script in scripts.items():
        path = folder / name.replace("_", "-")
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
