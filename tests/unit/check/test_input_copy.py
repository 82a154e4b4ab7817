"""Copies of a package's inputs."""

import shutil
from pathlib import Path

import pytest

from hashzip.check import input_copy, variations
from tests.support import project as projects
from tests.support import wheels
from tests.unit.builders.rust.test_skeleton import MEMBERS, ONE

MADE = {
    "builder": "command",
    "source": "src",
    "handler": "x",
    "runtime": "provided.al2023",
    "architecture": "arm64",
    "command": ["true"],
}


def copied(project: Path, name: str = "hello") -> tuple[Path, Path]:
    """Copy the inputs of a function twice, and return the two folders."""
    builds = variations.choose(project.with_name("builds"), uv_cache=None)
    for variation in (builds.first, builds.second):
        input_copy.copy(projects.examine(project, name), variation)
    return builds.first.project, builds.second.project


def files(folder: Path) -> dict[str, bytes]:
    """Return the content of each file in a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_same_fingerprint(project: Path) -> None:
    """A copy has the fingerprint of the project."""
    first, second = copied(project)

    fingerprints = {projects.examine(root).fingerprint for root in (project, first, second)}

    assert len(fingerprints) == 1


def test_only_inputs(project: Path) -> None:
    """Other files are not copied: beside the source, left out of it, or of another function."""
    projects.write_files(project, {"more/x": b"", "src/node_modules/y": b"", "other/z": b""})
    projects.write_config(
        project, hello=MADE | {"inputs": ["more"]}, other=MADE | {"source": "other"}
    )

    first, second = copied(project)

    assert files(first) == files(second)
    assert set(files(first)) == {
        "hashzip.toml",
        "more/x",
        *(f"src/{path}" for path in projects.SOURCES),
    }


def test_modes(project: Path) -> None:
    """Modes are decided by content, not by the modes of the files."""
    (project / "src/run.sh").chmod(0o600)
    (project / "src/hello.py").chmod(0o777)

    first, _ = copied(project)

    modes = [(first / "src" / name).stat().st_mode & 0o777 for name in ("run.sh", "hello.py")]
    assert modes == [0o755, 0o644]


def test_times(project: Path) -> None:
    """Times of files, and the order of files by time, differ between the copies."""
    first, second = copied(project)

    def times(root: Path) -> dict[str, float]:
        return {path: (root / path).stat().st_mtime for path in files(root)}

    old, new = times(first), times(second)
    assert not set(old.values()) & set(new.values())
    assert sorted(old, key=old.__getitem__) == sorted(new, key=new.__getitem__, reverse=True)


def test_order(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of the second copy are made in reverse order."""
    made: list[str] = []
    copyfile = shutil.copyfile

    def spy(source: bytes, to: Path) -> None:
        copyfile(source, to)
        made.append(to.name)

    monkeypatch.setattr(shutil, "copyfile", spy)
    copied(project)

    half = len(made) // 2
    assert half == 4
    assert made[:half] == made[half:][::-1]


def test_links(project: Path) -> None:
    """A link is copied as the file or folder that it points to."""
    (project / "src/link.py").symlink_to("hello.py")
    (project / "src/folder").symlink_to("lib")

    first, _ = copied(project)

    assert not (first / "src/link.py").is_symlink()
    assert (first / "src/folder/names.py").read_bytes() == projects.SOURCES["lib/names.py"]


def test_empty_source(project: Path) -> None:
    """An empty source folder is copied."""
    (project / "empty").mkdir()
    projects.configure(project, source=["src", "empty"])

    first, _ = copied(project)

    assert (first / "empty").is_dir()


def test_layers(project: Path) -> None:
    """The inputs of a function's layers are copied too."""
    projects.write_files(project, {"lib/shared.py": b"x = 1\n"})
    where = {"runtime": "python3.13", "architecture": "arm64"}
    projects.write_tables(
        project,
        {
            "function.hello": projects.HELLO | {"layers": ["lib"]},
            "layer.lib": where | {"source": "lib"},
        },
    )

    first, _ = copied(project)

    assert files(first)["lib/shared.py"] == b"x = 1\n"


def test_packages_on_this_machine(project: Path) -> None:
    """Archives that a lock takes from the project are copied, and uv's settings."""
    wheels.lock(project, wheels.make(project))
    projects.write_files(project, {"uv.toml": b"offline = true\n", "others/x.whl": b""})
    projects.configure(project, requirements="requirements.txt")

    first, _ = copied(project)

    copies = set(files(first))
    assert {"wheels/greet-1.0-py3-none-any.whl", "uv.toml"} <= copies
    assert "others/x.whl" not in copies


def test_settings_above(tmp_path: Path) -> None:
    """Settings of uv from above the project go to its folder, unless it has its own."""
    above = tmp_path / "above"
    projects.write_files(above, {"uv.toml": b"offline = true\n"})
    project = projects.make(above / "project")
    wheels.lock(project, wheels.make(project))
    projects.configure(project, requirements="requirements.txt")
    first, second = copied(project)
    assert files(first)["uv.toml"] == b"offline = true\n"

    shutil.rmtree(above / "builds")
    projects.write_files(project, {"uv.toml": b"offline = false\n"})
    first, second = copied(project)

    assert files(second)["uv.toml"] == b"offline = false\n"


def test_crates(project: Path) -> None:
    """A workspace is copied with the crate that is compiled, and skeletons of the others."""
    projects.write_files(project, MEMBERS)
    projects.write_config(project, one=ONE)

    first, _ = copied(project, "one")

    assert "three/src/lib.rs" in files(first)
    assert (
        projects.examine(first, "one").fingerprint == projects.examine(project, "one").fingerprint
    )
