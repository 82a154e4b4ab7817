"""Which store the arguments mean."""

import argparse
from pathlib import Path

import pytest

from hashzip import planning
from hashzip.commands import _parser, _store
from hashzip.errors import HashzipError
from hashzip.project.config import Project
from tests.support import project as projects


def options(*words: str) -> argparse.Namespace:
    """Return the arguments of a build."""
    return _parser.parse(["build", *words])


@pytest.fixture
def loaded(project: Path) -> Project:
    """Return a project with a store."""
    tables = {"store": {"url": "s3://of-project/a"}, "function.hello": projects.HELLO}
    projects.write_tables(project, tables)
    return planning.load_project(str(project))


def test_choose(loaded: Project) -> None:
    """The store is that of the project, unless the arguments name another one, or none."""
    own, named = _store.choose(loaded, options()), options("--store", "s3://other/b")
    other = _store.choose(loaded, named)

    assert own is not None
    assert own.settings.url == "s3://of-project/a"
    assert other is not None
    assert other.settings.url == "s3://other/b"
    assert _store.require(loaded, named).settings.url == "s3://other/b"
    assert _store.choose(loaded, options("--no-store")) is None
    assert _store.choose(loaded._replace(store=None), options()) is None
    with pytest.raises(HashzipError, match="no store is named"):
        _store.require(loaded._replace(store=None), options())


def test_both(capsys: pytest.CaptureFixture[str]) -> None:
    """A store and none is bad usage."""
    with pytest.raises(SystemExit) as caught:
        options("--store", "s3://other/b", "--no-store")
    assert caught.value.code == 2
    assert "not allowed with" in capsys.readouterr().err
