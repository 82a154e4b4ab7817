"""The summary of inputs that a Terraform plan prints."""

import json

import pytest

from hashzip.inputs.files import DATA, FileEntry
from hashzip.inputs.summary import summary

LIMIT = 128 * 1024  # bytes of one environment variable on Linux


def entries(*paths: str) -> list[FileEntry]:
    """Return an input for each path."""
    return [FileEntry(path, DATA, 1, f"{at:064x}") for at, path in enumerate(paths)]


def test_each_file() -> None:
    """Up to 100 files have a row each."""
    assert summary(entries("a.py", "//uv.lock")) == {
        "a.py": "0" * 12,
        "//uv.lock": "0" * 12,
    }
    assert len(summary(entries(*map(str, range(100))))) == 100


def test_folders() -> None:
    """More files have a row for each top-level folder, with their count."""
    rows = summary(entries(*(f"{at % 2}/{at}" for at in range(101)), "x", "//y/z"))

    assert {path: row.partition(" ")[2] for path, row in rows.items()} == {
        "0/": "(51 files)",
        "1/": "(50 files)",
        ".": "(1 file)",
        "//y/": "(1 file)",
    }


def test_very_many_folders() -> None:
    """More than 100 folders have one row together."""
    rows = summary(entries(*(f"{at}/a" for at in range(101))))

    assert list(rows) == ["."]
    assert rows["."].endswith(" (101 files)")
    assert len(summary(entries(*(f"{at}/a" for at in range(100)), "0/b"))) == 100


def test_any_change_shows() -> None:
    """Another content, mode or path changes the row of its folder, and no other row."""
    files = entries(*(f"{at % 2}/{at}" for at in range(102)))
    before = summary(files)
    for change in ({"mode": 0o755}, {"sha256": "f" * 64}, {"path": "0/other"}):
        after = summary([files[0]._replace(**change), *files[1:]])
        assert after["0/"] != before["0/"]
        assert after["1/"] == before["1/"]


@pytest.mark.parametrize("letter", ["x", "é", "😀"])
@pytest.mark.parametrize("folder", ["", "top/"])
def test_long_paths(letter: str, folder: str) -> None:
    """However long the paths are, the summary fits in an environment variable."""
    name = letter * 60
    long = [f"{folder}{at}-{name}/{name}/" + f"{name}/" * 50 for at in range(60)]
    rows = summary(entries(*long))

    assert len(json.dumps(rows, ensure_ascii=False).encode()) < LIMIT
    assert len(json.dumps(rows)) < LIMIT
    assert len(json.dumps(long)) > LIMIT
    assert summary([*entries(*long[:-1]), *entries("other")]) != rows


def test_what_a_log_would_obey() -> None:
    """A name that steers a terminal or a workflow is escaped, because plans print it as it is."""
    rows = summary(entries("##[debug].py", "a\u202e.py", "a#[b].py"))

    assert list(rows) == ["#\\#[debug].py", "a\\u202e.py", "a#[b].py"]
