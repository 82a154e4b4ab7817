"""The error type of the scripts, and the one place that prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hashzip.errors import HashzipError, print_error

if TYPE_CHECKING:
    from collections.abc import Callable


class ScriptError(HashzipError):
    """An error that the user of a script can fix."""

    def __init__(self, message: str, hint: str) -> None:  # here each one has a hint
        super().__init__(message, hint)

    def __str__(self) -> str:
        return f"{self.message}\nhint: {self.hint}"


def exit_code(main: Callable[[], None]) -> int:
    """Run a script's main function, print its error, and return the exit code of the process."""
    try:
        main()
    except HashzipError as error:
        print_error(error.message, error.hint, error.lines)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0
