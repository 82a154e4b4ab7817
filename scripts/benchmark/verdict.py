"""What the figures of functions with packages show, in sentences that are made from them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, cast

from scripts.benchmark.report import figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scripts.benchmark.packages import Outcome

NOISE = 1.05  # two times that are closer than this count as equal
PROMISE = 0.2  # what a rebuild after an edit takes of the first build, at most
PROMISED = "tables"  # of which function


@dataclass(frozen=True)
class Column:
    """A figure of an outcome.

    Attributes:
        key: Its attribute.
        title: What it is.
        unit: "MB" or "s".
        behind: What a way that is not the best has.
    """

    key: str
    title: str
    unit: str
    behind: str

    def of(self, outcome: Outcome) -> float | None:
        """Return the figure in its unit, or None where there is none."""
        value = cast("float | None", getattr(outcome, self.key))
        return value if value is None or self.unit == "s" else value / 1e6

    def is_behind(self, ours: Outcome, theirs: Outcome) -> bool:
        """Return whether our figure is larger, by more than chance."""
        mine, other = self.of(ours), self.of(theirs)
        slack = NOISE if self.unit == "s" else 1
        return mine is not None and other is not None and mine > other * slack


COLUMNS = (
    Column("unpacked", "unpacked", "MB", "larger unpacked"),
    Column("zipped", "zip", "MB", "a larger zip"),
    Column("first", "first build", "s", "a slower first build"),
    Column("rebuild", "rebuild after an edit", "s", "a slower rebuild"),
    Column("start", "import", "s", "a slower import"),
)
_UNPACKED, _ZIP, _FIRST, _REBUILD, _START = COLUMNS


def by_function(outcomes: Sequence[Outcome]) -> list[list[Outcome]]:
    """Return the outcomes of each function, hashzip as it is without options first."""
    return [list(group) for _, group in groupby(outcomes, lambda outcome: outcome.case.name)]


def sentences(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Say what the figures of one function show.

    Args:
        outcomes: Of that function, hashzip as it is without options first.
    """
    plain, *rest = outcomes
    name = plain.case.title
    for column, better, worse in (
        (_ZIP, "smaller than", "no smaller than"),
        (_REBUILD, "quicker than", "no quicker than"),
    ):
        others = [other for other in rest if not other.way.ours and column.of(other) is not None]
        if others:
            words = [_compared(column, plain, other, better, worse) for other in others]
            mine = figure(column.of(plain), column.unit)
            yield f"{name}, {column.title}: {mine}, {'; '.join(words)}."
    yield _share(plain)
    for other in rest:
        if other.way.ours:
            words = [
                f"{(column.of(other) or 0) / (column.of(plain) or 1):.2f} of the {column.title}"
                for column in (_ZIP, _FIRST, _START)
            ]
            yield f"{name}: {other.way.title} has {', '.join(words)} of hashzip as is."


def _share(plain: Outcome) -> str:
    share = (plain.rebuild or 0) / (plain.first or 1)
    text = f"{plain.case.title}: a rebuild after an edit takes {share:.2f} of the first build"
    if plain.case.name != PROMISED:
        return f"{text}."
    kept = "less than a fifth" if share < PROMISE else "**not** less than a fifth"
    return f"{text}, {kept}."


def behind(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Say where hashzip is not the best.

    Args:
        outcomes: Of one function.
    """
    others = [other for other in outcomes if not other.way.ours]
    for mine in outcomes:
        if not mine.way.ours:
            continue
        words = []
        for column in COLUMNS:
            better = [
                f"{other.way.title} ({figure(column.of(other), column.unit)})"
                for other in others
                if column.is_behind(mine, other)
            ]
            if better:
                own = figure(column.of(mine), column.unit)
                words.append(f"{column.behind} ({own}) than {' and '.join(better)}")
        if words:
            yield f"{mine.case.title}, {mine.way.title}: {'; '.join(words)}."


def _compared(column: Column, ours: Outcome, theirs: Outcome, better: str, worse: str) -> str:
    mine, other = column.of(ours) or 0, column.of(theirs) or 1
    word = worse if column.is_behind(ours, theirs) or mine >= other else better
    return f"{word} {theirs.way.title} (ratio {mine / other:.2f})"
