"""Errors and warnings for users, and helpers to word them. Standard library only.

A message quotes names and values as they are. They are made safe where it is printed.
"""

import errno
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import TextIO

_NEAR = 3  # words that a hint begins with
_MANY = 8  # words in one line
_MOST = 100  # words in a list
_MOST_CHARACTERS = 1_500  # of a list
_WORTH_COMPARING = 200  # characters of a word for which near ones are looked for
_LIST_COLUMNS = 60
_INDENT = "  "
_COMMA = ", "
_KNOWN = "known:"

_READ_HINTS = {
    errno.ENAMETOOLONG: "move the project to a shorter path, or name a folder above it in exclude",
    errno.ELOOP: "remove the links that lead to each other, or name it in exclude",
    errno.EMFILE: "raise the limit of open files, such as with ulimit -n",
    errno.ENFILE: "end programs that keep many files open, and run this again",
    errno.EIO: "check the disk or the network drive that it is on",
}

_warned: set[tuple[str, str]] = set()
_strict: list[bool] = []  # one for each block of `strict` that runs


class HashzipError(Exception):
    """A problem that the user can fix.

    Args:
        message: One line that says what is wrong, and where.
        hint: What to do about it; "" where the message says it.
        needs: The extra of hashzip, or the package, that is missing; "" if it is something else.
        lines: What stands below the message: what a program says, or a table.
        key: The key of a function's table in `hashzip.toml` whose value is wrong, so that its line
            can be shown; "" if it is something else.
    """

    def __init__(
        self,
        message: str,
        hint: str = "",
        *,
        needs: str = "",
        lines: Sequence[str] = (),
        key: str = "",
    ) -> None:
        super().__init__("\n".join([message, *(f"{_INDENT}{line}" for line in lines)]))
        self.message = message
        self.hint = hint
        self.needs = needs
        self.lines = lines
        self.key = key


def print_error(message: str, hint: str = "", lines: Sequence[str] = ()) -> None:
    """Print an error to stderr.

    Args:
        message: One line that says what is wrong, and where.
        hint: What to do about it; "" where the message says it.
        lines: What stands below the message.
    """
    _print("error", message, hint, lines)


def forget_warnings() -> None:
    """Let `warn` print again what it has printed before."""
    _warned.clear()


@contextmanager
def strict(*, on: bool) -> Iterator[None]:
    """Let `warn` raise warnings as errors, in all threads, until the block ends.

    Args:
        on: Whether to; if not, nothing changes.
    """
    _strict.append(on)
    try:
        yield
    finally:
        _strict.pop()


def warn(message: str, hint: str = "") -> None:
    """Print a warning to stderr, in the form that errors have. The command goes on.

    The same warning is printed once.

    Args:
        message: One line that says what is wrong, and where.
        hint: What to do about it; "" where the message says it.

    Raises:
        HashzipError: Warnings are errors: see `strict`.
    """
    if any(_strict):
        more = "or leave out --strict"
        raise HashzipError(message, f"{hint}; {more}" if hint else f"fix it, {more}")
    if (message, hint) not in _warned:
        _warned.add((message, hint))
        _print("warning", message, hint)


def print_traceback(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Print the traceback of an error that is one of hashzip's own, as `sys.excepthook` does.

    Its message and its lines may quote anything, as those of other errors.
    """
    import traceback  # noqa: PLC0415 - only for an error

    from hashzip.printable import escaped, without_credentials  # noqa: PLC0415

    text = "".join(traceback.format_exception(kind, error, trace))
    with suppress(OSError):
        for line in text.splitlines():
            sys.stderr.write(escaped(without_credentials(line)) + "\n")


def report(
    label: str,
    message: str,
    hint: str = "",
    lines: Sequence[str] = (),
    stream: TextIO | None = None,
) -> str:
    r"""Return an error or a warning as it is printed: lines that end with `\n`.

    Args:
        label: `error` or `warning`.
        message: As of `HashzipError`.
        hint: As of `HashzipError`.
        lines: As of `HashzipError`.
        stream: Where it is printed; by default, stderr.
    """
    from hashzip import terminal  # noqa: PLC0415 - most runs print none of these
    from hashzip.printable import indented, printable  # noqa: PLC0415

    stream = stream or sys.stderr
    style = terminal.ERROR if label == "error" else terminal.WARNING
    rows = [f"{terminal.paint(f'{label}:', style, stream)} {printable(message)}"]
    rows += indented(lines)
    if hint:
        first, *rest = _laid_out(printable(hint))
        rows += [f"{terminal.paint('hint:', terminal.HINT, stream)} {first}", *rest]
    return "".join(f"{row}\n" for row in rows)


def _print(label: str, message: str, hint: str, lines: Sequence[str] = ()) -> None:
    text = report(label, message, hint, lines)
    # In one call, so that the lines of several threads do not mix. The reader may have gone.
    with suppress(OSError):
        sys.stderr.write(text)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint for an unknown word: the nearest known word, if one is near, and the others.

    Near words come first.

    Args:
        word: The unknown word.
        known: The known words, in any order.
    """
    import difflib

    words = sorted(known)
    is_comparable = len(word) <= _WORTH_COMPARING
    close = difflib.get_close_matches(word, words, n=_NEAR) if is_comparable else []
    guess = f'did you mean "{close[0]}"? ' if close else ""
    ordered = [*close, *(other for other in words if other not in close)]
    return f"{guess}{_KNOWN} {some(ordered, _MOST) or 'none'}"


def some(words: Sequence[str], most: int = 5) -> str:
    """Join words for a message, in which the first few are enough: `a, b, and 7 more`.

    Args:
        words: The words.
        most: How many of them are named.
    """
    named: list[str] = []
    length = 0
    for word in words[:most]:
        length += len(word) + len(_COMMA)
        if named and length > _MOST_CHARACTERS:
            break
        named.append(word)
    more = len(words) - len(named)
    return _COMMA.join([*named, f"and {more:,} more"] if more else named)


def _laid_out(hint: str) -> list[str]:
    """Return a hint as lines: a long list of known words has lines of its own."""
    start, known, words = hint.partition(f"{_KNOWN} ")
    if not known or (words.count(_COMMA) < _MANY and len(hint) <= _LIST_COLUMNS):
        return [hint]
    import textwrap

    wrapped = textwrap.wrap(words, _LIST_COLUMNS - len(_INDENT), break_on_hyphens=False)
    return [start + _KNOWN, *(_INDENT + line for line in wrapped)]


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
    if error.errno in (errno.ENOENT, errno.ENOTDIR, getattr(errno, "ESTALE", None)):
        return HashzipError(
            f"{escape(location)} vanished while it was read",
            "wait until nothing writes to the sources, and run this again",
        )
    return HashzipError(
        f"cannot read {escape(location)}: {error.strerror}",
        _READ_HINTS.get(error.errno or 0, "check its permissions, or name it in exclude"),
    )
