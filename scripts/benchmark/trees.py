"""Input trees out of a seed: the same bytes from the same seed, wherever they are made.

What they hold is like source code and like compiled programs in what counts here: the sizes of the
files, how well they compress, and how long a compressor looks for it. Their numbers were set
beside numpy, pandas and botocore as installed (which zlib's level 6 brings to 0.22 for Python and
to 0.32 for machine code).
"""

from __future__ import annotations

import itertools
import math
import os
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Older than all that is made of them: what remembers a file by its time (git does, and hashzip)
# cannot trust one that is as new as its memory.
_AN_OLD_TIME = 1_600_000_000

_POOL = 4 << 20  # bytes; far more than the 32 KiB that deflate looks back
_WORDS = 1_500
_MARKS = (" = ", "(", ").", ", ", ": ", " in ", " + self.", "[", "] == ")
_RECURRING_LINES = 0.5
_PARAGRAPH = 5  # lines, at most
_RECENT_LINES = 300
_INSTRUCTIONS = 2_500
_LENGTHS = (1, 3, 2, 5, 4)  # bytes; fixed by rank, since the first few weigh most
_RECURRING_SEQUENCES = 0.25
_SEQUENCE = 9  # instructions, at most
_RECENT = 3_000  # instructions
_OPERANDS = 0.1
_SIGMA = 1.2  # of the natural logarithm of a size; few files are large, and they weigh most
_FILES_A_FOLDER = 20


@dataclass(frozen=True)
class Content:
    """Bytes to make files of: slices of one pool a kind.

    Attributes:
        seed: What all of it comes from.
    """

    seed: int

    @cached_property
    def code(self) -> bytes:
        """Lines as in a Python module: few words are used most of the time, and lines recur."""
        random = Random(f"code {self.seed}")  # noqa: S311 - the same bytes each time is the point
        words = [_word(random) for _ in range(_WORDS)]
        chosen = itertools.cycle(
            random.choices(words, cum_weights=_falling(_WORDS, 1.1), k=_POOL // 7)
        )
        lines: list[list[str]] = []
        while len(lines) < _POOL // 33:
            if len(lines) > _RECENT_LINES and random.random() < _RECURRING_LINES:
                start = len(lines) - random.randint(_PARAGRAPH, _RECENT_LINES)
                for line in lines[start : start + random.randint(1, _PARAGRAPH)]:
                    word = 1 + 2 * random.randrange(len(line) // 2)
                    lines.append([*line[:word], next(chosen), *line[word + 1 :]])
            else:
                line = ["    " * random.choice((0, 1, 1, 2, 2, 3))]
                for each in itertools.islice(chosen, random.randint(2, 6)):
                    line += (each, random.choice(_MARKS))
                lines.append(line)
        return "\n".join("".join(line) for line in lines).encode()

    @cached_property
    def machine_code(self) -> bytes:
        """Instructions, some with operands that do not recur, and sequences of them that do."""
        random = Random(f"machine code {self.seed}")  # noqa: S311
        words = [random.randbytes(_LENGTHS[rank % 5]) for rank in range(_INSTRUCTIONS)]
        weights = _falling(_INSTRUCTIONS, 1.15)
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

    @cached_property
    def packed(self) -> bytes:
        """What cannot be compressed any more, such as data that is packed already."""
        return Random(f"packed {self.seed}").randbytes(_POOL)  # noqa: S311


def _word(random: Random) -> str:
    return "".join(random.choices("etaoinsrhldcumfpgwybvkxqz_", k=random.randint(3, 12)))


def _falling(count: int, exponent: float) -> list[float]:
    """Return cumulative weights by Zipf's law, as the words of a language are used."""
    return list(itertools.accumulate(rank**-exponent for rank in range(1, count + 1)))


def source_code(folder: Path, files: int, *, content: Content, mean: int = 4_250) -> None:
    """Make a tree of modules in nested folders.

    Args:
        folder: Where; it is made.
        files: How many.
        content: What they hold.
        mean: Their mean size in bytes.
    """
    random = Random(f"source code {content.seed} {files} {folder.name}")  # noqa: S311
    for number, size in enumerate(_sizes(random, files, mean)):
        deep = "/".join(f"package_{digit}" for digit in str(number // _FILES_A_FOLDER))
        _write(folder / deep / f"module_{number:06}.py", random, content.code, size)


def dependencies(folder: Path, files: int, *, content: Content) -> None:
    """Make a tree like the dependencies of a program: modules, compiled ones, and data.

    Args:
        folder: Where; it is made.
        files: How many; with 5,319 they weigh 134 MB.
        content: What they hold.
    """
    random = Random(f"dependencies {content.seed} {files}")  # noqa: S311
    compiled, data = max(1, files // 80), files // 12
    for number, size in enumerate(_sizes(random, files - compiled - data, 11_220)):
        deep = f"package_{number % 23:02}/{'inner/' * (number % 3)}"
        _write(folder / deep / f"module_{number:05}.py", random, content.code, size)
    for number in range(data):
        size = random.randint(2_000, 30_000)
        _write(folder / f"package_{number % 23:02}/data/{number}.gz", random, content.packed, size)
    # One is far larger than the others, as the linear algebra of numpy is.
    weights = [1 / rank for rank in range(1, compiled + 1)]
    for number, weight in enumerate(weights):
        size = int(compiled * 1_120_000 * weight / math.fsum(weights))
        file = folder / f"package_{number % 23:02}/_compiled_{number:02}.so"
        _write(file, random, content.machine_code, size, start=b"\x7fELF")


def functions(folder: Path, count: int, *, content: Content, files: int = 50) -> None:
    """Make a project of many functions: `functions/fN` each, and `shared` for all.

    Args:
        folder: Where; it is made, with a `hashzip.toml`.
        count: How many functions.
        content: What they hold.
        files: How many files each function has of its own; `shared` has four times as many.
    """
    source_code(folder / "shared" / "library", 4 * files, content=content)
    tables = []
    for number in range(count):
        name = f"f{number}"
        source_code(folder / "functions" / name / name, files, content=content)
        tables.append(declaration(name, ["shared", f"functions/{name}"]))
    (folder / "hashzip.toml").write_text("\n".join(tables), encoding="utf-8")


def declaration(name: str, source: list[str]) -> str:
    """Return the table of a function in `hashzip.toml`."""
    quoted = ", ".join(f'"{each}"' for each in source)
    return (
        f"[function.{name}]\nsource = [{quoted}]\n"
        'handler = "app.handler"\nruntime = "python3.13"\narchitecture = "x86_64"\n'
    )


def _sizes(random: Random, files: int, mean: int) -> list[int]:
    """Draw sizes as those of source files are spread: log-normally."""
    median = math.log(mean) - _SIGMA**2 / 2
    return [int(random.lognormvariate(median, _SIGMA)) for _ in range(files)]


def _write(file: Path, random: Random, pool: bytes, size: int, *, start: bytes = b"") -> None:
    # The name goes in, so that no two files are alike, which git would store once.
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
    os.utime(file, (_AN_OLD_TIME, _AN_OLD_TIME))
