"""Read the lines of a requirements file, as far as all tools see the same ones. Plan time.

pip and uv differ in what ends a line, and in whether a comment goes on behind a backslash. A file
in which they see other lines than this is refused.
"""

import re
from collections.abc import Iterable, Iterator

from hashzip.errors import HashzipError

# Characters that end a line for some tools, and for others not.
_ENDS_OF_LINE = "\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
# Regular expressions; compiled on use, and all linear.
_COMMENT = r"(^|[ \t])#.*"
_BROKEN_WORD = r"\S\\\n(?=[^\s#])"
_LOGIN = r"(?<=://)[^/@\s]*@"  # a user's name and password in a URL


def logical(text: str, path: str, command: str) -> Iterator[str]:
    """Yield the lines of a file, joined at backslashes, without comments and empty lines.

    Args:
        text: The file's content.
        path: The file, for errors.
        command: The command that makes it again, for hints.

    Raises:
        HashzipError: A tool could see other lines.
    """
    text = text.replace("\r\n", "\n")
    if not text.isascii() or any(end in text for end in _ENDS_OF_LINE):
        _check_ends(text, path)
    if _has_broken_comment(text):
        text = "\n".join(_unbroken_comments(text.split("\n"), path))
    joined = text.replace(" \\\n", " ")  # as tools write it
    if "\\\n" in joined:
        broken = re.search(_BROKEN_WORD, text)
        if broken:
            number = text.count("\n", 0, broken.start()) + 1
            raise HashzipError(
                f"{path} has a word that begins in line {number} and ends in the next one",
                "write it in one line",
            )
        joined = joined.replace("\\\n", " ")
    for each in joined.split("\n"):
        # Most lines are long, and have no comment.
        line = (re.sub(_COMMENT, "", each) if "#" in each else each).strip(" \t")
        if "\\" in line or not (line.isprintable() or _is_printable(line)):
            raise unreadable(line, path, command)
        if line:
            yield line


def unreadable(line: str, path: str, command: str) -> HashzipError:
    """Return the error of a line that another tool could read otherwise.

    Args:
        line: The line.
        path: The file.
        command: The command that makes it again.
    """
    return HashzipError(
        f'{path} has the line "{without_login(line)}", which not every tool reads alike',
        f"write it without quotes, backslashes and variables; or run: {command}",
    )


def without_login(line: str) -> str:
    """Return a line without users' names and passwords in its URLs."""
    return re.sub(_LOGIN, "", line)


def _unbroken_comments(lines: Iterable[str], path: str) -> Iterator[str]:
    """Yield lines, of which no comment ends in a backslash: comments go on in no next line."""
    for number, line in enumerate(lines, 1):
        comment = re.search(_COMMENT, line) if line.endswith("\\") else None
        if comment and line[: comment.start()].strip():
            raise HashzipError(
                f"{path} has a comment that ends in a backslash, in line {number}: some tools take "
                "the next line for a part of it",
                "remove that backslash",
            )
        yield "" if comment else line


def _has_broken_comment(text: str) -> bool:
    """Return whether a line with a `#` ends in a backslash."""
    start = text.find("#")
    while start >= 0:
        end = text.find("\n", start)
        if end >= 0 and text[end - 1] == "\\":
            return True
        start = text.find("#", end) if end >= 0 else -1
    return False


def _check_ends(text: str, path: str) -> None:
    """Check that all tools see the same lines.

    Raises:
        HashzipError: A character ends a line for some of them only.
    """
    match = re.search(f"[{_ENDS_OF_LINE}]", text)
    if match:
        number = text.count("\n", 0, match.start()) + 1
        raise HashzipError(
            f"{path} has the character U+{ord(match[0]):04X} in line {number}, which ends a line "
            "for some tools only",
            "remove it",
        )


def _is_printable(line: str) -> bool:
    """Return whether a line has no character that is invisible, or a space for some tools."""
    return line.replace("\t", " ").isprintable()
