"""Make input trees from a seed: the same seed gives the same bytes on each machine.

Their contents resemble source code and compiled programs in what matters here: the sizes of the
files, how well they compress, and how long that takes. The constants were set by comparison with
installed numpy, pandas and botocore: zlib's level 6 compresses Python to 0.22 of its size and
machine code to 0.32.
"""

from __future__ import annotations

import itertools
import math
import os
from functools import cache
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Git and hashzip remember a file by its times only if it is older than their memory of it.
_OLD_TIME = 1_600_000_000

_POOL = 4 << 20  # bytes; far more than deflate's window of 32 KiB
_WORDS = 1_500
_MARKS = (" = ", "(", ").", ", ", ": ", " in ", " + self.", "[", "] == ")
_RECURRING_LINES = 0.5
_PARAGRAPH = 5  # lines, at most
_RECENT_LINES = 300
_INSTRUCTIONS = 2_500
_LENGTHS = (1, 3, 2, 5, 4)  # bytes of an instruction, by rank: the most frequent weigh most
_RECURRING_SEQUENCES = 0.25
_SEQUENCE = 9  # instructions, at most
_RECENT = 3_000  # instructions
_OPERANDS = 0.1
_SIGMA = 1.2  # of the logarithm of a file's size: few files are large
_FILES_IN_FOLDER = 20


def source_code(folder: Path, files: int, *, seed: int = 1, mean: int = 4_250) -> None:
    """Make a tree of modules in nested folders; `mean` is their mean size in bytes."""
    random = _random("source code", seed, files, folder.name)
    for number, size in enumerate(_sizes(random, files, mean)):
        deep = "/".join(f"package_{digit}" for digit in str(number // _FILES_IN_FOLDER))
        _write(folder / deep / f"module_{number:06}.py", random, _code(seed), size)


def dependencies(folder: Path, files: int, *, seed: int = 1) -> None:
    """Make a tree of modules, compiled modules and data; with 5,319 files it has 134 MB."""
    random = _random("dependencies", seed, files)
    compiled, data = max(1, files // 80), files // 12
    for number, size in enumerate(_sizes(random, files - compiled - data, 11_220)):
        deep = f"package_{number % 23:02}/{'inner/' * (number % 3)}"
        _write(folder / deep / f"module_{number:05}.py", random, _code(seed), size)
    for number in range(data):
        size = random.randint(2_000, 30_000)
        _write(folder / f"package_{number % 23:02}/data/{number}.gz", random, _packed(seed), size)
    # One is far larger than the others, like the linear algebra of numpy.
    weights = [1 / rank for rank in range(1, compiled + 1)]
    for number, weight in enumerate(weights):
        size = int(compiled * 1_120_000 * weight / math.fsum(weights))
        file = folder / f"package_{number % 23:02}/_compiled_{number:02}.so"
        _write(file, random, _machine_code(seed), size, start=b"\x7fELF")


def _random(kind: str, seed: int, *names: object) -> Random:
    """Return a generator that depends on these values only."""
    return Random(" ".join(map(str, (kind, seed, *names))))  # noqa: S311 - it must be the same


@cache
def _code(seed: int) -> bytes:
    """Make lines as in a Python module: a few words are frequent, and lines recur."""
    random = _random("code", seed)
    words = [_word(random) for _ in range(_WORDS)]
    chosen = itertools.cycle(random.choices(words, cum_weights=_zipf(_WORDS, 1.1), k=_POOL // 7))
    lines: list[list[str]] = []
    while len(lines) < _POOL // 33:
        if len(lines) > _RECENT_LINES and random.random() < _RECURRING_LINES:
            start = len(lines) - random.randint(_PARAGRAPH, _RECENT_LINES)
            for line in lines[start : start + random.randint(1, _PARAGRAPH)]:
                index = 1 + 2 * random.randrange(len(line) // 2)
                lines.append([*line[:index], next(chosen), *line[index + 1 :]])
        else:
            line = ["    " * random.choice((0, 1, 1, 2, 2, 3))]
            for word in itertools.islice(chosen, random.randint(2, 6)):
                line += (word, random.choice(_MARKS))
            lines.append(line)
    return "\n".join("".join(line) for line in lines).encode()


@cache
def _machine_code(seed: int) -> bytes:
    """Make instructions, some with an operand, and sequences of them that recur."""
    random = _random("machine code", seed)
    words = [random.randbytes(_LENGTHS[rank % 5]) for rank in range(_INSTRUCTIONS)]
    weights = _zipf(_INSTRUCTIONS, 1.15)
    parts: list[bytes] = []
    for instruction in random.choices(words, cum_weights=weights, k=_POOL // 7):
        if len(parts) > _RECENT and random.random() < _RECURRING_SEQUENCES:
            start = len(parts) - random.randint(_SEQUENCE, _RECENT)
            parts += parts[start : start + random.randint(1, _SEQUENCE)]
        else:
            parts.append(instruction)
            if random.random() < _OPERANDS:
                parts.append(random.randbytes(1) + b"\0\0")
    return b"".join(parts)


@cache
def _packed(seed: int) -> bytes:
    """Make bytes that do not compress, such as data that is compressed already."""
    return _random("packed", seed).randbytes(_POOL)


def _word(random: Random) -> str:
    return "".join(random.choices("etaoinsrhldcumfpgwybvkxqz_", k=random.randint(3, 12)))


def _zipf(count: int, exponent: float) -> list[float]:
    """Return cumulative weights by Zipf's law, the law of the words of a language."""
    return list(itertools.accumulate(rank**-exponent for rank in range(1, count + 1)))


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
    try:
        file.write_bytes(b"".join(parts))
    except FileNotFoundError:
        file.parent.mkdir(parents=True)
        file.write_bytes(b"".join(parts))
    os.utime(file, (_OLD_TIME, _OLD_TIME))
