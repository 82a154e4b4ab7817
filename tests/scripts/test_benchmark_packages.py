"""The benchmark of functions with packages builds by each method what can be imported."""

import shutil
from pathlib import Path

import pytest

from scripts.benchmark import methods, packages
from scripts.benchmark.programs import MissingError
from tests.support import wheels


@pytest.mark.skipif(not shutil.which("zip"), reason="there is no program zip")
def test_each_way(tmp_path: Path) -> None:
    """Each method has all figures, each option changes the size, and a missing tool is named."""
    greet = wheels.make(tmp_path, "greet", files={"greet.py": "import six\n" + "X = [1]\n" * 5_000})
    six = wheels.make(tmp_path, "six", files={"six.py": "NAME = 'six'\n"})  # AWS has a `six`
    where = f"--no-index\n--find-links {tmp_path / 'wheels'}\n"
    wheels.lock(tmp_path, greet, six, where=where)
    function = methods.Function("tiny", "app", "import greet\n", tmp_path / "requirements.txt")

    def missing(_function: methods.Function, _project: Path) -> methods.Method:
        raise MissingError("no such tool")

    among = {**methods.METHODS, f"`sam build --cached` {methods.SAM}": missing}
    lacking, *rows, again = packages.measured(function, tmp_path / "out", 1, among)
    assert lacking[2] == "no such tool"
    assert all(all(cells) for cells in rows)
    assert len(rows) == len(methods.METHODS) - 1
    assert [bool(cell) for cell in again] == [True, True, False, False, False, True, False]
    plain, bytecode, excluded = (
        max(path.stat().st_size for path in (tmp_path / f"out/{number}/dist").rglob("*.zip"))
        for number in range(3)
    )
    assert bytecode > plain > excluded
