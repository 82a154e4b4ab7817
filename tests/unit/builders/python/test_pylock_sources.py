"""Where a `pylock.toml` has its packages from."""

import tomllib
from pathlib import Path

import pytest

from hashzip import planning
from hashzip.builders.python import pylock_sources
from hashzip.errors import HashzipError
from tests.support import project as projects
from tests.support import toml_spellings

LOCK = """\
lock-version = "1.0"
requires-python = ">=3.11"

[[packages]]
name = "six"
wheels = [{ url = "https://x/six.whl", hashes = { sha256 = "00" } }]

[[packages]]
name = "own"
SOURCE
"""


def check(project: Path, text: str, **options: object) -> str:
    """Check the lock of hello."""
    projects.configure(project, **options)
    target = planning.load_project(str(project)).target("hello")
    return pylock_sources.check(text, "pylock.toml", target, "RELOCK")


def lock(source: str) -> str:
    """Return a lock with a package from somewhere."""
    return LOCK.replace("SOURCE", source)


def spellings(source: str) -> dict[str, str]:
    """Return the spellings of a lock, by their names."""
    return dict(toml_spellings.of(tomllib.loads(lock(source))))


DIRECTORY = spellings('directory = { path = "own" }')
ARCHIVE = spellings('archive = { path = "own" }')


@pytest.mark.parametrize("name", DIRECTORY)
def test_directory(project: Path, name: str) -> None:
    """A package from a folder is refused, however the lock is spelled."""
    with pytest.raises(HashzipError, match=r"pylock\.toml has own, a package from a directory"):
        check(project, DIRECTORY[name])
    assert check(project, ARCHIVE[name]) == ">=3.11"


def test_repository(project: Path) -> None:
    """A package from a repository is refused, unless its code may run."""
    text = lock('vcs = { type = "git" }')

    with pytest.raises(HashzipError, match=r"pylock\.toml has own from a repository"):
        check(project, text)
    assert check(project, text, build_sdists=True) == ">=3.11"


@pytest.mark.parametrize(
    "text, problem",
    [
        ("packages", "not valid TOML"),
        (lock("vcs = 5").replace('name = "own"', "name = 5"), "packages[1].name must be a string"),
        ("packages = 5", "packages must be a list, not 5"),
        ("packages = [5]", "packages[0] must be a table, not 5"),
        ("requires-python = 5", "requires-python must be a string, not 5"),
    ],
)
def test_shape(project: Path, text: str, problem: str) -> None:
    """Another shape is one error."""
    with pytest.raises(HashzipError) as caught:
        check(project, text)

    assert caught.value.message.startswith("pylock.toml is not a valid pylock.toml: ")
    assert problem in caught.value.message
    assert caught.value.hint == "lock again: RELOCK"
