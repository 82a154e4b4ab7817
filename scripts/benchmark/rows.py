"""The rows of `rows.toml`, measured beside their peers or beside hashzip at another commit."""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from scripts import pages, process
from scripts.benchmark import measure
from scripts.benchmark.programs import HERE, Hashzip, MissingError
from scripts.benchmark.scenarios import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scripts.benchmark.scenarios import Place

HEADER = ("work", "compared with", "hashzip", "other", "ratio", "goal")
COMPARED = ("external", "build", "many")  # with another commit, unless rows are named
COMPARED_RUNS = 25  # there a few percent matter


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row; `rows.toml` describes its keys."""

    name: str
    work: str
    timed: str
    peer: str = ""
    peers: Sequence[str] = ()
    goal: float | None = None
    figure: str = "seconds"
    table: str = "rows"

    @property
    def scenario(self) -> str:
        """The name of its scenario."""
        return self.timed.partition(".")[0]

    @property
    def programs(self) -> Sequence[str]:
        """The names of its programs in that scenario, hashzip first."""
        return (self.timed.partition(".")[2], *self.peers)


@dataclass(frozen=True)
class Outcome:
    """The figures of a row, in seconds or bytes; 0 if there is none."""

    row: Row
    ours: float = 0
    theirs: float = 0
    missing: str = ""  # why it was not measured

    @property
    def missed(self) -> bool:
        """Whether it was measured, and missed its goal."""
        value = self.ours / (self.theirs or 1e6)  # a ratio, or MB
        return not self.missing and self.row.goal is not None and value >= self.row.goal

    def cells(self) -> Sequence[str]:
        """Return the cells of the table."""
        row, show = self.row, pages.seconds if self.row.figure == "seconds" else pages.megabytes
        goal = f"< {row.goal:g}{'' if row.peer else ' MB'}" if row.goal else ""
        ours = self.missing or show(self.ours)
        theirs = (show(self.theirs), f"{self.ours / self.theirs:.3g}") if self.theirs else ("", "")
        return (row.work, row.peer, ours, *theirs, goal + ", missed" * self.missed)


_DATA = Path(__file__).with_name("rows.toml").read_text(encoding="utf-8")
ROWS = {name: Row(name=name, **keys) for name, keys in tomllib.loads(_DATA).items()}


def table(name: str, rows: Sequence[Row], place: Place, runs: int) -> pages.Table:
    """Measure rows; those of a scenario together, in turn.

    Raises:
        ScriptError: A program failed.
    """
    outcomes: dict[str, Outcome] = {}
    for scenario in dict.fromkeys(row.scenario for row in rows):
        group = [row for row in rows if row.scenario == scenario]
        outcomes |= {outcome.row.name: outcome for outcome in _group(group, place, runs)}
    cells = [outcomes[row.name].cells() for row in rows]
    missed = [row.name for row in rows if outcomes[row.name].missed]
    return pages.Table(HEADER, cells, text_columns=2, name=name, missed=missed)


def _group(rows: Sequence[Row], place: Place, runs: int) -> Iterator[Outcome]:
    """Measure rows of one scenario."""
    try:
        programs = SCENARIOS[rows[0].scenario](place)
    except MissingError as error:
        yield from (Outcome(row, missing=str(error)) for row in rows)
        return
    names = [name for name in programs if any(name in row.programs for row in rows)]
    runnable = {name: programs[name] for name in names if shutil.which(programs[name].command[0])}
    figures = measure.in_turn(runnable, runs)
    for row in rows:
        missing = [programs[name].command[0] for name in row.programs if name not in figures]
        if missing:
            yield Outcome(row, missing=f"no program {missing[0]}")
        else:
            ours, *theirs = (getattr(figures[name], row.figure) for name in row.programs)
            yield Outcome(row, ours, sum(theirs))


def compared(rows: Sequence[Row], ref: str, place: Place, runs: int) -> pages.Table:
    """Measure hashzip's part of rows, here and at another commit, in turn.

    Raises:
        ScriptError: Git does not know the commit, or a program failed.
    """
    sides = {"at": _extracted(ref, place.folder / "at"), "here": _copied(place.folder / "here")}
    cells = []
    for row in rows:
        programs = {}
        for side, hashzip in sides.items():
            folder = place.folder / side / row.name
            folder.mkdir()
            own = replace(place, folder=folder, hashzip=hashzip)
            programs[side] = SCENARIOS[row.scenario](own)[row.programs[0]]
        at, here = measure.in_turn(programs, runs).values()
        ratios = here.seconds / at.seconds, here.cpu / at.cpu, here.memory / at.memory
        times = pages.seconds(at.seconds), pages.seconds(here.seconds)
        cells.append((row.timed, *times, *(f"{ratio:.3f}" for ratio in ratios)))
    header = ("hashzip", f"at {ref}", "here", "ratio", "of CPU time", "of memory")
    return pages.Table(header, cells)


def _extracted(ref: str, folder: Path) -> Hashzip:
    """Extract a commit into a folder."""
    folder.mkdir(exist_ok=True)
    archive, checkout = folder / "checkout.tar", folder / "checkout"
    command = ["git", "archive", f"--output={archive}", ref, "build", "infra"]
    hint = "name a commit, a branch or a tag of this repository"
    process.output(command, hint, folder=str(HERE.checkout))
    shutil.unpack_archive(archive, checkout, filter="data")
    return Hashzip(checkout)


def _copied(folder: Path) -> Hashzip:
    """Copy this checkout into a folder, beside the other commit, in the same file system."""
    ignored = shutil.ignore_patterns("__pycache__", ".terraform*", "terraform.tfstate*")
    for name in ("build", "infra"):
        shutil.copytree(HERE.checkout / name, folder / "checkout" / name, ignore=ignored)
    return Hashzip(folder / "checkout")
