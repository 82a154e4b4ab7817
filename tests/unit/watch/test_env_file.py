"""The variables of a `.env` file."""

import sys
from pathlib import Path

import pytest

from hashzip.errors import HashzipError
from hashzip.watch import env_file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the path of a file that is not there yet."""
    return tmp_path / "dev.env"


@pytest.mark.parametrize(
    "text, variables",
    [
        ("", {}),
        ("A=b\n", {"A": "b"}),
        ("# a comment\n\nA=b # another\n", {"A": "b"}),
        ("export A=b", {"A": "b"}),
        ("A='b # c'", {"A": "b # c"}),
        ('A="b\\nc"', {"A": "b\nc"}),
        ("A=\nB=c=d\n", {"A": "", "B": "c=d"}),
        ("A=b\nC=${A}d\n", {"A": "b", "C": "bd"}),
        ("A=é", {"A": "é"}),
        ("\ufeffA=b\n", {"A": "b"}),
    ],
)
def test_variables(file: Path, text: str, variables: dict[str, str]) -> None:
    """They are those that python-dotenv reads: quotes, comments and references included."""
    file.write_text(text, encoding="utf-8")

    assert env_file.read(str(file), str(file.parent)) == variables


@pytest.mark.parametrize("line", ["A", "export A", "A b", "'A'b=c", 'A="b'])
def test_invalid_line(file: Path, line: str) -> None:
    """A line that is not NAME=VALUE is an error with its number, without the line: a secret."""
    file.write_text(f"# first\nB=c\n{line}\n", encoding="utf-8")

    with pytest.raises(HashzipError) as caught:
        env_file.read(str(file), str(file.parent))

    assert caught.value.message == f"{file}:3 is not NAME=VALUE"
    assert caught.value.hint == "fix that line"


def test_missing_file(file: Path) -> None:
    """A file that cannot be read is an error that names it; an empty one is none."""
    with pytest.raises(HashzipError, match=r"dev\.env"):
        env_file.read(str(file), str(file.parent))

    file.touch()
    assert env_file.read(str(file), str(file.parent)) == {}


def test_not_text(file: Path) -> None:
    """A file that is not UTF-8 is an error."""
    file.write_bytes(b"A=\xff\n")

    with pytest.raises(HashzipError, match=r"cannot read .*dev\.env"):
        env_file.read(str(file), str(file.parent))


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of POSIX")
def test_project(file: Path) -> None:
    """A file of the project may not lead out of it; one that the user names elsewhere may."""
    (file.parent / "project").mkdir()
    link = file.parent / "project/.env"
    link.symlink_to(file)
    file.write_text("A=b\n", encoding="utf-8")

    assert env_file.read(str(link), str(file.parent / "other")) == {"A": "b"}
    with pytest.raises(HashzipError, match=r"the link .*/project/\.env leads out"):
        env_file.read(str(link), str(file.parent / "project"))
