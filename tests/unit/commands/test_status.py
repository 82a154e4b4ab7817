"""`hashzip status` lists functions and layers."""

import json
from pathlib import Path

import pytest

from hashzip import pipeline
from hashzip.commands import _parser, status
from tests.support import project as projects
from tests.support import shared_package
from tests.support.s3 import Shared


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
    assert layer_row == ["layer.lib", fingerprints[1], "to build: first build here", "-"]


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


class TestTotal:
    """On a terminal, a total and the next command come last."""

    @pytest.fixture(autouse=True)
    def _terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("hashzip.terminal.is_terminal", lambda _stream: True)
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setenv("COLUMNS", "60")

    def test_some(self, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Of one that is missing, the next command has the name."""
        other = {**projects.HELLO, "source": "src/lib", "handler": "names.WORLD"}
        projects.write_config(project, hello=projects.HELLO, other=other)
        size = projects.make_zip(project).stat().st_size

        run(project)

        lines = capsys.readouterr().out.splitlines()
        assert lines[-2:] == [
            f"1 built, 1 to build, {size / 1000:.1f} kB",
            "next: hashzip build other",
        ]
        assert all(len(line) <= 60 for line in lines)

    def test_none(self, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Of several that are missing, all are built next."""
        projects.write_config(project, hello=projects.HELLO, other=projects.HELLO)

        run(project)

        assert capsys.readouterr().out.splitlines()[-2:] == ["2 to build", "next: hashzip build"]

    def test_all(self, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Equal zips count once; and where all are built, Terraform comes next."""
        projects.write_config(project, hello=projects.HELLO, other=projects.HELLO)
        sizes = {projects.make_zip(project, name).stat().st_size for name in ("hello", "other")}

        run(project)

        assert capsys.readouterr().out.splitlines()[-2:] == [
            f"2 built, {sizes.pop() / 1000:.1f} kB",
            "next: terraform plan",
        ]
        assert not sizes

    def test_empty(self, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Without a function, `init` comes next."""
        (project / "hashzip.toml").write_text("", encoding="utf-8")

        run(project)

        assert capsys.readouterr().out.splitlines()[-2:] == [
            "no functions in hashzip.toml",
            "next: hashzip init",
        ]


def test_package(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A package has a row, with the names of its functions; with many, their number."""
    root = shared_package.make(tmp_path / "project")
    run(root)
    (row,) = capsys.readouterr().out.splitlines()
    assert row.startswith("api (read, write)\t")

    more = {f"f{number}": shared_package.READ for number in range(2)}
    shared_package.configure(root, **more)
    run(root)
    (row,) = capsys.readouterr().out.splitlines()
    assert row.startswith("api (4 functions)\t")
    run(root, "--json")
    (document,) = json.loads(capsys.readouterr().out)
    assert document["function"] == "api"
    assert document["functions"] == ["read", "write", "f0", "f1"]


def test_store(project: Path, shared: Shared, capsys: pytest.CaptureFixture[str]) -> None:
    """With a store, a column and a key say whether the package is there; else there is neither."""
    pipeline.build(projects.examine(project), shared=shared.stores())
    for arguments, column in (["--store", shared.url], ["yes"]), (["--no-store"], []):
        run(project, *arguments)
        assert capsys.readouterr().out.rstrip("\n").split("\t")[4:] == column
        run(project, "--json", *arguments)
        (row,) = json.loads(capsys.readouterr().out)
        assert [row["store"]] == column if column else "store" not in row
