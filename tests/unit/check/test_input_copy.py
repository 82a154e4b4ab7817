"""Copies of a project's inputs."""

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
    """Copies the inputs of a function twice, and answers where to."""
    pair = variations.choose(project.with_name("builds"), uv_cache=None)
    for one in (pair.first, pair.second):
        input_copy.copy(projects.examine(project, name), one)
    return pair.first.project, pair.second.project


def files(folder: Path) -> dict[str, bytes]:
    """Answers what is in each file below a folder."""
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
    """What is no input is not there: beside the source, left out of it, or of another function."""
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
    """Modes are by content, whatever the file system has."""
    (project / "src/run.sh").chmod(0o600)
    (project / "src/hello.py").chmod(0o777)

    first, _ = copied(project)

    modes = [(first / "src" / name).stat().st_mode & 0o777 for name in ("run.sh", "hello.py")]
    assert modes == [0o755, 0o644]


def test_times(project: Path) -> None:
    """Each file has another time in the two copies, and another order by time."""
    first, second = copied(project)

    def times(root: Path) -> dict[str, float]:
        return {path: (root / path).stat().st_mtime for path in files(root)}

    one, two = times(first), times(second)
    assert not set(one.values()) & set(two.values())
    assert sorted(one, key=one.__getitem__) == sorted(two, key=two.__getitem__, reverse=True)


def test_order(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of the second copy are made in the opposite order."""
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
    """A link is copied as what it leads to."""
    (project / "src/link.py").symlink_to("hello.py")
    (project / "src/folder").symlink_to("lib")

    first, _ = copied(project)

    assert not (first / "src/link.py").is_symlink()
    assert (first / "src/folder/names.py").read_bytes() == projects.SOURCES["lib/names.py"]


def test_empty_source(project: Path) -> None:
    """A source that has no file, beside one that has some, is there."""
    (project / "empty").mkdir()
    projects.configure(project, source=["src", "empty"])

    first, _ = copied(project)

    assert (first / "empty").is_dir()


def test_layers(project: Path) -> None:
    """The inputs of a function's layers are there too."""
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
    """What a lock takes from the project itself is there, and the settings of uv."""
    wheels.lock(project, wheels.make(project))
    projects.write_files(project, {"uv.toml": b"offline = true\n", "others/x.whl": b""})
    projects.configure(project, requirements="requirements.txt")

    first, _ = copied(project)

    found = set(files(first))
    assert {"wheels/greet-1.0-py3-none-any.whl", "uv.toml"} <= found
    assert "others/x.whl" not in found


def test_settings_above(tmp_path: Path) -> None:
    """Uv's settings above the project go to its folder, unless it has its own."""
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
    """Of a workspace, the crate that is compiled, and what stands in for the others."""
    projects.write_files(project, MEMBERS)
    projects.write_config(project, one=ONE)

    first, _ = copied(project, "one")

    assert "three/src/lib.rs" in files(first)
    assert (
        projects.examine(first, "one").fingerprint == projects.examine(project, "one").fingerprint
    )
