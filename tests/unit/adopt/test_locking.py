"""Locking the packages of adopted functions."""

from pathlib import Path

import pytest

from hashzip import planning
from hashzip.adopt import locking, proposing
from hashzip.adopt.proposal import Proposal
from hashzip.adopt.proposing import Request
from hashzip.adopt.repository import Repository
from hashzip.errors import HashzipError
from tests.support import adoption, program, wheels
from tests.support import project as projects
from tests.support.index import Index

PROJECT = b'[project]\nname = "shop"\nversion = "1"\ndependencies = ["greet"]\n'


def adopted(root: Path, files: dict[str, bytes]) -> Proposal:
    """Adopt functions, and return what was proposed."""
    handler = adoption.HANDLER.encode()
    projects.write_files(root, {"a/app.py": handler, "b/app.py": handler, **files})
    repository = Repository(str(root))
    proposal = proposing.propose(repository, Request())
    proposing.write(repository, proposal.changes)
    return proposal


@pytest.mark.parametrize(
    "files, expected",
    [
        ({"a/requirements.txt": b"greet\n"}, [("a/requirements.txt", "a/requirements.lock.txt")]),
        ({"requirements.in": b"greet\n"}, [("requirements.in", "requirements.txt")]),
        ({"pyproject.toml": PROJECT}, [("pyproject.toml", "uv.lock")]),
        ({"requirements.txt": b"greet==1 --hash=sha256:" + b"0" * 64}, []),
        ({}, []),
    ],
)
def test_offers(tmp_path: Path, files: dict[str, bytes], expected: list[tuple[str, str]]) -> None:
    """Each list that is no lock is offered once, for all functions that name it."""
    proposal = adopted(tmp_path, files)

    offers, hints = locking.offers(planning.load_project(str(tmp_path)), proposal.new)

    assert [(offer.path, offer.lock) for offer in offers] == expected
    assert [len(offer.targets) for offer in offers] == [
        1 if path.startswith("a/") else 2 for path, _ in expected
    ]
    assert hints == []


def test_other_programs(tmp_path: Path) -> None:
    """What another program locks is a hint with its command."""
    proposal = adopted(tmp_path, {"poetry.lock": b""})

    offers, hints = locking.offers(planning.load_project(str(tmp_path)), proposal.new)

    assert offers == []
    assert "poetry export" in hints[0]


def test_locked(tmp_path: Path, index: Index) -> None:
    """After `init --lock` the function can be built, and its own list is as it was."""
    index.add(wheels.make(tmp_path, "greet", "1.0"))
    root = tmp_path / "own dir"
    files = {"a/app.py": adoption.HANDLER.encode(), "a/requirements.txt": b"greet\n"}
    projects.write_files(root, files)

    finished = program.call("init", "--yes", "--lock", cwd=root)

    assert finished.code == 0, finished.err
    assert (root / "a/requirements.txt").read_bytes() == b"greet\n"
    text = (root / "hashzip.toml").read_text(encoding="utf-8")
    assert 'requirements = "a/requirements.lock.txt"' in text
    assert "greet.py" in projects.names(projects.make_zip(root, "a"))


def test_not_asked(tmp_path: Path, index: Index) -> None:
    """Without `--lock` nothing is run, and the command is said."""
    files = {"a/app.py": adoption.HANDLER.encode(), "a/requirements.txt": b"greet\n"}
    projects.write_files(tmp_path, files)

    finished = program.call("init", "--yes", cwd=tmp_path)

    assert "not locked: a/requirements.txt; run: uv pip compile" in finished.out
    assert index.requests == []
    assert not (tmp_path / "a/requirements.lock.txt").exists()


def test_many(tmp_path: Path) -> None:
    """Of many lists without a lock, a few are said, and the others are counted."""
    for number in range(8):
        folder = f"f{number}"
        files = {"app.py": adoption.HANDLER.encode(), "requirements.txt": b"greet\n"}
        projects.write_files(tmp_path / folder, files)

    finished = program.call("init", "--yes", cwd=tmp_path)

    assert finished.out.count("not locked:") == 5
    assert "and 3 more" in finished.out


def test_failure(tmp_path: Path, index: Index) -> None:
    """A lock that uv cannot make is an error with uv's words."""
    assert index
    proposal = adopted(tmp_path, {"a/requirements.txt": b"missing\n"})
    project = planning.load_project(str(tmp_path))
    (offer,), _ = locking.offers(project, proposal.new)

    with pytest.raises(HashzipError, match="missing") as caught:
        locking.run(project, offer)

    assert "uv pip compile" in caught.value.hint
