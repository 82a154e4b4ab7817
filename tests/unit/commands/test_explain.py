"""The sentences of `hashzip explain`. `tests/cli/test_explain.py` has more of them."""

from pathlib import Path

import pytest

from hashzip.commands import _parser, explain
from tests.support import project as projects


def sentences(project: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the sentences on hello."""
    explain.run(_parser.parse(["explain", "--project", str(project), "hello"]))
    return capsys.readouterr().out.splitlines()


def test_built(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first sentence says whether it will be built, before and after."""
    assert sentences(project, capsys)[0] == "hello will be built: first build here."

    projects.make_zip(project)

    assert sentences(project, capsys)[0].startswith("hello will not be rebuilt: ")


def test_changed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each group of inputs has a sentence, with its files below."""
    projects.make_zip(project)
    projects.write_files(project / "src", {"hello.py": b"changed"})

    assert sentences(project, capsys)[1:] == [
        "Sources: 1 of 3 files differs.",
        "  hello.py changed.",
        "Requirements: none, as before.",
        "Recipe: unchanged.",
    ]
