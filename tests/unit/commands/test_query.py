"""The query of Terraform's `external` data source, and the paths in its answer."""

import json
import os
from pathlib import Path

import pytest

from hashzip import planning
from hashzip.commands import _query
from hashzip.commands._query import Query
from hashzip.errors import HashzipError
from hashzip.project.config import Project
from tests.support import project as projects
from tests.support import shared_package


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

    @pytest.mark.parametrize(
        "text, problem",
        [
            ('[["project", "."], ["function", "hello"]]', "not a JSON object of strings"),
            (
                '{"project": ".", "function": "hello", "function": "other"}',
                "appears twice in the query",
            ),
            ('{"project": ".", "function": 1e400}', "not a JSON object of strings"),
            ('{"project": ".", "function": {"a": "b"}}', "not a JSON object of strings"),
            ('{"project": "a\\u0000", "function": "hello"}', "is not a path"),
            ('{"project": "\\ud800", "function": "hello"}', "is not a path"),
            ("1" * 5000, "is not JSON"),
            ('{"a":' * 5000, "is not JSON"),
        ],
    )
    def test_refused(self, text: str, problem: str) -> None:
        """Anything else is one error."""
        with pytest.raises(HashzipError, match=problem):
            _query.parse_query(text.encode())


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


class TestTarget:
    """What a query names: a function, a layer, or a package."""

    @pytest.fixture
    def loaded(self, tmp_path: Path) -> Project:
        """Return a project with a package that two functions share."""
        root = shared_package.make(tmp_path / "project")
        return planning.load_project(str(root))

    def test_either(self, loaded: Project) -> None:
        """A function is named as such, and a package as such."""
        names = [{"function": "read"}, {"package": "api"}]
        queries = [
            _query.parse_query(json.dumps({"project": ".", **name}).encode()) for name in names
        ]

        targets = [_query.target(loaded, query) for query in queries]

        assert [target.label for target in targets] == ["[function.read]", "[package.api]"]

    def test_mistaken(self, loaded: Project) -> None:
        """Where one is named as the other, the hint has the query that works."""
        with pytest.raises(HashzipError, match="has no handler") as caught:
            _query.target(loaded, Query(".", "api", build=False))
        assert 'package = "api"' in caught.value.hint
        assert "read, write" in caught.value.hint

        with pytest.raises(HashzipError, match=r"it is \[function.read\]") as caught:
            _query.target(loaded, Query(".", "read", build=False, is_package=True))
        assert 'function = "read"' in caught.value.hint

    def test_unknown(self, loaded: Project) -> None:
        """An unknown package is an error with the nearest one; functions are not offered."""
        with pytest.raises(HashzipError, match="no such package") as caught:
            _query.target(loaded, Query(".", "apy", build=False, is_package=True))
        assert caught.value.hint == 'did you mean "api"? known: api'

    def test_both(self) -> None:
        """A query with both is an error."""
        with pytest.raises(HashzipError, match="both"):
            _query.parse_query(projects.query(package="api").encode())
