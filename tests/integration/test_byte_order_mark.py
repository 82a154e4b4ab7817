"""Files that begin with a byte order mark, as editors on Windows write them, read as uv does."""

import subprocess
from pathlib import Path

import pytest
from uv import find_uv_bin

from tests.support import local_packages, wheels
from tests.support import project as projects
from tests.support.index import Index
from tests.support.project import examine, make_zip

MARK = b"\xef\xbb\xbf"


def mark(file: Path) -> None:
    """Put a byte order mark at the beginning of a file."""
    file.write_bytes(MARK + file.read_bytes())


@pytest.mark.parametrize("name", ["requirements.txt", "uv.lock", "pylock.toml"])
def test_lock(name: str, project: Path, index: Index) -> None:
    """A lock with a mark installs the same packages; its fingerprint is another: bytes count."""
    greet = wheels.make(project)
    index.add(greet)
    local_packages.pyproject(project, "single", ["greet"])
    local_packages.lock(project, index)
    wheels.lock(project, greet)
    export = [find_uv_bin(), "export", "--quiet", "--no-emit-project", "-o", "pylock.toml"]
    subprocess.run(export, cwd=project, stdout=subprocess.DEVNULL, check=True)
    projects.configure(project, requirements=name)
    plain, content = examine(project), make_zip(project).read_bytes()

    mark(project / name)
    marked, marked_content = examine(project), make_zip(project).read_bytes()

    assert marked_content == content
    assert marked.fingerprint != plain.fingerprint
    assert b"greet.py" in content


def test_pyproject(project: Path, index: Index) -> None:
    """So it is with the `pyproject.toml` of a `uv.lock`."""
    index.add(wheels.make(project))
    local_packages.pyproject(project, "single", ["greet"])
    local_packages.lock(project, index)
    projects.configure(project, requirements="uv.lock")
    content = make_zip(project).read_bytes()

    mark(project / "pyproject.toml")

    assert make_zip(project).read_bytes() == content


def test_hashzip_toml(project: Path) -> None:
    """A `hashzip.toml` with a mark means the same, since it is no input itself."""
    plain = examine(project)

    mark(project / "hashzip.toml")

    assert examine(project).fingerprint == plain.fingerprint
    projects.configure(project, exclude=["lib/"])  # the control: what it says does count
    mark(project / "hashzip.toml")
    assert examine(project).fingerprint != plain.fingerprint
