"""Writes what was measured as a page, in Markdown."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scripts.image.measure import Figures, Rebuild

_PAGE = Path(__file__).parent / "data/images.md"


def text(figures: Figures, engine: str, *, debian: str | None) -> str:
    """Return the page.

    Args:
        figures: What was measured.
        engine: What built the images.
        debian: The suite of Debian that the images are built on, if on none of a registry.
    """
    base = f"Debian {debian}, by debootstrap" if debian else "the Dockerfiles' own base images"
    return _PAGE.read_text(encoding="utf-8").format(
        table=table(figures),
        base=base,
        engine=engine,
        machine=f"{os.cpu_count()} processors, {platform.system()} on {platform.machine()}",
    )


def table(figures: Figures) -> str:
    """Return the figures as a table."""
    rows = [
        ("", "single stage", "multi-stage", "of that, base image"),
        ("---", "---:", "---:", "---:"),
        (
            "hello in Rust",
            _megabytes(figures.rust_single),
            _megabytes(figures.rust),
            _megabytes(figures.rust_base),
        ),
        ("hello in Python", "-", _megabytes(figures.python), _megabytes(figures.python_base)),
    ]
    edited = [
        ("after an edit of `main.rs`", "seconds", "dependencies compiled again", "taken as is"),
        ("---", "---:", "---:", "---:"),
        ("cargo-chef and cargo-lambda", *_rebuild(figures.chef)),
        ("cargo-lambda alone", *_rebuild(figures.plain)),
    ]
    return "\n\n".join("\n".join(_row(*row) for row in rows) for rows in (rows, edited))


def _rebuild(rebuild: Rebuild) -> tuple[str, str, str]:
    return f"{rebuild.seconds:.1f}", str(rebuild.compiled), str(rebuild.fresh)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
