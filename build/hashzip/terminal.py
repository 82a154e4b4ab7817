"""What a terminal can show: colours and columns; and sizes for people. Standard library only.

Colours are those of cargo and uv. Standard output and standard error are judged separately, because
one of them may go to a file.
"""

import os
import sys
from collections.abc import Mapping
from typing import TextIO

# Parameters of `ESC [ … m`: https://www.xfree86.org/current/ctlseqs.html
ERROR = "1;31"
WARNING = "1;33"
HINT = "1;36"
GOOD = "1;32"
BOLD = "1"
DIM = "2"
ADDED = "32"
REMOVED = "31"
CHANGED = "33"
PLACE = "36"

# Columns where there is no terminal, as argparse and most tools have it.
DEFAULT_COLUMNS = 80

_OFF = ("", "0", "false")
_WINDOWS_STREAMS = {1: -11, 2: -12}  # STD_OUTPUT_HANDLE, STD_ERROR_HANDLE
_ENABLE_VIRTUAL_TERMINAL_PROCESSING = 4


def has_colour(stream: TextIO, environment: Mapping[str, str] | None = None) -> bool:
    """Return whether text for a stream is coloured.

    `NO_COLOR` turns colours off (https://no-color.org), then `FORCE_COLOR` turns them on
    (https://force-color.org), and otherwise a terminal has them that knows how. A CI system that
    gives programs a terminal need not say which one, in `TERM`.

    Args:
        stream: Standard output or standard error.
        environment: The environment variables; by default, those of the process.
    """
    variables = os.environ if environment is None else environment
    if variables.get("NO_COLOR"):
        return False
    if variables.get("FORCE_COLOR", "") not in _OFF:
        return True
    if not is_terminal(stream) or variables.get("TERM") == "dumb":
        return False
    if sys.platform == "win32":
        return _enable_escapes(stream)
    return bool(variables.get("TERM")) or is_ci(variables)


def is_terminal(stream: TextIO) -> bool:
    """Return whether a stream goes to a terminal."""
    try:
        return stream.isatty()
    except ValueError:  # it is closed
        return False


def is_live(stream: TextIO, environment: Mapping[str, str] | None = None) -> bool:
    """Return whether a line on a stream can be drawn again: a terminal that people look at.

    Args:
        stream: Standard output or standard error.
        environment: The environment variables; by default, those of the process.
    """
    variables = os.environ if environment is None else environment
    if not is_terminal(stream) or variables.get("TERM") == "dumb" or is_ci(variables):
        return False
    return sys.platform != "win32" or _enable_escapes(stream)


def is_ci(environment: Mapping[str, str]) -> bool:
    """Return whether a CI system runs this: all of them set `CI`."""
    return environment.get("CI", "").lower() not in _OFF


def paint(text: str, style: str, stream: TextIO) -> str:
    """Return a text in a style, if a stream shows colours.

    Args:
        text: A text without control characters.
        style: One of the constants of this module.
        stream: Where the text goes.
    """
    return f"\x1b[{style}m{text}\x1b[0m" if text and has_colour(stream) else text


def columns(stream: TextIO) -> int:
    """Return the width of a stream: `COLUMNS`, or the terminal's, or 80."""
    custom = os.environ.get("COLUMNS", "")
    if custom.isdecimal() and int(custom) > 0:
        return int(custom)
    try:
        return os.get_terminal_size(stream.fileno()).columns or DEFAULT_COLUMNS
    except (OSError, ValueError):  # no terminal; or no file, as in tests
        return DEFAULT_COLUMNS


def can_show(text: str, stream: TextIO) -> bool:
    """Return whether the encoding of a stream has all characters of a text."""
    try:
        text.encode(stream.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def megabytes(size: int) -> str:
    """Format a size in bytes as MB, or as kB if that would be 0.0 MB."""
    text = f"{size / 1_000_000:.1f} MB"
    return text if not text.startswith("0.0") else f"{size / 1000:.1f} kB"


def _enable_escapes(stream: TextIO) -> bool:
    """Make a console of Windows 10 or later interpret escape sequences; return whether it does."""
    import ctypes  # not there on all systems

    windll = getattr(ctypes, "windll", None)
    try:
        number = _WINDOWS_STREAMS[stream.fileno()]
    except (KeyError, OSError, ValueError):
        return False
    if windll is None:
        return False
    handle, mode = windll.kernel32.GetStdHandle(number), ctypes.c_uint32()
    if not windll.kernel32.GetConsoleMode(handle, ctypes.byref(mode)):
        return False
    mode.value |= _ENABLE_VIRTUAL_TERMINAL_PROCESSING
    return bool(windll.kernel32.SetConsoleMode(handle, mode))
