"""The variables of a `.env` file."""

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

    assert env_file.read(str(file)) == variables


@pytest.mark.parametrize("line", ["A", "export A", "A b", "'A'b=c", 'A="b'])
def test_invalid_line(file: Path, line: str) -> None:
    """A line that is not NAME=VALUE is an error with its number."""
    file.write_text(f"# first\nB=c\n{line}\n", encoding="utf-8")

    with pytest.raises(HashzipError) as caught:
        env_file.read(str(file))

    assert caught.value.message.startswith(f"{file}:3 is not NAME=VALUE: {line[:2]}")
    assert caught.value.hint == "fix that line"


def test_missing_file(file: Path) -> None:
    """A file that cannot be read is an error that names it; an empty one is none."""
    with pytest.raises(HashzipError, match=r"dev\.env"):
        env_file.read(str(file))

    file.touch()
    assert env_file.read(str(file)) == {}


def test_not_text(file: Path) -> None:
    """A file that is not UTF-8 is an error."""
    file.write_bytes(b"A=\xff\n")

    with pytest.raises(HashzipError, match=r"cannot read .*dev\.env"):
        env_file.read(str(file))
