"""How the time grows with the number of files, measured and drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from scripts.benchmark.bench import Bench

FILES = (10, 100, 1_000, 10_000, 100_000)
PROGRAMS = {
    "cold": "hashzip external, first time",
    "warm": "hashzip external, again",
    "sha256sum": "sha256sum",
    "git": "git status",
}

# Two colours that people with any eyes tell apart; what is not hashzip stays grey.
_STYLES = {
    "cold": {"color": "#0b6e99", "linestyle": "--", "marker": "o"},
    "warm": {"color": "#0b6e99", "linestyle": "-", "marker": "o"},
    "sha256sum": {"color": "#777777", "linestyle": "--", "marker": "s"},
    "git": {"color": "#777777", "linestyle": "-", "marker": "s"},
}

Growth = dict[str, dict[int, float]]


def measure(bench: Bench) -> Growth:
    """Return the seconds of each program by the number of files."""
    counts = sorted({bench.scaled(files) for files in FILES})
    return {
        program: {files: bench.modules(files)[program].seconds for files in counts}
        for program in PROGRAMS
    }


def draw(growth: Mapping[str, Mapping[int, float]], file: Path) -> None:
    """Draw it as an SVG; the same figures give the same bytes."""
    from matplotlib import rc_context  # noqa: PLC0415 - slow, and only for a drawing
    from matplotlib.figure import Figure  # noqa: PLC0415

    # Names inside of an SVG come from this instead of from chance; text stays text.
    with rc_context({"svg.hashsalt": "hashzip", "svg.fonttype": "none", "font.size": 11}):
        figure = Figure(figsize=(7.5, 4.5), layout="constrained")
        axes = figure.subplots()
        for program, title in PROGRAMS.items():
            points = growth[program]
            axes.loglog(
                list(points), list(points.values()), label=title, markersize=5, **_STYLES[program]
            )
        axes.set_xlabel("files in the function (4 kB each)")
        axes.set_ylabel("seconds")
        axes.grid(visible=True, which="major", color="#dddddd")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
        file.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
