"""`hashzip pull` fetches what the inputs give now."""

from pathlib import Path

import pytest

from hashzip import pipeline
from hashzip.commands import _parser, pull
from hashzip.errors import HashzipError
from tests.support import project as projects
from tests.support.s3 import Shared


def run(project: Path, *words: str) -> None:
    """Pull in a project."""
    pull.run(_parser.parse(["pull", "--project", str(project), *words]))


def test_pull(
    project: Path, tmp_path: Path, shared: Shared, capsys: pytest.CaptureFixture[str]
) -> None:
    """The zip of the current inputs is fetched once; that of others is not."""
    pipeline.build(projects.examine(project), shared=shared.stores())
    other = projects.make(tmp_path / "other")
    run(other, "--store", shared.url)
    run(other, "hello", "--store", shared.url)
    url = f"s3://{shared.bucket}/{shared.key('.zip')}"
    assert capsys.readouterr().out.splitlines() == [
        f"hello: pulled: {url}",
        f"hello: is here already: {url}",
    ]
    assert pipeline.find(projects.examine(other))

    (other / "src/hello.py").write_bytes(b"edited")
    with pytest.raises(HashzipError, match="the store has no"):
        run(other, "--store", shared.url)
