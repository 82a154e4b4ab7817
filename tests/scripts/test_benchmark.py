"""The benchmark measures what it says. How fast anything is, no test says."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from scripts.benchmark import growth, measure, trees
from scripts.benchmark.__main__ import main
from scripts.benchmark.measure import PYTHON, Program
from scripts.benchmark.rows import Row
from scripts.errors import ScriptError

if TYPE_CHECKING:
    from pathlib import Path

MEGABYTE = 1 << 20
ALLOCATE = "import sys; held = b'x' * (int(sys.argv[1]) << 20)"


def digest(folder: Path) -> str:
    """Return the digest of all paths and bytes below a folder."""
    whole = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        whole.update(str(file.relative_to(folder)).encode())
        if file.is_file():
            whole.update(file.read_bytes())
    return whole.hexdigest()


def make_trees(folder: Path, seed: int) -> Path:
    """Make one small tree of each kind."""
    content = trees.Content(seed)
    trees.source_code(folder / "source", 50, content=content)
    trees.dependencies(folder / "dependencies", 50, content=content)
    trees.functions(folder / "functions", 2, content=content, files=3)
    return folder


def program(folder: Path, *arguments: str) -> Program:
    """Return a bare Python with some arguments."""
    return Program((PYTHON, "-I", "-S", *arguments), folder)


def row(ours: float, theirs: float | None, target: float | None) -> Row:
    """Return a row that knows its figures."""
    other = None if theirs is None else lambda _bench: theirs
    return Row("made-up", "work", "another", target, "s", lambda _bench: ours, other)


def test_one_seed_makes_one_tree(tmp_path: Path) -> None:
    """The same seed makes the same trees, to the byte; another seed makes others."""
    first, same, other = (
        digest(make_trees(tmp_path / name, seed))
        for name, seed in (("first", 1), ("same", 1), ("other", 2))
    )
    assert first == same
    assert first != other


def test_memory_is_that_of_the_program_alone(tmp_path: Path) -> None:
    """A program's memory is its own, however large the process that measures it has grown."""
    ballast = b"x" * (300 * MEGABYTE)
    small, large = (
        measure.once(program(tmp_path, "-c", ALLOCATE, megabytes)).memory
        for megabytes in ("1", "200")
    )
    assert small < 50 * MEGABYTE
    assert 190 * MEGABYTE < large - small < 210 * MEGABYTE
    assert len(ballast) == 300 * MEGABYTE


def test_time_is_that_of_the_wall(tmp_path: Path) -> None:
    """A program that only sleeps takes as long as it sleeps, and no less."""
    run = measure.once(program(tmp_path, "-c", "import time; time.sleep(0.3)"))
    assert run.seconds >= 0.3


def test_programs_run_in_turn(tmp_path: Path) -> None:
    """Each program runs once uncounted, then all of them in each round; a median is of the rest."""
    log: list[str] = []
    first, second = (
        Program(
            (PYTHON, "-I", "-S", "-c", ""),
            tmp_path,
            before=lambda name=name: log.append(name),  # type: ignore[misc]
        )
        for name in "ab"
    )
    figures = measure.in_turn([first, second], 2)
    assert log == ["a", "b"] * 3
    assert [len(each.runs) for each in figures] == [2, 2]


def test_a_program_that_fails_is_no_measurement(tmp_path: Path) -> None:
    """A failing program stops the benchmark, in the program's own words."""
    with pytest.raises(ScriptError, match="exit code 3:\nno such luck"):
        measure.once(
            program(tmp_path, "-c", "import os; os.write(2, b'no such luck'); os._exit(3)")
        )


@pytest.mark.parametrize(
    "kept,missed",
    [
        (row(1.0, 1.0, 1.1), row(2.0, 1.0, 1.1)),
        (row(99.0, None, 100), row(101.0, None, 100)),
    ],
    ids=["a ratio", "an amount"],
)
def test_check_is_for_missed_targets(kept: Row, missed: Row) -> None:
    """A missed target is an error with `--check`, and only then; a kept one never is."""
    main(["--check"], [kept])
    main([], [missed])
    with pytest.raises(ScriptError, match="1 of 2 targets missed: made-up"):
        main(["--check"], [kept, missed])


def test_rows_without_a_promise_are_never_missed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row that only tells, and one whose program is missing, are shown, and are no error."""
    told = row(5.0, 1.0, None)
    skipped = Row("other", "", "", 0, "s", lambda _: 1, None, needs=("no-such-program",))
    main(["--check", "--json", str(tmp_path / "report.json")], [told, skipped])
    first, second = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["rows"]
    assert (first["ratio"], first["holds"]) == (5.0, None)
    assert (second["ours"], second["skipped"]) == (None, "no program no-such-program: install it")
    assert "no-such-program" in capsys.readouterr().out


def test_a_drawing_has_no_chance_in_it(tmp_path: Path) -> None:
    """The same figures give the same SVG; others give another."""
    pytest.importorskip("matplotlib", reason="in the dependency group `bench`")
    drawings = []
    for number, factor in enumerate((1, 1, 2)):
        points = {name: {10: 0.1, 100: 0.2 * factor} for name in growth.PROGRAMS}
        growth.draw(points, tmp_path / f"{number}.svg")
        drawings.append((tmp_path / f"{number}.svg").read_bytes())
    assert drawings[0] == drawings[1]
    assert drawings[0] != drawings[2]
