"""The growth of time with the number of files: a table and a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts import pages
from scripts.benchmark import measure, scenarios

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from scripts.benchmark.scenarios import Place

    Growth = Mapping[int, Mapping[str, float]]  # seconds by number of files and program

FILES = (10, 100, 1_000, 10_000, 100_000)
# Two colours that colour-blind people can tell apart; the peers are grey.
LINES = {
    "cold": ("hashzip external, first time", "#0b6e99", "--", "o"),
    "warm": ("hashzip external, again", "#0b6e99", "-", "o"),
    "sha256sum": ("sha256sum", "#777777", "--", "s"),
    "git": ("git status", "#777777", "-", "s"),
}


def table(place: Place, runs: int, chart: Path | None = None) -> pages.Table:
    """Measure the programs of `LINES` on trees of all sizes, and draw the chart into a file."""
    growth = {}
    for files in FILES:
        figures = measure.in_turn(scenarios.tree(place, files), runs)
        growth[place.count(files)] = {name: figures[name].seconds for name in LINES}
    if chart:
        draw(growth, chart)
    rows = [
        (f"{files:,}", *(pages.seconds(seconds[name]) for name in LINES))
        for files, seconds in growth.items()
    ]
    header = ("files", *(title for title, *_ in LINES.values()))
    return pages.Table(header, rows, text_columns=0, name="growth")


def draw(growth: Growth, file: Path) -> None:
    """Draw the chart as an SVG; the same figures give the same bytes."""
    from matplotlib import rc_context  # noqa: PLC0415 - slow, and only for a chart
    from matplotlib.figure import Figure  # noqa: PLC0415

    # The salt replaces random names in the SVG; text stays text.
    with rc_context({"svg.hashsalt": "hashzip", "svg.fonttype": "none", "font.size": 11}):
        figure = Figure(figsize=(7.5, 4.5), layout="constrained")
        axes = figure.subplots()
        for name, (title, color, line, marker) in LINES.items():
            style = {"color": color, "linestyle": line, "marker": marker, "markersize": 5}
            seconds = [row[name] for row in growth.values()]
            axes.loglog(list(growth), seconds, label=title, **style)
        axes.set_xlabel("files in the function (4 kB each)")
        axes.set_ylabel("seconds")
        axes.grid(visible=True, which="major", color="#dddddd")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
