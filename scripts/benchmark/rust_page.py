"""Writes what was measured of the function in Rust into a page, between two comments."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.benchmark import rust, rust_starts
from scripts.benchmark.report import figure
from scripts.benchmark.verdict import NOISE
from scripts.benchmark.ways import ARCHITECTURE
from scripts.errors import ScriptError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scripts.benchmark.rust import Found, Package, Work

BEGIN = (
    "<!-- Written by `nox -s bench -- --only rust --rust docs/rust.md`, up to the next such line. "
    "Edit nothing here. -->"
)
END = "<!-- The end of what was measured. -->"

# What the article tells of its own function, with the Rust of its day, in MB. Not measured here.
ARTICLE = "Create a Lambda in Rust using Terraform"
ARTICLE_MB = (3.6, 1.8)

_TOOLS = ("hashzip", "rustc", "cargo-lambda", "zig")
_PAGE = Path(__file__).parent / "data/rust.md"


def insert(page: str, text: str) -> str:
    """Return a page with other text between the two comments.

    Args:
        page: Its text.
        text: What was measured.

    Raises:
        ScriptError: It has no such place.
    """
    before, begin, rest = page.partition(f"{BEGIN}\n")
    _, end, after = rest.partition(f"{END}\n")
    if not (begin and end):
        raise ScriptError(
            f"the page has no place for what was measured, between\n{BEGIN}\nand\n{END}",
            "write those two lines where it should be",
        )
    return f"{before}{begin}\n{text.strip()}\n\n{end}{after}"


def text(found: Found, starts: int = rust.STARTS) -> str:
    """Return what was measured, in Markdown.

    Args:
        found: The figures.
        starts: How often each function was started.
    """
    if found.skipped:
        return f"Not measured: {found.skipped}.\n"
    versions = found.versions or {}
    return _PAGE.read_text(encoding="utf-8").format(
        packages="\n".join(_packages(found)),
        works="\n".join(_works(found.works)),
        shows=_list(sentences(found)),
        behind=_list(behind(found.works)),
        noise=f"{NOISE - 1:.0%}",
        machine=f"{os.cpu_count()} processors, {platform.system()} on {platform.machine()}",
        architecture=ARCHITECTURE,
        tools=", ".join(f"{name} {versions.get(name, '-')}" for name in _TOOLS),
        starts=starts,
        ric=" ".join(rust_starts.RIC),
        first=rust.FIRST_RUNS,
    )


def sentences(found: Found) -> Iterator[str]:
    """Say what the figures show, whichever way they turn out."""
    cargo, filled, own, theirs = found.packages
    yield (
        f"Size: hello's own profile makes a program of {_mb(own.program)} of cargo's "
        f"{_mb(cargo.program)} (ratio {own.program / cargo.program:.2f}), and a zip of "
        f"{_mb(own.zipped)} of {_mb(cargo.zipped)} ({own.zipped / cargo.zipped:.2f}). "
        f'The article "{ARTICLE}" (2023), which has this profile, tells of {ARTICLE_MB[0]} MB '
        "and "
        f"{ARTICLE_MB[1]} MB ({ARTICLE_MB[1] / ARTICLE_MB[0]:.2f}), of a function and a Rust of "
        "its own."
    )
    yield (
        f"What cargo-lambda fills in without being asked comes to {_mb(filled.program)} "
        f"({filled.program / cargo.program:.2f}); the profile saves "
        f"{1 - own.program / filled.program:.0%} of that."
    )
    yield (
        f"hashzip's zip has {own.zipped / theirs.zipped:.3f} of the bytes of cargo-lambda's; it "
        "is compressed by libdeflate."
    )
    yield f"Two builds by hashzip, in two folders: {_same(found.ours)}."
    yield f"Two builds by cargo-lambda, in two folders: {_same(found.theirs)}."
    yield from _of_starts(cargo, own, found)
    for work in found.works:
        yield _compared(work)


def behind(works: Sequence[Work]) -> Iterator[str]:
    """Say where hashzip takes longer, by more than chance."""
    for work in works:
        if work.ours > work.theirs * NOISE:
            more = figure(work.ours - work.theirs, "s")
            yield f"{work.title}: {_both(work)}, {more} more; of CPU time {work.processors:.2f}."


def _of_starts(cargo: Package, own: Package, found: Found) -> Iterator[str]:
    if own.start is None or cargo.start is None:
        return
    yield (
        f"First answer: hello's own profile takes {own.start / cargo.start:.2f} of the time of "
        "cargo's defaults. Both are read from the page cache here; what size costs Lambda to "
        "fetch is not measured."
    )
    if found.python is None:
        yield f"hello in Python was not started: {found.no_python}."
    else:
        yield (
            f"hello in Python takes {_ms(found.python)} to the same answer, "
            f"{found.python / own.start:.0f} times as long: it starts an interpreter, and imports."
        )


def _same(twins: rust.Twins) -> str:
    same_zip, same_program = (len(set(each)) == 1 for each in (twins.zips, twins.programs))
    if same_zip:
        return f"one zip, to the byte (SHA-256 {twins.zips[0][:12]}…)"
    inner = "the same program in both" if same_program else "two programs in them"
    digests = " and ".join(f"{each[:12]}…" for each in twins.zips)
    return f"two zips (SHA-256 {digests}), with {inner}"


def _compared(work: Work) -> str:
    if work.compiles:
        why = "both compile"
    elif work.title.startswith("after"):
        why = "hashzip sees the same content and builds nothing, cargo goes by times and compiles"
    else:
        why = "hashzip compares the fingerprint and the zip's digest, cargo-lambda asks cargo"
    title = work.title[0].upper() + work.title[1:]
    return f"{title}: {_both(work)}; {why}."


def _both(work: Work) -> str:
    mine, other = figure(work.ours, "s"), figure(work.theirs, "s")
    return f"{mine} against {other} (ratio {work.ours / work.theirs:.2f})"


def _packages(found: Found) -> Iterator[str]:
    yield "| hello, built by hashzip | program | zip | start to first answer |"
    yield "| --- | ---: | ---: | ---: |"
    for each in found.packages:
        start = "-" if each.start is None else _ms(each.start)
        yield f"| {each.title} | {_mb(each.program)} | {_mb(each.zipped)} | {start} |"
    if found.python is not None:
        yield f"| hello in Python, for scale | - | - | {_ms(found.python)} |"


def _works(works: Sequence[Work]) -> Iterator[str]:
    yield "| | `hashzip build` | `cargo lambda build --release` | ratio | of CPU time | runs |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    for work in works:
        mine, other = figure(work.ours, "s"), figure(work.theirs, "s")
        ratio = f"{work.ours / work.theirs:.2f} | {work.processors:.2f}"
        yield f"| {work.title} | {mine} | {other} | {ratio} | {work.runs} |"


def _list(lines: Iterator[str]) -> str:
    return "\n".join(f"- {line}" for line in lines) or "Nowhere."


def _mb(size: float) -> str:
    return f"{size / 1e6:.2f} MB"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
