"""Nothing outside the inputs decides the bytes: neither variables nor the settings of uv."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hashzip.builders.python import uv
from hashzip.project import user_cache
from tests.support import local_packages, wheels
from tests.support import project as projects
from tests.support.index import Index
from tests.support.project import content, make_zip


@pytest.fixture
def locked(project: Path, index: Index) -> Path:
    """Make a project whose function needs two packages of the index."""
    made = [wheels.make(project, name) for name in ("greet", "able")]
    for wheel in made:
        index.add(wheel)
    wheels.lock(project, *made, where="")
    projects.configure(project, requirements="requirements.txt")
    return project


def rebuilt(project: Path) -> bytes:
    """Build hello in a cache of its own, and return the zip."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(user_cache.FOLDER_VARIABLE, str(project.parent / os.urandom(4).hex()))
        return make_zip(project, force=True).read_bytes()


def installed_by_uv(project: Path) -> list[tuple[str, bool]] | None:
    """Install the lock with uv alone; return each path and whether it is a link.

    Returns:
        None if uv failed.
    """
    folder = project.parent / os.urandom(4).hex()
    finished = subprocess.run(
        [
            *(uv.program(), "pip", "install", "--python", sys.executable, "--target", str(folder)),
            *("--no-compile-bytecode", "--require-hashes", "--no-deps"),
            *("--requirements", "requirements.txt"),
        ],
        cwd=project,
        capture_output=True,
        check=False,
    )
    if finished.returncode != 0:
        return None
    return sorted((str(path.relative_to(folder)), path.is_symlink()) for path in folder.rglob("*"))


class TestVariable:
    """A variable that uv would obey."""

    @pytest.mark.parametrize(
        "name, value",
        [
            ("UV_COMPILE_BYTECODE", "1"),
            ("UV_LINK_MODE", "symlink"),
            ("UV_CONSTRAINT", "able-0.txt"),
            ("UV_OVERRIDE", "able-0.txt"),
            ("UV_EXCLUDE", "able.txt"),
            ("UV_PROJECT", "other"),
            ("UV_WORKING_DIR", "other"),
            ("UV_EXCLUDE_NEWER", "2020-01-01"),
        ],
    )
    def test_ignored(
        self, locked: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
    ) -> None:
        """The zip is the same with it; the control is uv alone, which installs something else."""
        projects.write_files(
            locked,
            {
                "able-0.txt": b"able==0\n",
                "able.txt": b"able\n",
                "other/pyproject.toml": b"[tool.uv]\nexclude-dependencies = ['able']\n",
            },
        )
        before, alone = rebuilt(locked), installed_by_uv(locked)

        monkeypatch.setenv(name, value)

        assert rebuilt(locked) == before
        assert alone
        assert installed_by_uv(locked) != alone

    def test_of_an_index(self, locked: Path, index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
        """A variable that says where packages come from is obeyed."""
        before = rebuilt(locked)
        index.requests.clear()
        monkeypatch.delenv("UV_DEFAULT_INDEX")
        monkeypatch.setenv("UV_INDEX_URL", index.url)

        assert rebuilt(locked) == before
        assert "/simple/greet/" in index.requests

    def test_of_a_backend(
        self, project: Path, index: Index, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A build backend sees neither the user's variables nor another order of a set's items."""
        sources = "[tool.uv.sources]\nown = { path = 'own' }\n"
        local_packages.pyproject(project, "app", ["own"], more=sources)
        local_packages.package(project / "own")
        listing = "open('seen.txt', 'w').write(repr([*sorted(os.environ), hash('x')]))"
        backend = f"import os\n{listing}\n{local_packages.BACKEND}"
        projects.write_files(project, {"own/backend.py": backend.encode()})
        local_packages.lock(project, index)
        projects.configure(project, requirements="uv.lock")
        monkeypatch.setenv("OWN_VERSION", "1.0")
        monkeypatch.setenv("PYTHONPATH", str(project))

        seen = content(make_zip(project), "seen.txt").decode()

        assert "PATH" in seen
        assert "OWN_VERSION" not in seen
        assert "PYTHONPATH" not in seen
        monkeypatch.setenv("PYTHONHASHSEED", "7")
        monkeypatch.delenv("OWN_VERSION")
        assert rebuilt(project) == make_zip(project).read_bytes()
