"""The rows of the table: what is measured, against what, and what is promised."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.benchmark import verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scripts.benchmark.bench import Bench

MANY = 100_000  # files
_HINTS = {"zip": "apt-get install zip", "terraform": "see developer.hashicorp.com/terraform"}


@dataclass(frozen=True)
class Row:
    """A promise.

    Attributes:
        name: A word.
        work: What hashzip does.
        against: What does the same; "" where the target is an amount.
        target: What our figure, divided by the other's, stays below, or the amount that it stays
            below; None where there is no promise, and the row only tells.
        unit: "s" or "MB".
        ours: Our figure, in its unit.
        theirs: The other's; None where the target is an amount.
        needs: The programs that must be on the PATH.
    """

    name: str
    work: str
    against: str
    target: float | None
    unit: str
    ours: Callable[[Bench], float]
    theirs: Callable[[Bench], float] | None
    needs: Sequence[str] = ()


@dataclass(frozen=True)
class Outcome:
    """What became of a row.

    Attributes:
        row: The row.
        ours: Our figure, or None where it was skipped.
        theirs: The other's figure, if there is another.
        skipped: Why it was skipped, or "".
    """

    row: Row
    ours: float | None = None
    theirs: float | None = None
    skipped: str = ""

    @property
    def ratio(self) -> float | None:
        """Our figure, divided by the other's."""
        return self.ours / self.theirs if self.ours is not None and self.theirs else None

    @property
    def holds(self) -> bool | None:
        """Whether the promise is kept; None where there is none, or nothing was measured."""
        figure = self.ratio if self.row.theirs else self.ours
        return None if figure is None or self.row.target is None else figure < self.row.target


def measure(row: Row, bench: Bench) -> Outcome:
    """Measure a row, or skip it where a program is missing.

    Raises:
        ScriptError: A program failed.
    """
    for program in row.needs:
        if shutil.which(program) is None:
            hint = _HINTS.get(program, "install it")
            return Outcome(row, skipped=f"no program {program}: {hint}")
    return Outcome(row, row.ours(bench), row.theirs(bench) if row.theirs else None)


def _tree_memory(bench: Bench) -> float:
    modules = bench.modules(bench.scaled(MANY))
    return max(modules["cold"].memory, modules["warm"].memory) / 1e6


def _smaller_zip(bench: Bench) -> float:
    others = [bench.zips[name] for name in ("zipfile", "zip9") if name in bench.zips]
    return min(other.size for other in others) / 1e6


ROWS = (
    Row(
        "external-small",
        "external on hello, nothing changed",
        'python3 -I -c "import json, hashlib, os"',
        2.0,
        "s",
        lambda bench: bench.hello["external"].seconds,
        lambda bench: bench.hello["interpreter"].seconds,
    ),
    Row(
        "external-warm",
        "external on 100,000 files, 425 MB, read before",
        "git status",
        2.0,
        "s",
        lambda bench: bench.modules(bench.scaled(MANY))["warm"].seconds,
        lambda bench: bench.modules(bench.scaled(MANY))["git"].seconds,
        needs=("git",),
    ),
    Row(
        "external-cold",
        "external on 100,000 files, 425 MB, not read before",
        "sha256sum in one thread (find | xargs, 1.9 MB of paths a process)",
        1.1,
        "s",
        lambda bench: bench.modules(bench.scaled(MANY))["cold"].seconds,
        lambda bench: bench.modules(bench.scaled(MANY))["sha256sum"].seconds,
        needs=("git", "sha256sum"),
    ),
    Row(
        "external-memory",
        "most memory of external on 100,000 files",
        "",
        120,
        "MB",
        _tree_memory,
        None,
        needs=("git",),
    ),
    Row(
        "zip-cold",
        "build of 5,319 files, 134 MB, from nothing",
        "Python's zipfile, level 6",
        0.33,
        "s",
        lambda bench: bench.zips["cold"].seconds,
        lambda bench: bench.zips["zipfile"].seconds,
    ),
    Row(
        "zip-cold-zip9",
        "build of 5,319 files, 134 MB, from nothing",
        "zip -9",
        0.15,
        "s",
        lambda bench: bench.zips["cold"].seconds,
        lambda bench: bench.zips["zip9"].seconds,
        needs=("zip",),
    ),
    Row(
        "zip-size",
        "size of that zip",
        "the smaller one of zipfile's and zip -9's",
        1.0,
        "MB",
        lambda bench: bench.zips["cold"].size / 1e6,
        _smaller_zip,
    ),
    Row(
        "zip-memory",
        "most memory of that build",
        "",
        100,
        "MB",
        lambda bench: bench.zips["cold"].memory / 1e6,
        None,
    ),
    Row(
        "zip-one-changed",
        "build of that tree after a change of one small file",
        "the build from nothing",
        0.15,
        "s",
        lambda bench: bench.zips["one_changed"].seconds,
        lambda bench: bench.zips["cold"].seconds,
    ),
    Row(
        "build-nothing",
        "build of hello, nothing to do",
        "external on hello, by the same interpreter",
        1.5,
        "s",
        lambda bench: bench.hello["build"].seconds,
        lambda bench: bench.hello["external_installed"].seconds,
    ),
    Row(
        "rebuild-packages",
        "build of a function with numpy and pandas after an edit of its source",
        "its first build, with a warm uv cache",
        verdict.PROMISE,
        "s",
        lambda bench: bench.tables["rebuild"].seconds,
        lambda bench: bench.tables["first"].seconds,
    ),
    Row(
        "plan",
        "terraform plan of a small function, nothing to do",
        "the same with filename and source_code_hash written by hand",
        1.05,
        "s",
        lambda bench: bench.plans["package"].seconds,
        lambda bench: bench.plans["hand"].seconds,
        needs=("terraform",),
    ),
    Row(
        "many-nothing",
        "build of 200 functions of 50 files and 200 shared ones, nothing to do",
        "Python's os.scandir, with stat of each file",
        2.0,
        "s",
        lambda bench: bench.functions["nothing"].seconds,
        lambda bench: bench.functions["scan"].seconds,
    ),
    Row(
        "many-nothing-find",
        "the same",
        "find, with size and time of each file",
        None,  # it is done before a program in Python has loaded what it needs
        "s",
        lambda bench: bench.functions["nothing"].seconds,
        lambda bench: bench.functions["find"].seconds,
        needs=("find",),
    ),
    Row(
        "many-one-changed",
        "the same after a change of one file of one function",
        "nothing to do, plus a build of that function alone",
        1.1,
        "s",
        lambda bench: bench.functions["one_changed"].seconds,
        lambda bench: bench.functions["nothing"].seconds + bench.functions["single"].seconds,
    ),
)
