"""Whether a requirements file locks everything."""

from pathlib import Path

import pytest

from hashzip import planning
from hashzip.builders.python import requirements_txt
from hashzip.errors import HashzipError
from tests.support import project as projects

COMMIT = "0123456789abcdef0123456789abcdef01234567"
GIT = f"greet @ git+https://host/me/greet.git@{COMMIT}"


def refused(project: Path, text: str, path: str = "requirements.txt") -> HashzipError:
    """Check a file, which must fail, and return the error."""
    target = planning.load_project(str(project)).target("hello")
    with pytest.raises(HashzipError) as caught:
        requirements_txt.check(text, path, target, lambda lock, source: f"{source} to {lock}")
    return caught.value


def test_logical_lines() -> None:
    """Lines are joined at backslashes, and comments and empty lines are left out."""
    text = "# a\na==1 \\\n  --hash=x # b\n\n--no-index\nb#c==1\n"

    assert list(requirements_txt.logical_lines(text)) == [
        "a==1    --hash=x",
        "--no-index",
        "b#c==1",
    ]


@pytest.mark.parametrize(
    "path, hint",
    [
        ("requirements.in", "requirements.in to requirements.txt; then"),
        ("a/requirements.txt", "a/requirements.txt to a/requirements.lock.txt; then"),
        ("requirements.lock.txt", "requirements.txt to requirements.lock.txt; then"),
        ("names", "names to names.lock.txt; then"),
    ],
)
def test_lock(project: Path, path: str, hint: str) -> None:
    """The hint locks one file in another, and never a lock in a lock of a lock."""
    assert hint in refused(project, "a==1", path).hint


@pytest.mark.parametrize(
    "line", ["./libs/own", "own @ file:///x/own", "../own", "own @ ./own", "."]
)
def test_folder(project: Path, line: str) -> None:
    """A folder is refused with a hint of its own, because no command gives it a hash."""
    error = refused(project, line)

    assert error.message.startswith("requirements.txt has a requirement in a folder")
    assert "uv add ./FOLDER" in error.hint
    assert "without a hash" in refused(project, f"{line}/own-1.0-py3-none-any.whl").message


@pytest.mark.parametrize("reference", ["", "@main", f"@{COMMIT[:12]}", f"@{COMMIT}0"])
def test_no_commit(project: Path, reference: str) -> None:
    """A repository without a full commit is refused, and the hint locks the commit."""
    error = refused(project, f"greet @ git+https://host/me/greet.git{reference}")

    assert "a requirement without a full commit" in error.message
    assert "requirements.txt to requirements.lock.txt" in error.hint


def test_building(project: Path) -> None:
    """A commit is refused until the code of packages may run here."""
    error = refused(project, GIT)
    assert error.message.startswith("requirements.txt has greet from a repository")

    projects.configure(project, build_sdists=True)
    target = planning.load_project(str(project)).target("hello")
    requirements_txt.check(GIT, "requirements.txt", target, lambda *_: "")


@pytest.mark.parametrize(
    "more, folder",
    [
        ("", None),
        ("#subdirectory=a/b", "a/b"),
        ("#egg=greet&subdirectory=a ; python_version > '3'", "a"),
        (" ; python_version > '3'", None),
    ],
)
def test_git_requirement(more: str, folder: str | None) -> None:
    """Repository, commit and folder of a requirement are known."""
    match = requirements_txt.git_requirement(GIT + more)

    assert match
    assert match.groupdict() == {
        "name": "greet",
        "repository": "https://host/me/greet.git",
        "commit": COMMIT,
        "folder": folder,
    }
    assert requirements_txt.git_requirement("greet==1.0 --hash=sha256:00") is None
