"""The lines of `hashzip diff`. `tests/cli/test_diff.py` has it as a program."""

import json
from pathlib import Path

import pytest

from hashzip.commands import _parser, diff
from hashzip.errors import HashzipError
from tests.support import project as projects


def run(project: Path, *words: str) -> None:
    """Compare hello."""
    diff.run(_parser.parse(["diff", "--project", str(project), "hello", *words]))


def test_lines(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line is a file that was added, changed or removed, with its sizes."""
    projects.make_zip(project)
    projects.write_files(project / "src", {"new.py": b"new\n", "hello.py": b"changed\n"})
    (project / "src/run.sh").unlink()

    run(project)

    assert capsys.readouterr().out.splitlines() == [
        "+ new.py (4 bytes)",
        "~ hello.py (50 -> 8 bytes)",
        "- run.sh (17 bytes)",
    ]


def test_json(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --json, the same is one document."""
    projects.make_zip(project)
    projects.configure(project, runtime="python3.12")

    run(project, "--json")

    document = json.loads(capsys.readouterr().out)
    assert document["recipe"] == ["runtime python3.13 -> python3.12"]
    assert document["changed"] == []


def test_unknown_build(project: Path) -> None:
    """A build that is not there is an error that lists those that are."""
    projects.make_zip(project)
    fingerprint = projects.examine(project).fingerprint

    with pytest.raises(HashzipError, match='starts with "x"') as caught:
        run(project, "--against", "x")

    assert caught.value.hint == f"known: {fingerprint[:12]}"


def test_endpoint_without_deployed(project: Path) -> None:
    """Options of AWS are refused for builds."""
    projects.make_zip(project)

    with pytest.raises(HashzipError, match="--remote") as caught:
        run(project, "--remote")

    assert "--against deployed" in caught.value.hint
