"""The contents of files in two builds, line by line."""

import zipfile
from pathlib import Path

import pytest

from hashzip.commands import _text_diff
from hashzip.errors import HashzipError
from tests.support import project as projects


@pytest.mark.parametrize(
    "before, after, lines",
    [
        (b"a\n", b"a\nb\n", ["--- a/x", "+++ b/x", "@@ -1 +1,2 @@", " a", "+b"]),
        (b"\xff", b"a", ["x is not text"]),
        (b"a", b"a", []),
        (b"a\nb\n", b"a\r\nb\r\n", []),
    ],
)
def test_text(before: bytes, after: bytes, lines: list[str]) -> None:
    """Contents are compared line by line, if they are text."""
    assert list(_text_diff.compare("x", before, after)) == lines


def test_crafted_text() -> None:
    """Texts that difflib would compare for hours are compared at once, though less finely."""
    lines = [f"{number % 100}" for number in range(50_000)]
    old = ["same", *lines, "end"]
    new = ["same", *reversed(lines), "end"]

    diff = list(_text_diff.compare("x", *("\n".join(text).encode() for text in (old, new))))

    assert diff[:3] == ["--- a/x", "+++ b/x", "@@ -2,50000 +2,50000 @@"]
    assert [line[1:] for line in diff[3:] if line[0] == "-"] == lines
    assert [line[1:] for line in diff[3:] if line[0] == "+"] == lines[::-1]


@pytest.mark.parametrize(
    "removed, added, header", [(1, 0, "@@ -2,1 +1,0 @@"), (0, 1, "@@ -1,0 +2,1 @@")]
)
def test_part_of_crafted_text(removed: int, added: int, header: str) -> None:
    """Only what is between the first and the last change is in the comparison."""
    rest = ["same"] * 20_000
    old, new = ["first", *["old"] * removed, *rest], ["first", *["new"] * added, *rest]

    diff = list(_text_diff.compare("x", *("\n".join(text).encode() for text in (old, new))))

    assert diff[2:] == [header, *["-old"] * removed, *["+new"] * added]


def test_since(project: Path) -> None:
    """Inputs are compared with an earlier zip; what is new, or gone, has no lines there."""
    old = projects.examine(project)
    projects.make_zip(project)
    projects.write_files(project / "src", {"new.py": b"new\n"})
    (project / "src/run.sh").unlink()

    with _text_diff.open_zip(old.store, old.fingerprint) as old_zip:
        plan = projects.examine(project)
        lines = list(_text_diff.since(plan, old_zip, ["hello.py", "new.py", "run.sh"]))

    assert [line for line in lines if line.startswith(("+", "-"))] == [
        *("--- a/new.py", "+++ b/new.py", "+new"),
        *("--- a/run.sh", "+++ b/run.sh", "-#!/bin/sh", "-exit 0"),
    ]


def test_of_zips(tmp_path: Path) -> None:
    """Files of two zips are compared, and only those that are named."""
    paths = tmp_path / "old.zip", tmp_path / "new.zip"
    for path, text in zip(paths, ("old\n", "new\n"), strict=True):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a", text)
            archive.writestr("b", text)

    with zipfile.ZipFile(paths[0]) as old, zipfile.ZipFile(paths[1]) as new:
        lines = list(_text_diff.of_zips(old, new, ["b"]))

    assert lines == ["--- a/b", "+++ b/b", "@@ -1 +1 @@", "-old", "+new"]


def test_missing_zip(project: Path) -> None:
    """A zip that is not there is an error with the way to do without it."""
    plan = projects.examine(project)

    with (
        pytest.raises(HashzipError, match="missing or damaged") as caught,
        _text_diff.open_zip(plan.store, plan.fingerprint),
    ):
        pass

    assert "remove --text" in caught.value.hint
