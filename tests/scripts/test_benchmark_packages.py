"""The benchmark of functions with packages builds what it says, and its page says what it found."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.benchmark import packages, page, verdict, ways
from scripts.benchmark.packages import Outcome
from scripts.benchmark.ways import Case, Way
from tests.support import wheels

PLAIN, BYTECODE, EXCLUDE = "hashzip, as is", "hashzip, `bytecode`", "hashzip, `exclude_packages`"
CASE = Case("tables", "tables", "app", "", Path())
OURS = Outcome(CASE, Way(PLAIN, ours=True), 5e6, 2e6, 10.0, 1.0, 0.5)
THEIRS = Outcome(CASE, Way("zip", ours=False), 6e6, 3e6, 20.0, 2.0, 0.5)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """Make a function with two tiny packages, one of which AWS has, as far as its name goes."""
    made = [
        wheels.make(tmp_path, "greet", files={"greet.py": "import six\n" + "X = [1, 2]\n" * 2_000}),
        wheels.make(tmp_path, "six", files={"six.py": "NAME = 'six'\n"}),
    ]
    wheels.lock(tmp_path, *made, where=f"--no-index\n--find-links {tmp_path / 'wheels'}\n")
    return Case("tiny", "tiny", "app", "import greet\n", tmp_path / "requirements.txt")


def without_sam(case: Case, folder: Path) -> list[Way]:
    """Return the ways that need nothing from the network."""
    return [*ways.hashzip(case, folder), *ways.uv_and_zip(case, folder / "uv")]


@pytest.mark.skipif(not shutil.which("zip"), reason="no program zip")
def test_each_way_builds_what_starts(case: Case, tmp_path: Path) -> None:
    """Each way builds a zip whose handler can be imported, and each option does what it is for."""
    found = packages.measured(case, tmp_path / "out", runs=1, starts=1, among=without_sam)
    plain, compiled, excluded, script, freshen = found
    assert [each.way.title for each in (plain, compiled, excluded)] == [PLAIN, BYTECODE, EXCLUDE]
    for each in (plain, compiled, excluded, script):
        assert None not in {each.unpacked, each.zipped, each.first, each.rebuild, each.start}
    assert compiled.unpacked > plain.unpacked > excluded.unpacked  # type: ignore[operator]
    assert (freshen.first, freshen.zipped, freshen.way.skipped) == (None, None, "")
    assert freshen.rebuild
    text = page.text(found, 1, 1)
    assert text.count("\n| ") == 2 + len(found)
    json.dumps([each.as_json() for each in found])


def test_a_rebuild_has_kept_packages_and_a_first_build_has_none(case: Case, tmp_path: Path) -> None:
    """Before a first build all is gone; before a rebuild only the source is another."""
    project = tmp_path / "project"
    way = ways.plain(case, project)
    assert way.first
    assert way.rebuild
    for name in ("trees", "dist", ".hashzip"):
        (project / name).mkdir()
    way.rebuild.before()
    assert {"trees", "dist", ".hashzip"} <= {file.name for file in project.iterdir()}
    edited = (project / "source/app.py").read_text(encoding="utf-8")
    way.rebuild.before()
    assert (project / "source/app.py").read_text(encoding="utf-8") != edited != case.source
    way.first.before()
    assert {file.name for file in project.iterdir()} == {
        "hashzip.toml",
        "requirements.txt",
        "source",
    }


def test_the_page_says_where_hashzip_is_behind() -> None:
    """A figure that is worse than another's is said to be; one that is not, is not."""
    assert list(verdict.behind([OURS, THEIRS])) == []
    larger = replace(OURS, zipped=3e6 + 1, rebuild=3.0, start=0.51)
    (line,) = verdict.behind([larger, THEIRS])
    assert line == (
        "tables, hashzip, as is: a larger zip (3.00 MB) than zip (3.00 MB); "
        "a slower rebuild (3.00 s) than zip (2.00 s)."
    )
    assert "\nNowhere.\n" in page.text([OURS, THEIRS], 1)
    assert "\nNowhere.\n" not in page.text([larger, THEIRS], 1)


def test_sentences_follow_the_figures() -> None:
    """What the page claims turns around when the figures do."""
    kept, missed = (
        "\n".join(verdict.sentences([ours, THEIRS]))
        for ours in (OURS, replace(OURS, zipped=4e6, rebuild=2.5))
    )
    assert "smaller than zip (ratio 0.67)" in kept
    assert "quicker than zip (ratio 0.50)" in kept
    assert "0.10 of the first build, less than a fifth" in kept
    assert "no smaller than zip (ratio 1.33)" in missed
    assert "no quicker than zip (ratio 1.25)" in missed
    assert "0.25 of the first build, **not** less than a fifth" in missed


def test_a_way_that_is_missing_is_a_row_with_the_reason() -> None:
    """What cannot be measured stays in the table, and nothing is compared with it."""
    missing = Outcome(CASE, Way("sam", ours=False, skipped="no sam: no network"))
    text = page.text([OURS, missing], 1)
    assert "| sam | no sam: no network |" in text
    assert "than sam" not in text
