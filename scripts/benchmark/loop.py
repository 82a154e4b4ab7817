"""From a save to the first answer of the new code: `python -m scripts.benchmark --loop`.

Whole loop, as a browser sees it: the file is written, and the function's port is asked until it
answers with what was written. Between two saves there is a pause, as there is between a person's.
In the same run, what others have for it.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from uv import find_uv_bin

from scripts.benchmark import cargo_lambda, measure, sam, tools, watch, ways

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_MORE = 4  # how many more runs the quick ones get


@dataclass(frozen=True, kw_only=True)
class Loop:
    """A loop to measure.

    Attributes:
        name: A word, for its folder.
        title: Who runs it, and what, in Markdown.
        until: What it is measured to.
        runs: How often it is measured, of each run that is asked for.
        target: Seconds that it should stay below; None where nothing was promised.
        measured: Measures it in an empty folder, so often.
    """

    name: str
    title: str
    until: str
    runs: int = 1
    target: float | None = None
    measured: Callable[[Path, int], Sequence[float]]


@dataclass(frozen=True)
class Outcome:
    """What a loop came to.

    Attributes:
        loop: Which.
        seconds: From each save to its effect.
        skipped: Why it was not measured, or "".
    """

    loop: Loop
    seconds: Sequence[float] = ()
    skipped: str = ""

    @property
    def median(self) -> float | None:
        """Of the seconds."""
        return statistics.median(self.seconds) if self.seconds else None

    def as_json(self) -> Mapping[str, Any]:
        """Return it, without what cannot be written."""
        names = {"name": self.loop.name, "until": self.loop.until, "target": self.loop.target}
        return {**names, "seconds": list(self.seconds), "skipped": self.skipped}


def measured(folder: Path, runs: int, loops: Sequence[Loop] | None = None) -> list[Outcome]:
    """Measure each loop.

    Args:
        folder: An empty one; whoever lends it removes it.
        runs: How often the slowest are measured.
        loops: Which; all, by default.
    """
    found = []
    for loop in LOOPS if loops is None else loops:
        print(f"measuring {loop.name}", file=sys.stderr, flush=True)
        try:
            outcome = Outcome(loop, loop.measured(folder / loop.name, runs * loop.runs))
        except tools.MissingError as error:
            outcome = Outcome(loop, skipped=str(error))
        found.append(outcome)
    return found


def text(found: Sequence[Outcome]) -> str:
    """Return a table in Markdown."""
    rows = ["| who, and what | from a save to | median | runs | goal |", "| --- " * 5 + "|"]
    for outcome in found:
        loop, median = outcome.loop, outcome.median
        figure = f"not measured: {outcome.skipped}" if median is None else f"{median:.2f} s"
        goal = "-" if loop.target is None else f"{loop.target:g} s"
        cells = (loop.title, loop.until, figure, str(len(outcome.seconds)), goal)
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _ours(*packages: str) -> Callable[[Path, int], Sequence[float]]:
    """Measure `hashzip watch` on a function that imports some packages."""

    def measured(folder: Path, runs: int) -> Sequence[float]:
        _make(folder, packages)
        with watch.watching(folder) as url:
            watch.wait(url, {"number": -1})
            return measure.saves(
                lambda number: _save(folder, packages, number),
                lambda number: watch.wait(url, {"number": number}),
                runs,
            )

    return measured


def _rust(folder: Path, runs: int) -> Sequence[float]:
    """Measure `hashzip watch` on this repository's function in Rust."""
    if not sys.platform.startswith("linux"):
        raise tools.MissingError("the local AWS runs what is compiled on Linux only")
    save = cargo_lambda.copied(folder / "rust")
    table = '[function.app]\nbuilder = "rust"\nsource = "rust"\nruntime = "provided.al2023"\n'
    table += f'architecture = "{ways.ARCHITECTURE}"\n'
    (folder / "hashzip.toml").write_text(table, encoding="utf-8")
    save(-1)

    def wait(number: int) -> None:
        watch.wait(url, cargo_lambda.answer(number), cargo_lambda.ASK_SECONDS)

    with watch.watching(folder) as url:
        wait(-1)
        return measure.saves(save, wait, runs)


def _sam(folder: Path, runs: int) -> Sequence[float]:
    """Measure `sam build --cached` on the same function as the first of ours; nothing runs it."""
    folder.mkdir()
    lock = folder / "requirements.txt"
    lock.touch()
    way = sam.way(ways.Case("loop", "", "app", _source((), -1), lock), folder / "project")
    if way.skipped or not (way.first and way.rebuild):
        raise tools.MissingError(way.skipped)
    measure.once(way.first)
    # Each edits the source just before it starts.
    return [measure.once(way.rebuild).seconds for _ in range(runs)]


LOOPS = (
    Loop(
        name="hello",
        title="`hashzip watch`, a function in Python",
        until="its answer",
        runs=_MORE,
        target=0.3,
        measured=_ours(),
    ),
    Loop(
        name="numpy-pandas",
        title="`hashzip watch`, one with numpy and pandas",
        until="its answer",
        runs=_MORE,
        target=1.0,
        measured=_ours("numpy", "pandas"),
    ),
    Loop(
        name="rust",
        title="`hashzip watch`, hello in Rust, development build",
        until="its answer",
        runs=_MORE,
        measured=_rust,
    ),
    Loop(
        name="cargo-lambda",
        title=f"`cargo lambda watch` {cargo_lambda.VERSION}, hello in Rust, debug build",
        until="its answer",
        measured=cargo_lambda.measured,
    ),
    Loop(
        name="sam",
        title=f"`sam build --cached` {sam.VERSION}, a function in Python",
        until="the build's end; nothing answers yet",
        measured=_sam,
    ),
)


def _make(folder: Path, packages: tuple[str, ...]) -> None:
    (folder / "src").mkdir(parents=True)
    table = '[function.app]\nsource = "src"\nhandler = "app.handler"\n'
    table += f'runtime = "python3.{sys.version_info.minor}"\narchitecture = "{ways.ARCHITECTURE}"\n'
    if packages:
        _lock(folder, packages)
        table += 'requirements = "requirements.txt"\n'
    (folder / "hashzip.toml").write_text(table, encoding="utf-8")
    _save(folder, packages, -1)


def _lock(folder: Path, packages: tuple[str, ...]) -> None:
    version = f"3.{sys.version_info.minor}"
    command = [
        find_uv_bin(),
        "pip",
        "compile",
        "--quiet",
        "--generate-hashes",
        "--python-version",
        version,
    ]
    text = "\n".join(packages)
    subprocess.run(
        [*command, "-", "-o", "requirements.txt"], cwd=folder, input=text, text=True, check=True
    )


def _save(folder: Path, packages: tuple[str, ...], number: int) -> None:
    (folder / "src/app.py").write_text(_source(packages, number), encoding="utf-8")


def _source(packages: tuple[str, ...], number: int) -> str:
    lines = [f"import {package}\n" for package in packages]
    lines.append(f"def handler(event, context):\n    return {{'number': {number}}}\n")
    return "".join(lines)
