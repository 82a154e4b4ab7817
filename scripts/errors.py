"""The one error of the scripts, and the one place that shows it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from hashzip.errors import HashzipError

if TYPE_CHECKING:
    from collections.abc import Callable


class ScriptError(HashzipError):
    """Something that whoever runs a script can put right.

    Attributes:
        message: What went wrong, with the thing and the place.
        hint: The way out.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message, hint)

    def __str__(self) -> str:
        return f"{self.message}\nhint: {self.hint}"


def exit_code(main: Callable[[], None]) -> int:
    """Run a script's main function and say how it went.

    Args:
        main: The function; it returns when all went well.

    Returns:
        The exit code for the shell: 0, 1 after an error of ours, which is printed on stderr, or
        130 after Ctrl-C.
    """
    try:
        main()
    except HashzipError as error:
        print(f"error: {error.message}\nhint: {error.hint}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0
