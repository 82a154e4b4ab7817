"""The benchmark of functions with packages builds in each way what can be imported."""

import shutil
from pathlib import Path

import pytest

from scripts.benchmark import packages, ways
from scripts.benchmark.programs import MissingError
from tests.support import wheels


@pytest.mark.skipif(not shutil.which("zip"), reason="there is no program zip")
def test_each_way(tmp_path: Path) -> None:
    """Each way has all figures, each option changes the size, and a missing tool is named."""
    greet = wheels.make(tmp_path, "greet", files={"greet.py": "import six\n" + "X = [1]\n" * 5_000})
    six = wheels.make(tmp_path, "six", files={"six.py": "NAME = 'six'\n"})  # AWS has a `six`
    where = f"--no-index\n--find-links {tmp_path / 'wheels'}\n"
    wheels.lock(tmp_path, greet, six, where=where)
    function = ways.Function("tiny", "app", "import greet\n", tmp_path / "requirements.txt")

    def missing(_function: ways.Function, _project: Path) -> ways.Way:
        raise MissingError("no such tool")

    among = {title: missing if way is ways.sam else way for title, way in ways.WAYS.items()}
    lacking, *rows, again = packages.measured(function, tmp_path / "out", 1, among)
    assert lacking[2] == "no such tool"
    assert all(all(cells) for cells in rows)
    assert len(rows) == len(ways.WAYS) - 1
    assert [bool(cell) for cell in again] == [True, True, False, False, False, True, False]
    plain, bytecode, excluded = (
        max(path.stat().st_size for path in (tmp_path / f"out/{number}/dist").rglob("*.zip"))
        for number in range(3)
    )
    assert bytecode > plain > excluded
