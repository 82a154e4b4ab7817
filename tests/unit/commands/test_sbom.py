"""`hashzip sbom` prints the bill of materials of a package that is built."""

import json
from pathlib import Path

import pytest

from hashzip.commands import _parser, sbom
from hashzip.errors import HashzipError
from tests.support import project as projects
from tests.support import wheels


def run(project: Path) -> None:
    """Print that of hello."""
    sbom.run(_parser.parse(["sbom", "--project", str(project), "hello"]))


def test_document(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is the document beside the manifest, byte by byte, with the packages."""
    wheels.lock(project, wheels.make(project, "greet", "1.0"))
    projects.configure(project, requirements="requirements.txt")
    projects.make_zip(project)

    run(project)

    printed = capsys.readouterr().out
    (file,) = (project / "dist" / "hello").glob("*.cdx.json")
    assert printed == file.read_text(encoding="utf-8")
    assert [part["name"] for part in json.loads(printed)["components"]] == ["greet"]


def test_not_built(project: Path) -> None:
    """A package that is not built has none; the hint says how to build it."""
    with pytest.raises(HashzipError, match="hello is not built") as caught:
        run(project)

    assert caught.value.hint == "run: hashzip build hello"
