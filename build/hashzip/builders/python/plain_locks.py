"""Recognize locks in which nothing of the project can be, without a parser. Plan time.

Most locks are as uv wrote them, and have packages of indexes alone. To parse 1 MB of TOML takes a
tenth of a second at each plan; to see that such a lock is plain takes a hundredth of that. These
functions never guess: a lock in any other spelling counts as not plain, and is parsed.

The proof: a text without a backslash has no escapes, so each key in it is written out. A word that
no part of the text has, or has only in a form that is known to be harmless, is no key elsewhere,
whatever comments and strings of several lines are around it.
"""

import re

# Regular expressions; compiled on use.
_UV_START = r'version = 1\n(?:revision = \d+\n)?requires-python = "([^"\n]*)"\n'
_UV_PACKAGE, _UV_SOURCE = "\n[[package]]\n", "\nsource = { "
_UV_PROJECT = r'\nsource = \{ (?:editable|virtual) = "\." \}\n'
_UV_ELSEWHERE = (
    r'source(?! = \{ (?:registry = "https?://[^"\n]*"|git = "[^"\n]*"'
    r'|(?:editable|virtual) = "\.") \})'
)
_FILE_ELSEWHERE = r'url(?! = "[^"\n]*", hash = "sha256:)'
_PYLOCK_START = (
    r'(?:#.*\n)*lock-version = "1\.0"\n(?:created-by = "[^"\n]*"\n)?'
    r'(?:environments = \[(?:"[^"\n]*"(?:, )?)*\]\n)?'
    r'(?:requires-python = "([^"\n]*)"\n)?\n*\[\[packages\]\]\n'
)
_NOT_OF_INDEX = r"directory|vcs"
_IN_WORD = r"[A-Za-z0-9_-]"


def of_uv(text: str) -> str | None:
    """Return the `requires-python` of a `uv.lock` whose packages are from indexes, with hashes.

    The project beside the lock may be in it too.

    Args:
        text: The lock.

    Returns:
        None if it may have other packages, or is not as uv writes it.
    """
    start = re.match(_UV_START, text)
    if start is None or "\\" in text or not re.search(_UV_PROJECT, text):
        return None
    if text.count(_UV_PACKAGE) != text.count(_UV_SOURCE):
        return None
    return None if _has(_UV_ELSEWHERE, text) or _has(_FILE_ELSEWHERE, text) else start[1]


def pylock(text: str) -> str | None:
    """Return the `requires-python`, or "", of a `pylock.toml` whose packages are all files.

    Args:
        text: The lock.

    Returns:
        None if it may have packages of folders or repositories, or is not as uv writes it.
    """
    start = re.match(_PYLOCK_START, text)
    if start is None or "\\" in text or _has(_NOT_OF_INDEX, text):
        return None
    return start[1] or ""


def _has(word: str, text: str) -> bool:
    """Return whether a text may have a key: a word that is no part of a longer one."""
    for match in re.finditer(word, text):
        before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        if not (re.match(_IN_WORD, before) or re.match(_IN_WORD, after)):
            return True
    return False
