"""A plan has everything that decides a package, and computes its fingerprint once."""

import json
from pathlib import Path

import pytest

from hashzip.errors import HashzipError
from tests.support import commands, wheels
from tests.support import project as projects


@pytest.fixture
def built_by_command(tmp_path: Path) -> Path:
    """Make a project whose function a command builds."""
    return commands.make(tmp_path / "made")


def test_sources_that_are_packed(project: Path) -> None:
    """Packed sources are named as in the zip, and decide the package."""
    plan = projects.examine(project)

    assert {file.path for file in plan.packed_files} == set(projects.SOURCES)
    assert [entry.path for entry in plan.packed_inputs] == [file.path for file in plan.packed_files]
    assert (list(plan.deciding_files), plan.packs_sources) == ([], True)


def test_sources_that_are_not_packed(built_by_command: Path) -> None:
    """The sources of a command decide the package, are named from the project, and not packed."""
    plan = projects.examine(built_by_command)

    assert {file.path for file in plan.deciding_files} == {"//src/build.sh", "//src/words.txt"}
    assert (list(plan.packed_files), plan.packs_sources) == ([], False)


def test_lock(project: Path) -> None:
    """A lock decides the package and is not packed."""
    wheels.lock(project, wheels.make(project))
    projects.configure(project, requirements="requirements.txt")

    plan = projects.examine(project)

    assert [file.path for file in plan.deciding_files] == ["//requirements.txt"]
    assert {entry.path for entry in plan.inputs} == {*projects.SOURCES, "//requirements.txt"}


def test_a_file_that_is_named_twice_counts_once(built_by_command: Path) -> None:
    """A file of the source that `inputs` names too is one input."""
    before = projects.examine(built_by_command).fingerprint

    commands.configure(built_by_command, inputs=["src/words.txt"])
    plan = projects.examine(built_by_command)

    paths = [file.path for file in plan.deciding_files]
    assert sorted(paths) == ["//src/build.sh", "//src/words.txt"]
    assert plan.fingerprint == before


def test_fingerprint_from_the_cache(project: Path) -> None:
    """A second plan takes the fingerprint from the cache, and a change of the recipe does not."""
    first = projects.examine(project)
    projects.grow_older(project)
    projects.examine(project)
    second = projects.examine(project)
    key = json.loads(second.result.key)

    assert second.result == first.result
    assert key[1] == first.recipe
    projects.configure(project, architecture="x86_64")
    assert projects.examine(project).fingerprint != first.fingerprint


@pytest.mark.parametrize("content", [b"changed", None])
def test_changed_inputs(built_by_command: Path, content: bytes | None) -> None:
    """A deciding file that has changed or gone since the plan is an error that names it."""
    plan = projects.examine(built_by_command)
    plan.check_unchanged()

    words = built_by_command / "src/words.txt"
    words.unlink()
    if content is not None:
        words.write_bytes(content)
    with pytest.raises(HashzipError, match=r"src/words\.txt"):
        plan.check_unchanged()


def test_secret(project: Path, built_by_command: Path) -> None:
    """A secret in packed sources is an error; a command decides itself what it packs."""
    for root in (project, built_by_command):
        projects.write_files(root, {"src/.env": b"A=1"})

    with pytest.raises(HashzipError, match="like a secret"):
        projects.examine(project)
    assert projects.examine(built_by_command).fingerprint


def test_replan(project: Path) -> None:
    """`replan` makes the plan again from what is on the disk then."""
    plan = projects.examine(project)
    assert plan.replan().fingerprint == plan.fingerprint

    projects.write_files(project, {"src/new.py": b""})
    assert plan.replan().fingerprint != plan.fingerprint


def test_read(project: Path) -> None:
    """An input is read as it is now, by its path in the package or in the project."""
    wheels.lock(project, wheels.make(project))
    projects.configure(project, requirements="requirements.txt")
    plan = projects.examine(project)

    for path, location in {
        "run.sh": "src/run.sh",
        "//requirements.txt": "requirements.txt",
    }.items():
        assert plan.read(path) == (project / location).read_bytes()
    (project / "src/run.sh").write_bytes(b"later")
    assert plan.read("run.sh") == b"later"
    (project / "src/run.sh").unlink()
    with pytest.raises(HashzipError, match=r"run\.sh vanished"):
        plan.read("run.sh")


class TestSize:
    """Sources that are too large for Lambda. Those of these sizes could not be read in time."""

    def test_sources(self, project: Path) -> None:
        """They are refused before they are read, in the words of a build, with the largest file."""
        _sparse(project / "src/model.bin", 1 << 40)
        with pytest.raises(HashzipError) as caught:
            projects.examine(project)

        assert caught.value.message.startswith("[function.hello] is 1,099,511,62")
        assert "bytes unpacked; Lambda's limit is 262,144,000 bytes" in caught.value.message
        assert caught.value.lines[0].split() == ["model.bin", "1,099,511,627,776"]
        projects.configure(project, exclude=["model.bin"])
        assert projects.examine(project).fingerprint

    def test_layers(self, project: Path) -> None:
        """Those of its layers count, for a function that is small enough by itself."""
        layer = {"runtime": "python3.13", "architecture": "arm64", "source": "lib"}
        hello = projects.HELLO | {"layers": ["deps"]}
        projects.write_tables(project, {"layer.deps": layer, "function.hello": hello})
        _sparse(project / "lib/data.bin", 200_000_000)
        _sparse(project / "src/data.bin", 1)
        assert projects.examine(project).fingerprint

        _sparse(project / "src/data.bin", 70_000_000)
        with pytest.raises(HashzipError) as caught:
            projects.examine(project)

        assert "[function.hello] with its layers (deps) is 270,000," in caught.value.message
        assert caught.value.lines[0].split()[:2] == ["python/data.bin", "(layer"]

    def test_not_packed(self, built_by_command: Path) -> None:
        """Files that decide a package and are not packed have no such limit."""
        _sparse(built_by_command / "src/model.bin", 300_000_000)

        assert projects.examine(built_by_command).fingerprint


def _sparse(file: Path, size: int) -> None:
    """Write a file of a size that takes no room on the disk."""
    file.parent.mkdir(exist_ok=True)
    with file.open("wb") as opened:
        opened.truncate(size)
