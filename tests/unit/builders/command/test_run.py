"""A build by the programs of a function. More of them are in `integration/test_command_run.py`."""

import os
from pathlib import Path

import pytest

from hashzip.builders.command import run
from hashzip.errors import HashzipError
from tests.support import commands
from tests.support import project as projects


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a project with one function, "hello", that programs make."""
    return commands.make(tmp_path / "project")


def build(root: Path, script: str, **changes: object) -> dict[str, bytes]:
    """Build hello by a script, and return its files."""
    hello = commands.HELLO | {"command": [["sh", "-c", script]]} | changes
    projects.write_config(root, hello={k: v for k, v in hello.items() if v is not None})
    output = run.build(projects.examine(root), root / "work")
    return {file.path: Path(os.fsdecode(file.location)).read_bytes() for file, _ in output.files}


def test_output(root: Path) -> None:
    """The files are copies: a later write to the output does not change them."""
    files = build(root, "mkdir -p out/a && echo 1 >out/a/b")
    assert files == {"a/b": b"1\n"}

    copy = root / "work/copies/a/b"
    (root / "src/out/a/b").write_bytes(b"2\n")
    assert copy.read_bytes() == b"1\n"


def test_variable(root: Path) -> None:
    """Without `output`, the programs write to a folder that a variable names."""
    files = build(root, 'echo 1 >"$HASHZIP_OUTPUT/a"; echo "$SOURCE_DATE_EPOCH"', output=None)

    assert files == {"a": b"1\n"}
    assert (root / "work/output/a").is_file()


def test_earlier_output(root: Path) -> None:
    """An earlier output is not packed, and comes back after a failure."""
    assert set(build(root, "mkdir out && touch out/a && echo 1 >out/a")) == {"a"}
    assert set(build(root, "mkdir out && echo 1 >out/b")) == {"b"}

    with pytest.raises(HashzipError, match=r"which \[function\.hello\] runs in"):
        build(root, "mkdir out && echo 1 >out/c && exit 1")

    assert [path.name for path in (root / "src/out").iterdir()] == ["b"]


def test_killed_build(root: Path) -> None:
    """What a killed build has left is thrown away, and the output before it is kept aside."""
    build(root, "mkdir out && echo 1 >out/a")
    (root / "src/out").rename(root / ".hashzip/hello.output")
    projects.write_files(root / "src", {"out/half": b"1"})

    with pytest.raises(HashzipError, match="failed"):
        build(root, "exit 1")

    assert [path.name for path in (root / "src/out").iterdir()] == ["a"]


@pytest.mark.parametrize(
    "script, message",
    [
        ("true", "out does not exist after the programs of"),
        ("mkdir out", "out is empty after the programs of"),
        ("mkdir out && ln -s /etc/hosts out/a", "leads out of the output"),
    ],
)
def test_unusable_output(root: Path, script: str, message: str) -> None:
    """Without an output, or with one that cannot be packed, the error names it."""
    with pytest.raises(HashzipError, match=message):
        build(root, script)


def test_changed_sources(root: Path) -> None:
    """Programs that change their inputs are refused; a file that is no input may change."""
    assert build(root, "mkdir out && echo 1 | tee out/a >out/b")

    with pytest.raises(HashzipError, match=r"words\.txt changed in the sources"):
        build(root, "mkdir out && echo 1 | tee out/a >words.txt")
