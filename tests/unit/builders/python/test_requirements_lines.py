"""The lines of a requirements file."""

import pytest

from hashzip.builders.python import requirements_lines
from hashzip.errors import HashzipError


def logical(text: str) -> list[str]:
    """Return the lines of a file."""
    return list(requirements_lines.logical(text, "requirements.txt", "COMMAND"))


def refused(text: str) -> HashzipError:
    """Read the lines of a file, which must fail, and return the error."""
    with pytest.raises(HashzipError) as caught:
        logical(text)
    return caught.value


def test_logical() -> None:
    """Lines are joined at backslashes, and comments and empty lines are left out."""
    text = "# a\na==1 \\\n  --hash=x # b\n\n--no-index\nb#c==1\n"

    assert logical(text) == ["a==1   --hash=x", "--no-index", "b#c==1"]
    assert logical(text.replace("\n", "\r\n")) == logical(text)
    assert logical("") == logical("#") == logical("# c \\") == []
    assert logical("a") == ["a"]


@pytest.mark.parametrize("comment", ["# c \\", "  # c \\", "#\\", "# c \\\\"])
def test_comment(comment: str) -> None:
    """A comment in a line of its own ends with the line, whatever its last character is."""
    assert logical(f"{comment}\n-r other.txt\n") == ["-r other.txt"]
    assert logical(f"a==1 \\\n{comment}\n-r other.txt\n") == ["a==1", "-r other.txt"]


def test_comment_behind() -> None:
    """Behind a requirement it is refused: pip takes the next line for a part of it, uv does not."""
    error = refused("a==1\nb==1 # c \\\n-r other.txt\n")

    assert "requirements.txt has a comment that ends in a backslash, in line 2" in error.message
    assert logical("b==1 # c\n-r other.txt\n") == ["b==1", "-r other.txt"]


@pytest.mark.parametrize("separator", "\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
@pytest.mark.parametrize("before", ["a==1", "# c "])
def test_other_ends(separator: str, before: str) -> None:
    """A character that ends a line for some tools only is refused, with its place."""
    error = refused(f"\n{before}{separator}--no-binary six\n")

    assert f"U+{ord(separator):04X} in line 2, which ends a line for some" in error.message
    assert refused(f"\n{before}{separator}").message == error.message


@pytest.mark.parametrize("character", "\0\x01\x1f\x7f\xa0\u200b\u2003\u202e\ufeff")
def test_invisible(character: str) -> None:
    """A character that nobody sees, or that is a space for some tools, is refused."""
    assert "which can be read in more than one way" in refused(f"a{character}==1").message
    assert logical(f"a\t==1 # {character}") == ["a\t==1"]


@pytest.mark.parametrize("text", ["a==1.\\\n0", "a\\\nb", "--no-\\\nindex"])
def test_broken_word(text: str) -> None:
    """A word that goes on in the next line is one word for pip, and none for uv."""
    assert "a word that begins in line 1 and ends in the next one" in refused(text).message


@pytest.mark.parametrize("text", ["a==1\\\n b", "a==1 \\\nb", "a==1\\\n\tb"])
def test_joined(text: str) -> None:
    """A line that is broken between words is joined."""
    assert [line.split() for line in logical(text)] == [["a==1", "b"]]


@pytest.mark.parametrize("text", ["a==1 \\", "a==1 \\ \n", ".\\a.whl", "a \\\\\n b"])
def test_backslash(text: str) -> None:
    """A backslash anywhere but at the end of a line is refused."""
    assert "which can be read in more than one way" in refused(text).message
