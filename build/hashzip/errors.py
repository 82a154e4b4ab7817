"""The one error that users see, and the helper that makes it helpful."""

from collections.abc import Iterable


class HashzipError(Exception):
    """Something that the user can mend.

    Args:
        message: What is wrong, and where: one line that names the thing.
        hint: The way out, or "" where the message says it already.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Answers `did you mean "…"? ` and the known words, for the hint of an unknown word."""
    import difflib

    words = sorted(known)
    close = difflib.get_close_matches(word, words, n=1)
    guess = f'did you mean "{close[0]}"? ' if close else ""
    return f"{guess}known: {', '.join(words) or 'none'}"


def escape(name: bytes) -> str:
    r"""Writes a file name so that it is safe on a terminal: `b"a\n\xff"` becomes `a\n\xff`."""
    text = name.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def read_error(location: bytes, error: OSError) -> HashzipError:
    """Makes the error of a file or folder that is an input and cannot be read."""
    if isinstance(error, FileNotFoundError):
        return HashzipError(
            f"{escape(location)} vanished while it was read",
            "wait until nothing writes to the sources, and run this again",
        )
    return HashzipError(
        f"cannot read {escape(location)}: {error.strerror}",
        "give yourself the right to read it, or name it in exclude",
    )
