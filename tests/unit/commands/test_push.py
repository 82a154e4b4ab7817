"""`hashzip push` puts what is built into the store."""

from pathlib import Path

import pytest

from hashzip.commands import _parser, push
from hashzip.errors import HashzipError
from tests.support import project as projects
from tests.support.s3 import Shared


def run(project: Path, *words: str) -> None:
    """Push in a project."""
    push.run(_parser.parse(["push", "--project", str(project), *words]))


def test_push(project: Path, shared: Shared, capsys: pytest.CaptureFixture[str]) -> None:
    """What is built is put there once, and what is damaged is replaced with --force."""
    content = projects.make_zip(project).read_bytes()
    run(project, "hello", "--store", shared.url)
    url = f"s3://{shared.bucket}/{shared.key('.zip')}"
    assert capsys.readouterr().out == f"hello: pushed: {url}\n"
    run(project, "--store", shared.url)
    assert capsys.readouterr().out == f"hello: is there already: {url}\n"

    shared.write(shared.key(".zip"), b"damaged")
    with pytest.raises(HashzipError, match="damaged in the store"):
        run(project, "--store", shared.url)
    run(project, "--force", "--store", shared.url)
    assert shared.objects()[shared.key(".zip")] == content


def test_not_built(project: Path, shared: Shared) -> None:
    """Nothing is built for it."""
    with pytest.raises(HashzipError, match="hello is not built"):
        run(project, "--store", shared.url)
    assert shared.objects() == {}


def test_no_store(project: Path) -> None:
    """Without a store, the error says how to name one."""
    with pytest.raises(HashzipError, match="no store is named") as caught:
        run(project)
    assert "--store s3://BUCKET/PREFIX" in caught.value.hint
