"""The query of Terraform's `external` data source, and the paths in its answer."""

import os
from pathlib import Path

import pytest

from hashzip.commands import _query
from hashzip.commands._query import Query
from hashzip.errors import HashzipError
from tests.support import project as projects


class TestParseQuery:
    """A query that is valid. `tests/cli/test_bad_input.py` has those that are not."""

    @pytest.mark.parametrize("build", [{}, {"build": "false"}])
    def test_query(self, build: dict[str, str]) -> None:
        """A query has two keys, and builds nothing unless it says so."""
        text = projects.query(project="../p é", **build).encode()

        assert _query.parse_query(text) == Query("../p é", "hello", build=False)

    def test_build(self) -> None:
        """`build` is "true" or "false", because Terraform knows only strings."""
        assert _query.parse_query(projects.query(build="true").encode()).build

        with pytest.raises(HashzipError):
            _query.parse_query(projects.query(build="True").encode())


class TestRelative:
    """`relative`: paths that are the same on every machine."""

    @pytest.mark.parametrize(
        "path, relative",
        [("infra/a.zip", "a.zip"), ("dist/a.zip", "../dist/a.zip"), (".", "..")],
    )
    def test_path(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, relative: str
    ) -> None:
        """A path is relative to the current folder, with `/`, even if a link leads there."""
        (tmp_path / "infra").mkdir()
        (tmp_path / "link").symlink_to("infra")
        monkeypatch.chdir(tmp_path / "link")

        assert _query.relative(os.path.realpath(tmp_path / path)) == relative

    def test_url(self) -> None:
        """A URL stays as it is."""
        assert _query.relative("https://example.com/a.zip") == "https://example.com/a.zip"
