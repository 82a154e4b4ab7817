"""Packages of the project, built by the build backends that people have."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hashzip.builders.python import uv
from hashzip.errors import HashzipError
from tests.support import local_packages, repositories
from tests.support import project as projects
from tests.support.project import content, examine, make_zip, names

pytestmark = [pytest.mark.registry, pytest.mark.slow]

HATCHLING = '[build-system]\nrequires = ["hatchling==1.27.0"]\nbuild-backend = "hatchling.build"\n'
SCM = (
    '[build-system]\nrequires = ["setuptools==80.9.0", "setuptools-scm==8.3.1"]\n'
    'build-backend = "setuptools.build_meta"\n[tool.setuptools_scm]\nroot = ".."\n'
)
HATCH_VCS = (
    '[build-system]\nrequires = ["hatchling==1.27.0", "hatch-vcs==0.5.0"]\n'
    'build-backend = "hatchling.build"\n[tool.hatch.version]\nsource = "vcs"\n'
    "raw-options = { root = '..' }\n"
)
NAME = '[project]\nname = "own"\nrequires-python = ">=3.11"\n'


@pytest.fixture
def app(project: Path) -> Iterator[Path]:
    """Make a project that needs the package `own` in a folder of its name."""
    sources = "[tool.uv.sources]\nown = { path = 'own' }\n"
    local_packages.pyproject(project, "single", ["own"], more=sources)
    projects.configure(project, requirements="uv.lock")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HASHZIP_CACHE_DIR", str(project.parent / "trees"))
        yield project


def lock(project: Path, pyproject: str, *sources: str) -> None:
    """Write the package `own`, and lock the project."""
    files = {"pyproject.toml": pyproject} | dict.fromkeys(sources, "SOURCE = 1\n")
    projects.write_files(project / "own", {path: text.encode() for path, text in files.items()})
    subprocess.run([uv.program(), "lock", "--quiet"], cwd=project, check=True)


def test_readme(app: Path) -> None:
    """A readme beside the package's folder is in its metadata, and an input."""
    projects.write_files(app, {"README.md": b"Read me first.\n"})
    lock(app, f'{NAME}version = "1.0"\nreadme = "../README.md"\n{HATCHLING}', "own/__init__.py")

    zip_file = make_zip(app)

    assert b"Read me first." in content(zip_file, "own-1.0.dist-info/METADATA")
    before = examine(app).fingerprint
    projects.write_files(app, {"README.md": b"Read me again.\n"})
    assert examine(app).fingerprint != before
    assert b"Read me again." in content(make_zip(app), "own-1.0.dist-info/METADATA")


def test_build_folder(app: Path) -> None:
    """Sources in a folder `build` are packed if `pyproject.toml` says so; its leftovers are not."""
    text = f'{NAME}version = "1.0"\n{HATCHLING}'
    wheel = "[tool.hatch.build.targets.wheel]\n"
    paths = ("build/own/__init__.py", "build/lib/own/old.py", "own/__init__.py")
    lock(app, text + wheel + 'packages = ["own"]\n', *paths)
    inputs = [file.path for file in examine(app).inputs]
    assert "//own/build/own/__init__.py" not in inputs
    assert "//own/own/__init__.py" in inputs

    lock(app, text + wheel + 'packages = ["build/own"]\n')

    inputs = [file.path for file in examine(app).inputs]
    assert "//own/build/own/__init__.py" in inputs
    assert "//own/build/lib/own/old.py" not in inputs
    assert "own/__init__.py" in names(make_zip(app))


@pytest.mark.parametrize("backend", [SCM, HATCH_VCS])
def test_version_of_git(app: Path, backend: str) -> None:
    """A version that comes from git is named in `build_env`, as the hint says."""
    repositories.git(app, "init", "--quiet")
    repositories.commit(app)
    repositories.git(app, "tag", "v7.0")
    lock(app, f'{NAME}dynamic = ["version"]\n{backend}', "own/__init__.py")
    with pytest.raises(HashzipError, match="takes its version from git") as caught:
        make_zip(app)

    setting = caught.value.hint.partition("; for a backend")[0].partition(": ")[2]

    assert setting == 'build_env = { SETUPTOOLS_SCM_PRETEND_VERSION = "1.0" }'
    versions = set()
    for version in ("1.0", "2.5"):
        variables = {"SETUPTOOLS_SCM_PRETEND_VERSION": version}
        projects.configure(app, requirements="uv.lock", build_env=variables)
        plan = examine(app)
        versions.add(plan.fingerprint)
        assert projects.build(plan).packages[0].version == version
    assert len(versions) == 2
