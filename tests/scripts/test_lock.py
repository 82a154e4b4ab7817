"""The locks of hashzip's own dependencies: what they have, and when they are stale."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import lock
from scripts.errors import ScriptError
from tests.support import index as indexes
from tests.support import local_packages, wheels
from tests.support import project as projects
from tests.support.index import Index


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """Run an index that has two versions of a package, and others."""
    (tmp_path / "wheels").mkdir()
    with indexes.serve(tmp_path) as served:
        for name, value in served.settings.items():
            monkeypatch.setenv(name, value)
        for name, version in (("greet", "1.0"), ("able", "1.0"), ("rusty", "1.0")):
            served.add(wheels.make(tmp_path / "wheels", name, version))
        yield served


@pytest.fixture
def locked(tmp_path: Path, index: Index) -> Path:  # noqa: ARG001 - it serves the packages
    """Lock a project with a dependency and extras, and return the folder of both."""
    folder = tmp_path / "locked"
    folder.mkdir()
    declare(folder, "greet")
    lock.lock(folder, project=folder)
    return folder


def declare(folder: Path, *dependencies: str) -> None:
    """Write the dependencies of a project, and its extras."""
    extras = {"init": ["able"], "local": ["able", "greet"], "rust": ["rusty"], "s3": ["able"]}
    local_packages.pyproject(folder, "single", dependencies, extras=extras)


def names(file: Path) -> list[str]:
    """Return the packages of a lock, in its order."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return [line.partition(" ")[0] for line in lines if "==" in line]


def test_extras(locked: Path) -> None:
    """Each extra has a lock with all that hashzip needs with it, hashes included."""
    files = lock.files(locked)

    assert {extra: names(file) for extra, file in files.items()} == {
        "": ["greet==1.0"],
        "init": ["able==1.0", "greet==1.0"],
        "local": ["able==1.0", "greet==1.0"],
        "rust": ["greet==1.0", "rusty==1.0"],
        "s3": ["able==1.0", "greet==1.0"],
    }
    assert "--hash=sha256:" in files[""].read_text(encoding="utf-8")


def test_stale(locked: Path, index: Index) -> None:
    """A lock is stale when a dependency is added, and not when a version appears."""
    lock.check(locked, locked)
    index.add(wheels.make(locked.with_name("wheels"), "greet", "2.0"))
    lock.check(locked, locked)

    declare(locked, "greet", "able")

    with pytest.raises(ScriptError, match=r"requirements.txt is stale") as caught:
        lock.check(locked, locked)
    assert caught.value.hint == "run: nox -s lock"
    lock.lock(locked, project=locked)
    lock.check(locked, locked)


def test_edited(locked: Path) -> None:
    """A lock that was edited by hand is stale, each of them."""
    for file in lock.files(locked).values():
        content = file.read_bytes()
        file.write_bytes(content + b"# by hand\n")
        with pytest.raises(ScriptError, match=f"{file.name} is stale"):
            lock.check(locked, locked)
        file.write_bytes(content)


def test_upgrade(locked: Path, index: Index) -> None:
    """Newer versions are taken on request, and the same in each lock."""
    index.add(wheels.make(locked.with_name("wheels"), "greet", "2.0"))
    lock.lock(locked, project=locked)
    assert "greet==1.0" in names(lock.files(locked)[""])

    lock.lock(locked, "--upgrade", project=locked)

    assert all("greet==2.0" in names(file) for file in lock.files(locked).values())


def test_failure(locked: Path) -> None:
    """What uv says of a package that is nowhere is passed on."""
    declare(locked, "nowhere")

    with pytest.raises(ScriptError, match="nowhere was not found"):
        lock.lock(locked, project=locked)
    projects.write_files(locked, {"pyproject.toml": b"["})
    with pytest.raises(ScriptError, match=r"pyproject.toml"):
        lock.lock(locked, project=locked)
