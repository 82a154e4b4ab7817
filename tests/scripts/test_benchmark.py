"""The benchmark measures what it claims to. No test says how fast anything is."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from scripts import pages
from scripts.benchmark import growth, measure, rows, trees
from scripts.benchmark.__main__ import main
from scripts.benchmark.measure import BARE, Program
from scripts.benchmark.programs import HERE, MissingError
from scripts.benchmark.rows import ROWS, Outcome, Row
from scripts.benchmark.scenarios import SCENARIOS, Place
from scripts.errors import ScriptError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def row(goal: float | None, peer: str = "peer", program: str = "slow") -> Row:
    """Return a row of the scenario `made_up`."""
    peers = ["quick"] if peer else []
    return Row(name="row", work="w", timed=f"made_up.{program}", peer=peer, peers=peers, goal=goal)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Make a place for smoke tests, and a scenario with a slow, a quick and a missing program."""
    programs = {
        "slow": Program((*BARE, "-c", "import time; time.sleep(0.3)"), tmp_path),
        "quick": Program((*BARE, "-c", ""), tmp_path),
        "missing": Program(("no-such-program",), tmp_path),
    }
    monkeypatch.setitem(SCENARIOS, "made_up", lambda _place: programs)
    with ExitStack() as stack:
        yield Place(tmp_path, stack, quick=True)


def test_trees_depend_on_the_seed(tmp_path: Path) -> None:
    """The same seed makes the same trees, to the byte; another seed makes others."""
    contents = []
    for folder, seed in ((tmp_path / "a", 1), (tmp_path / "b", 1), (tmp_path / "c", 2)):
        trees.source_code(folder / "source", 50, seed=seed)
        trees.dependencies(folder / "dependencies", 50, seed=seed)
        contents.append({p.relative_to(folder): p.read_bytes() for p in folder.rglob("*.*")})
    assert contents[0] == contents[1] != contents[2]


def test_memory_of_the_program_alone(tmp_path: Path) -> None:
    """Measured memory is the program's own, however large the measuring process is."""
    ballast = b"x" * (300 << 20)
    programs = [Program((*BARE, "-c", f"x = b'x' * ({n} << 20)"), tmp_path) for n in (1, 200)]
    small, large = (measure.once(program).memory / (1 << 20) for program in programs)
    assert small < 50 < len(ballast)
    assert 190 < large - small < 210


def test_programs_run_in_turn(tmp_path: Path) -> None:
    """All programs run in each round, and the first round is not counted."""
    log: list[str] = []
    script = "import time, pathlib; time.sleep(0.3 if pathlib.Path('ran').exists() else 5)"
    first = Program((*BARE, "-c", script), tmp_path, before=lambda: log.append("a"))
    second = Program(("touch", "ran"), tmp_path, before=lambda: log.append("b"))
    figures = measure.in_turn({"a": first, "b": second}, 2)
    assert log == ["a", "b"] * 3
    assert 0.3 <= figures["a"].seconds < 5


def test_failing_program(tmp_path: Path) -> None:
    """A failing program stops the benchmark, with its own message."""
    with pytest.raises(ScriptError, match="exit code 3:\nno such luck"):
        measure.once(Program(("sh", "-c", "echo no such luck >&2; exit 3"), tmp_path))


@pytest.mark.parametrize(
    "kept,missed",
    [
        (Outcome(row(1.1), 1.0, 1.0), Outcome(row(1.1), 2.0, 1.0)),
        (Outcome(row(100, peer=""), 99e6), Outcome(row(100, peer=""), 101e6)),
        (Outcome(row(None), 2.0, 1.0), Outcome(row(1.1), 2.0, 1.0)),
    ],
    ids=["ratio", "amount", "no goal"],
)
def test_goals(kept: Outcome, missed: Outcome) -> None:
    """A ratio or an amount misses its goal; a row without a goal does not."""
    assert [outcome.missed for outcome in (kept, missed)] == [False, True]
    assert ["missed" in outcome.cells()[-1] for outcome in (kept, missed)] == [False, True]


@pytest.mark.usefixtures("place")
def test_check(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A missed goal is an error with `--check` only; the table is printed in any case."""
    monkeypatch.setitem(ROWS, "row", row(0.1))
    main(["--only", "row", "--runs", "1"])
    with pytest.raises(ScriptError, match="missed goals: row"):
        main(["--only", "row", "--runs", "1", "--check"])
    assert capsys.readouterr().out.count("| w | peer |") == 2


def test_missing_program(place: Place) -> None:
    """A row whose program is missing names it, and is not an error."""
    table = rows.table("rows", [row(1.0, program="missing")], place, 1)
    assert (table.rows[0][2], table.missed) == ("no program no-such-program", [])


@pytest.mark.parametrize("scenario", sorted(set(SCENARIOS) - {"deployed"}))
def test_rows_name_programs(place: Place, scenario: str) -> None:
    """The rows of a scenario name all its programs, and no others; those of the trees run."""
    try:
        programs = SCENARIOS[scenario](place)
    except MissingError as error:
        pytest.skip(str(error))
    named = {name for row in ROWS.values() if row.scenario == scenario for name in row.programs}
    assert named == set(programs)
    for program in programs.values() if scenario in {"dependencies", "many", "tree"} else ():
        measure.once(program)


def test_compared_with_a_commit(place: Place, tmp_path: Path) -> None:
    """Each side runs its own copy of hashzip; an unknown commit is an error."""
    with pytest.raises(ScriptError, match="no-such-commit build infra` failed"):
        rows.compared([], "no-such-commit", place, 1)
    table = rows.compared([ROWS["external"]], "HEAD", place, 1)
    assert [cells[0] for cells in table.rows] == ["hello.external"]
    assert len(list(tmp_path.rglob("build/hashzip/cli.py"))) == 2


@pytest.mark.usefixtures("place")
def test_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page has a place for each table, and `--page` writes complete tables only."""
    page = tmp_path / "benchmarks.md"
    page.write_text((HERE.checkout / "docs/benchmarks.md").read_text("utf-8"), encoding="utf-8")
    for name in ("growth", "packages", "loop", "rust"):
        pages.fill(page, name, "x")
    for name in ROWS:
        monkeypatch.setitem(ROWS, name, row(1.0))
    main(["--page", "--runs", "1"], tmp_path)
    assert "`nox -s bench -- --page --runs 1`" in page.read_text(encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["--page", "--only", "external"], tmp_path)


def test_chart_is_reproducible(tmp_path: Path) -> None:
    """The same figures give the same SVG; others give another."""
    pytest.importorskip("matplotlib", reason="in the group bench")
    for number, seconds in enumerate((1.0, 1.0, 2.0)):
        figures = {10: dict.fromkeys(growth.LINES, 0.1), 99: dict.fromkeys(growth.LINES, seconds)}
        growth.draw(figures, tmp_path / f"{number}.svg")
    first, again, other = ((tmp_path / f"{number}.svg").read_bytes() for number in range(3))
    assert first == again != other
