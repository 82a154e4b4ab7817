"""What a plan shows of the inputs."""

import pytest

from hashzip.inputs import summary
from hashzip.inputs.files import FileEntry

FILE = FileEntry("a", 0o644, 1, "0123456789abcdef" * 4)


def inputs(*paths: str) -> list[FileEntry]:
    """Return inputs that differ in their paths alone."""
    return [FILE._replace(path=path) for path in paths]


def test_up_to_a_hundred() -> None:
    """Each of a hundred files has the first digits of its digest."""
    files = inputs(*(f"lib/{n}" for n in range(100)))

    assert summary.summary(files) == {file.path: "0123456789ab" for file in files}


def test_above_a_hundred() -> None:
    """More files are summed up by top-level folder, with their number."""
    files = inputs("a.py", *(f"lib/{n}" for n in range(97)), "//x/lock.txt", "//lock", "web/a/b")

    lines = summary.summary(files)

    counts = {folder: text.partition(" ")[2] for folder, text in lines.items()}
    assert counts == {
        ".": "(1 file)",
        "lib/": "(97 files)",
        "//x/": "(1 file)",
        "//.": "(1 file)",
        "web/": "(1 file)",
    }


@pytest.mark.parametrize("change", [{"path": "lib/new"}, {"mode": 0o755}, {"sha256": "00" * 32}])
def test_change_above_a_hundred(change: dict[str, object]) -> None:
    """A change of one file changes its folder's digest, and no other."""
    files = inputs(*(f"lib/{n}" for n in range(100)), *(f"web/{n}" for n in range(100)))
    changed = [files[0]._replace(**change), *files[1:]]  # type: ignore[arg-type]

    before, after = summary.summary(files), summary.summary(changed)

    assert {folder for folder in before if before[folder] != after[folder]} == {"lib/"}


def test_above_a_hundred_folders() -> None:
    """More than a hundred folders are one line."""
    lines = summary.summary(inputs(*(f"{n}/a" for n in range(101))))

    assert list(lines) == ["."]
    assert lines["."].endswith(" (101 files)")
    assert len(summary.summary(inputs(*(f"{n}/a" for n in range(100)), "0/b"))) == 100
