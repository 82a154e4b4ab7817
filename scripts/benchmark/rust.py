"""Measures this repository's function in Rust: builds, beside cargo-lambda's, size and start."""

from __future__ import annotations

import itertools
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from scripts.benchmark import cargo_lambda, measure, rust_crates, rust_starts, tools
from scripts.benchmark.programs import CHECKOUT
from scripts.benchmark.rust_crates import PROFILES, Crates, digest, our_zip, program, their_zip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from scripts.benchmark.measure import Run
    from scripts.benchmark.start import Start

CRATE = CHECKOUT / "handler" / "rust"
STARTS = 20  # fresh processes that are timed, of each function
FIRST_RUNS = 2  # from nothing, each in another folder: fewer could not be compared
MOST_SLOW_RUNS = 3  # of each edit: compiling takes most of the time that all of it takes


@dataclass(frozen=True)
class Package:
    """A zip.

    Attributes:
        title: How it was made, in Markdown.
        program: Size of the program in bytes.
        zipped: Size of the zip in bytes.
        start: Seconds from the start of the program to its first answer.
    """

    title: str
    program: int
    zipped: int
    start: float | None = None


@dataclass(frozen=True)
class Work:
    """A build, by both.

    Attributes:
        title: What there is to do.
        ours: Seconds that hashzip takes.
        theirs: Seconds that cargo-lambda takes.
        processors: Seconds of processors that hashzip takes, for each that cargo-lambda takes: what
            else the machine does changes it less.
        runs: How often each was measured.
        compiles: Whether hashzip compiles.
    """

    title: str
    ours: float
    theirs: float
    processors: float
    runs: int
    compiles: bool


@dataclass(frozen=True)
class Twins:
    """Two builds of the same sources, in two folders.

    Attributes:
        zips: The SHA-256 of each zip.
        programs: That of the program in each.
    """

    zips: Sequence[str] = ()
    programs: Sequence[str] = ()


@dataclass(frozen=True)
class Found:
    """What was measured.

    Attributes:
        packages: By hashzip, one a profile, and the last of them by cargo-lambda.
        works: What was built, in what time.
        ours: Two builds by hashzip.
        theirs: Two builds by cargo-lambda.
        versions: What they were built with.
        python: Seconds that hello in Python takes to its first answer.
        no_python: Why that was not measured, or "".
        skipped: Why nothing was measured, or "".
    """

    packages: Sequence[Package] = ()
    works: Sequence[Work] = ()
    ours: Twins = Twins()
    theirs: Twins = Twins()
    versions: Mapping[str, str] | None = None
    python: float | None = None
    no_python: str = ""
    skipped: str = ""

    def as_json(self) -> Mapping[str, Any]:
        """Return all of it."""
        return asdict(self)


def measured(
    folder: Path,
    *,
    runs: int,
    starts: int = STARTS,
    crate: Path = CRATE,
    python: Callable[[Path], Start] | None = None,
) -> Found:
    """Build the function in both ways, in turn, and start it.

    Args:
        folder: Where copies of it go; it is made.
        runs: How often each build runs; an edit, `MOST_SLOW_RUNS` at most.
        starts: How often each function is started.
        crate: What to build.
        python: Makes what is started beside it, in a folder; by default, hello in Python.

    Raises:
        ScriptError: A program failed.
    """
    try:
        crates = Crates(folder, crate, rust_crates.environment())
    except tools.MissingError as error:
        return Found(skipped=str(error))
    folder.mkdir(parents=True)
    crates.warm()
    mine, other, first = _first(crates)
    ours, theirs = _twins(map(our_zip, mine)), _twins(map(their_zip, other))
    zips = [*_profiles(crates), our_zip(mine[-1])]
    seconds, python_seconds, no_python = rust_starts.measured(
        zips, folder, starts, python or rust_starts.hello_in_python
    )
    titles = [profile.title for profile in PROFILES]
    packages = [_package(*each) for each in zip(titles, zips, seconds, strict=True)]
    packages.append(_package("the same, by cargo-lambda", their_zip(other[-1])))
    return Found(
        packages=packages,
        works=[*_again(crates, mine[-1], other[-1], runs), first],
        ours=ours,
        theirs=theirs,
        versions=rust_crates.versions(mine[-1]),
        python=python_seconds,
        no_python=no_python,
    )


def _first(crates: Crates) -> tuple[list[Path], list[Path], Work]:
    """Build from nothing, each time in another folder."""
    mine = [crates.copy(f"hashzip-{number}") for number in range(FIRST_RUNS)]
    other = [crates.copy(f"cargo-lambda-{number}") for number in range(FIRST_RUNS)]
    runs = [
        (measure.once(crates.ours(ours)), measure.once(crates.theirs(theirs)))
        for ours, theirs in zip(mine, other, strict=True)
    ]
    return mine, other, _work("from nothing", runs, compiles=True)


def _profiles(crates: Crates) -> list[Path]:
    """Build the crate once with each profile but its own."""
    found = []
    for profile in PROFILES[:-1]:
        project = crates.copy(profile.name, profile)
        measure.once(crates.ours(project))
        found.append(our_zip(project))
    return found


def _again(crates: Crates, mine: Path, other: Path, runs: int) -> list[Work]:
    """Build what was built: as it is, touched, edited."""
    one, another = measure.in_turn([crates.ours(mine), crates.theirs(other)], runs)
    nothing = list(zip(one.runs, another.runs, strict=True))
    found = [_work("nothing to do", nothing, compiles=False)]
    for title, change, compiles in (
        ("after `touch src/main.rs`", _touch, False),
        ("after an edit of `src/main.rs`", _edit, True),
    ):
        ours, theirs = crates.ours(mine, change(mine)), crates.theirs(other, change(other))
        # None before that does not count: what has compiled is warm.
        slow = range(min(runs, MOST_SLOW_RUNS))
        both = [(measure.once(ours), measure.once(theirs)) for _ in slow]
        found.append(_work(title, both, compiles=compiles))
    return found


def _work(title: str, runs: Sequence[tuple[Run, Run]], *, compiles: bool) -> Work:
    ours, theirs = map(measure.Figures, zip(*runs, strict=True))
    share = ours.processors / theirs.processors
    return Work(title, ours.seconds, theirs.seconds, share, len(runs), compiles)


def _touch(project: Path) -> Callable[[], None]:
    return lambda: os.utime(project / "src/main.rs")


def _edit(project: Path) -> Callable[[], None]:
    """Return what edits the source: each time, it answers what it never did before."""
    main = project / "src/main.rs"
    source = main.read_text(encoding="utf-8")
    numbers = itertools.count()

    def edit() -> None:
        main.write_text(cargo_lambda.edited(source, next(numbers)), encoding="utf-8")

    return edit


def _package(title: str, path: Path, start: float | None = None) -> Package:
    return Package(title, len(program(path)), path.stat().st_size, start)


def _twins(packages: Iterable[Path]) -> Twins:
    zips = list(packages)
    return Twins([digest(one.read_bytes()) for one in zips], [digest(program(one)) for one in zips])
