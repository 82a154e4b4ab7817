"""`hashzip status` lists functions and layers."""

import json
from pathlib import Path

import pytest

from hashzip.commands import _parser, status
from tests.support import project as projects


def run(project: Path, *words: str) -> None:
    """Print the status of a project."""
    status.run(_parser.parse(["status", "--project", str(project), *words]))


def test_rows(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A row has name, fingerprint, state and size, of a layer too."""
    layer = {"source": "src/lib", "runtime": "python3.13", "architecture": "arm64"}
    projects.write_tables(project, {"function.hello": projects.HELLO, "layer.lib": layer})
    projects.make_zip(project)
    fingerprints = [
        projects.examine(project, name).fingerprint[:12] for name in ("hello", "layer.lib")
    ]

    run(project)

    layer_row, row = (line.split("\t") for line in capsys.readouterr().out.splitlines())
    assert row[:3] == ["hello", fingerprints[0], "built"]
    assert row[3].endswith("kB")
    assert layer_row == ["layer.lib", fingerprints[1], "to build: no build before", "-"]


def test_json(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --json, a row has the whole fingerprint, and sizes in bytes."""
    zip_file = projects.make_zip(project)

    run(project, "--json")

    assert json.loads(capsys.readouterr().out) == [
        {
            "function": "hello",
            "fingerprint": zip_file.stem,
            "built": True,
            "reason": "",
            "size": zip_file.stat().st_size,
            "unpacked_size": sum(map(len, projects.SOURCES.values())),
        }
    ]
