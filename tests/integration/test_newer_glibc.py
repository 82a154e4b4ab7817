"""Wheels that need a newer C library than 2.17, on Amazon Linux 2, which has 2.26."""

from pathlib import Path

import pytest

from hashzip.errors import HashzipError
from tests.support import local_packages, wheels
from tests.support import project as projects
from tests.support.index import Index
from tests.support.project import content, make_zip, names


def lock(project: Path, index: Index, kind: str, *versions: int) -> None:
    """Lock a package that has wheels for these C libraries, for python3.11."""
    lines = ""
    for version in versions:
        tag = f"cp311-cp311-manylinux_2_{version}_aarch64"
        wheel = wheels.make(project, tag=tag, files={"greet.py": f"GLIBC = {version}\n"})
        index.add(wheel)
        digest = wheels.requirement(wheel).partition(" ")[2].strip()
        lines += f" {digest}"
    if kind == "uv.lock":
        local_packages.pyproject(project, "single", ["greet"])
        local_packages.lock(project, index)
    else:
        projects.write_files(project, {kind: f"greet==1.0{lines}\n".encode()})
    projects.configure(project, requirements=kind, runtime="python3.11")


@pytest.mark.parametrize("kind", ["requirements.txt", "uv.lock"])
@pytest.mark.parametrize("glibc", [17, 24, 26])
def test_installed(project: Path, index: Index, kind: str, glibc: int) -> None:
    """A wheel that Lambda's C library loads is installed."""
    lock(project, index, kind, glibc)

    assert "greet.py" in names(make_zip(project))


@pytest.mark.parametrize("kind", ["requirements.txt", "uv.lock"])
@pytest.mark.parametrize("glibc", [27, 28])
def test_refused(project: Path, index: Index, kind: str, glibc: int) -> None:
    """One that it does not load is refused, and the library is named as the reason."""
    lock(project, index, kind, glibc)

    with pytest.raises(HashzipError) as caught:
        make_zip(project)

    assert caught.value.message == (
        f"greet 1.0 needs glibc 2.{glibc} or later, and python3.11 has 2.26"
    )
    assert "use python3.12 or later" in caught.value.hint


def test_choice(project: Path, index: Index) -> None:
    """Of several wheels in a `uv.lock`, the newest that it loads is installed."""
    lock(project, index, "uv.lock", 24, 25, 28)

    assert content(make_zip(project), "greet.py") == b"GLIBC = 25\n"


def test_old_wheel_first(project: Path, index: Index) -> None:
    """Where every package has a wheel for 2.17, that is installed, as ever."""
    lock(project, index, "uv.lock", 17, 24)

    assert content(make_zip(project), "greet.py") == b"GLIBC = 17\n"
