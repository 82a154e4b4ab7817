"""What `hashzip build` says of its results: a line for each content, and a summary."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from hashzip import terminal
from hashzip.commands import _output
from hashzip.pipeline import Built
from hashzip.printable import printable

_MAX_PACKAGES = 3


class Folded:
    """Results with the same content, which have one line.

    Args:
        fingerprints: The fingerprint of each function, by name.
    """

    def __init__(self, fingerprints: Mapping[str, str]) -> None:
        self._missing = Counter(fingerprints.values())
        self._results: dict[str, list[tuple[str, Built]]] = {}

    def add(self, name: str, built: Built) -> Iterator[str]:
        """Add a result, and yield the lines that are complete with it."""
        key = built.fingerprint
        self._missing[key] -= 1
        self._results.setdefault(key, []).append((name, built))
        if self._missing[key] <= 0:
            yield from _lines(self._results.pop(key))

    def rest(self) -> Iterator[str]:
        """Yield the lines that are incomplete, because a build failed."""
        for results in self._results.values():
            yield from _lines(results)


def _lines(results: Iterable[tuple[str, Built]]) -> Iterator[str]:
    """Yield a line for each reason, of results with the same content."""
    by_reason: dict[str, list[tuple[str, Built]]] = {}
    for name, built in results:
        by_reason.setdefault(built.reason, []).append((name, built))
    for reason, equal in by_reason.items():
        names = ", ".join(name for name, _ in equal)
        built = equal[0][1]
        is_pushed = any(each.is_pushed for _, each in equal)
        store = ", pushed" if is_pushed else ", in the store" if built.stored else ""
        if not reason:
            yield f"{names}: up to date{store}"
            continue
        seconds = sum(each.seconds for _, each in equal)
        result = (
            f"{built.fingerprint[: _output.DIGITS]} ({printable(reason)}), "
            f"{_output.megabytes(built.sizes.zip)}{store}, {seconds:.1f} s"
        )
        verb = terminal.paint("built", terminal.GOOD, sys.stdout)
        yield f"{_names(names, len(result))} {verb} {result}"


def _names(names: str, rest: int) -> str:
    """Return the names before a result; on a terminal, in lines of their own if there are many."""
    width = terminal.columns(sys.stdout)
    is_long = len(names) + len(": built ") + rest > width
    if not is_long or ", " not in names or not terminal.is_terminal(sys.stdout):
        return f"{names}:"
    import textwrap

    wrapped = textwrap.wrap(
        f"{names}:", width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(wrapped) + "\n "


def summary(results: Sequence[Built], seconds: float) -> str:
    """Sum up: `3 built, 14 up to date, 12.4 MB (+1.2 MB: numpy 2.1.2 -> 2.3.4), 2.1 s`.

    Equal contents count once in the sizes.

    Args:
        results: The results of one run.
        seconds: How long the run took.
    """
    built = [result for result in results if result.reason]
    counts = ((len(built), "built"), (len(results) - len(built), "up to date"))
    by_content = {result.fingerprint: result for result in results}
    size = sum(result.sizes.zip for result in by_content.values())
    growths = {result.fingerprint: result.growth for result in built if result.growth}
    growth = sum(growths.values())
    packages = list(dict.fromkeys(name for result in built for name in result.packages))
    parts = [f"{count} {state}" for count, state in counts if count]
    parts.append(_output.megabytes(size) + _difference(growth, packages))
    return printable(", ".join([*parts, f"{seconds:.1f} s"]))


def _difference(growth: int, packages: Sequence[str]) -> str:
    sign = "+" if growth > 0 else "-"
    parts = [f"{sign}{_output.megabytes(abs(growth))}"] if growth else []
    if packages:
        more = len(packages) - _MAX_PACKAGES
        rest = f" and {more} more" if more > 0 else ""
        parts.append(", ".join(packages[:_MAX_PACKAGES]) + rest)
    return f" ({': '.join(parts)})" if parts else ""
