"""Errors and warnings for users, and helpers to word them. Standard library only."""

import sys
from collections.abc import Iterable
from contextlib import suppress

_NEAR = 3  # words that a hint begins with
_MANY = 8  # words in one line
_MOST = 100  # words in a list
_LIST_COLUMNS = 60
_INDENT = "  "


class HashzipError(Exception):
    """A problem that the user can fix.

    Args:
        message: One line that says what is wrong, and where.
        hint: What to do about it; "" where the message says it.
        needs: The extra of hashzip, or the package, that is missing; "" if it is something else.
    """

    def __init__(self, message: str, hint: str = "", *, needs: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.needs = needs


def print_error(message: str, hint: str = "") -> None:
    """Print an error to stderr.

    Args:
        message: One line that says what is wrong, and where.
        hint: What to do about it; "" where the message says it.
    """
    _print("error", message, hint)


def warn(message: str, hint: str = "") -> None:
    """Print a warning to stderr, in the form that errors have. The command goes on.

    Args:
        message: One line that says what is wrong, and where.
        hint: What to do about it; "" where the message says it.
    """
    _print("warning", message, hint)


def _print(label: str, message: str, hint: str) -> None:
    from hashzip import terminal  # noqa: PLC0415 - most runs print none of these

    style = terminal.ERROR if label == "error" else terminal.WARNING
    text = f"{terminal.paint(f'{label}:', style, sys.stderr)} {message}\n"
    if hint:
        text += f"{terminal.paint('hint:', terminal.HINT, sys.stderr)} {hint}\n"
    # In one call, so that the lines of several threads do not mix. The reader may have gone.
    with suppress(OSError):
        sys.stderr.write(text)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint for an unknown word: the nearest known word, if one is near, and all of them.

    Near words come first. A long list has lines of its own, which fit any terminal.

    Args:
        word: The unknown word.
        known: The known words, in any order.
    """
    import difflib

    words = sorted(known)
    close = difflib.get_close_matches(word, words, n=_NEAR)
    guess = f'did you mean "{close[0]}"? ' if close else ""
    ordered = [*close, *(other for other in words if other not in close)]
    if len(ordered) <= _MANY:
        return f"{guess}known: {', '.join(ordered) or 'none'}"
    import textwrap

    rest = len(ordered) - _MOST
    listed = [*ordered[:_MOST], f"and {rest:,} more"] if rest > 0 else ordered
    lines = textwrap.wrap(", ".join(listed), _LIST_COLUMNS - len(_INDENT), break_on_hyphens=False)
    return "\n".join([f"{guess}known:", *(_INDENT + line for line in lines)])


def escape(name: bytes) -> str:
    r"""Return a file name in a form that is safe on a terminal: `b"a\n\xff"` becomes `a\n\xff`."""
    text = name.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def read_error(location: bytes, error: OSError) -> HashzipError:
    """Return the error for an input that cannot be read.

    Args:
        location: The path of the file or folder.
        error: What the system says.
    """
    if isinstance(error, FileNotFoundError):
        return HashzipError(
            f"{escape(location)} vanished while it was read",
            "wait until nothing writes to the sources, and run this again",
        )
    return HashzipError(
        f"cannot read {escape(location)}: {error.strerror}",
        "check its permissions, or name it in exclude",
    )
