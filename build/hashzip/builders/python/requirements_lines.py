"""Read the lines and options of a requirements file, if all tools read the same. Plan time.

pip and uv differ in what ends a line, and in whether a comment goes on behind a backslash. A file
in which they see other lines than this is refused.
"""

import re
from collections.abc import Iterable, Iterator

from hashzip.errors import HashzipError

# `-rother.txt` is one, too.
_OTHER_FILES = ("-r", "-c", "-e", "--requirement", "--constraint", "--editable")
# Options with a value that say where packages come from, with their full names.
PLACES = {
    "-i": "--index-url",
    "--index-url": "--index-url",
    "--pypi-url": "--index-url",
    "--extra-index-url": "--extra-index-url",
    "-f": "--find-links",
    "--find-links": "--find-links",
    "--trusted-host": "--trusted-host",
}
_FOLDERS = ("-f", "--find-links")
_NO_INDEX = "--no-index"
ONLY_BINARY = "--only-binary"
# Options that change nothing where each requirement is one version with its hashes, or only what
# programs other than uv do.
WITHOUT_EFFECT = frozenset(("--require-hashes", "--pre", "--prefer-binary", "--use-feature"))
_WITH_VALUE = frozenset((*PLACES, ONLY_BINARY, "--use-feature"))

# Characters that end a line for some tools, and for others not.
_ENDS_OF_LINE = "\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
# Regular expressions; compiled on use, and all linear.
_COMMENT = r"(^|[ \t])#.*"
_BROKEN_WORD = r"\S\\\n(?=[^\s#])"
_WORD = r"""(?:[^\s"']|"[^"]*"|'[^']*')+|\S"""
_VALUE = r"[^-\s\"'][^\"'\n]*"
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


def options(line: str, path: str, command: str) -> Iterator[tuple[str, str]]:
    """Yield the options of a line, with "" for the value of one without a value.

    Args:
        line: The line.
        path: The file, for errors.
        command: The command that makes it again, for hints.

    Raises:
        HashzipError: One could change what is installed, or names another file.
    """
    words = iter(re.findall(_WORD, line))
    for word in words:
        name, equals, value = word.partition("=")
        if name.startswith(_OTHER_FILES):
            raise HashzipError(
                f'{path} has the line "{without_login(line)}", and hashzip does not read that file',
                f"lock everything into one file: {command}",
            )
        takes_value = name in _WITH_VALUE
        if takes_value and not equals:
            value = next(words, "")
        if value[:1] in ('"', "'") and value[:1] == value[-1:]:
            value = value[1:-1]
        known = takes_value or name == _NO_INDEX or name in WITHOUT_EFFECT
        if not known or takes_value != bool(value) or (equals and not takes_value):
            raise refused(word, line, path)
        # Only a path may have spaces.
        has_spaces = " " in value and (name not in _FOLDERS or "://" in value)
        if takes_value and (has_spaces or not re.fullmatch(_VALUE, value)):
            raise unreadable(line, path, command)
        yield name, value


def refused(option: str, line: str, path: str) -> HashzipError:
    """Return the error of an option that could change what is installed.

    Args:
        option: The option.
        line: The line that it is in.
        path: The file.
    """
    hint = f"of options, only {', '.join(sorted({*PLACES.values(), _NO_INDEX}))} count"
    if option.startswith("--no-binary"):
        hint = "to let uv build packages that have no wheel, set build_sdists = true"
    return HashzipError(
        f'{path} has {option} in the line "{without_login(line)}", which could change what is '
        "installed",
        f"remove it; {hint}",
    )


def unreadable(line: str, path: str, command: str) -> HashzipError:
    """Return the error of a line that another tool could read otherwise.

    Args:
        line: The line.
        path: The file.
        command: The command that makes it again.
    """
    return HashzipError(
        f'{path} has the line "{without_login(line)}", which can be read in more than one way',
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
