"""Make input trees of real contents: slices of Python's own modules and of uv's machine code."""

from __future__ import annotations

import math
import os
import sysconfig
from functools import cache
from pathlib import Path
from random import Random

from uv import find_uv_bin

# Git and hashzip remember a file by its times only if it is older than their memory of it.
_OLD_TIME = 1_600_000_000

_SIGMA = 1.2  # of the logarithm of a file's size: few files are large
_FILES_IN_FOLDER = 20


def source_code(folder: Path, files: int, *, seed: int = 1) -> None:
    """Make a tree of modules of 4 kB on average, in nested folders."""
    random = _random(seed, files, folder.name)
    for number, size in enumerate(_sizes(random, files, 4_250)):
        deep = "/".join(f"package_{digit}" for digit in str(number // _FILES_IN_FOLDER))
        _write(folder / deep / f"module_{number:06}.py", random, _code(), size)


def dependencies(folder: Path, files: int, *, seed: int = 1) -> None:
    """Make a tree of modules, compiled modules and data; with 5,319 files it has 134 MB."""
    random = _random(seed, files)
    compiled, data = max(1, files // 80), files // 24
    for number, size in enumerate(_sizes(random, files - compiled - data, 14_300)):
        deep = f"package_{number % 23:02}/{'inner/' * (number % 3)}"
        _write(folder / deep / f"module_{number:05}.py", random, _code(), size)
    for number in range(data):
        file = folder / f"package_{number % 23:02}/data/{number}.gz"
        _write(file, random, random.randbytes(30_000), random.randint(2_000, 30_000))
    # One is far larger than the others, like the linear algebra of numpy.
    weights = [1 / rank for rank in range(1, compiled + 1)]
    for number, weight in enumerate(weights):
        size = int(compiled * 900_000 * weight / math.fsum(weights))
        file = folder / f"package_{number % 23:02}/_compiled_{number:02}.so"
        _write(file, random, Path(find_uv_bin()).read_bytes(), size, start=b"\x7fELF")


@cache
def _code() -> bytes:
    modules = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    return b"".join(module.read_bytes() for module in modules)


def _random(*seed: object) -> Random:
    """Return a generator that depends on these values only."""
    return Random(" ".join(map(str, seed)))  # noqa: S311 - it must be the same each time


def _sizes(random: Random, files: int, mean: int) -> list[int]:
    """Draw sizes with the distribution of source files, which is log-normal."""
    median = math.log(mean) - _SIGMA**2 / 2
    return [int(random.lognormvariate(median, _SIGMA)) for _ in range(files)]


def _write(file: Path, random: Random, pool: bytes, size: int, *, start: bytes = b"") -> None:
    # The name makes each file different: git would store equal files once.
    parts = [start, f"# {file.name}\n".encode()]
    left = size - sum(map(len, parts))
    while left > 0:
        offset = random.randrange(len(pool))
        parts.append(pool[offset : offset + left])
        left -= len(parts[-1])
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"".join(parts))
    os.utime(file, (_OLD_TIME, _OLD_TIME))
