"""The command line: which command, what its errors look like, and the exit code."""

import gc
import io
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, NoReturn

from hashzip.errors import HashzipError

if TYPE_CHECKING:
    from argparse import Namespace


def run() -> NoReturn:
    """Runs hashzip as a whole process.

    Which ends at once: Python would take down object by object, a twentieth of the time of a run.
    """
    code = main()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # after an error, whoever read it may have gone
            stream.flush()
    os._exit(code)


def main(words: Sequence[str] | None = None) -> int:
    """Runs hashzip.

    Args:
        words: The arguments, without the program's name; by default, those of the process.

    Returns:
        The exit code: 0, or 1 after an error. Bad usage exits with 2.
    """
    # A run is short, makes many objects and next to no cycles: it would be a tenth of its time.
    gc.disable()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name that the terminal cannot show is no reason to fail.
            stream.reconfigure(errors="backslashreplace")
    options = parse(sys.argv[1:] if words is None else words)
    try:
        import_module(f"hashzip.commands.{options.command}").run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read this has gone, as `head` does; Python's last flush must not complain either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (HashzipError, ModuleNotFoundError, OSError) as error:
        if options.debug:
            raise
        _print_error(*_explain(error))
        return 1
    except KeyboardInterrupt:
        _print_error("interrupted", "nothing is half-written; run it again")
        return 130
    return 0


def parse(words: Sequence[str]) -> "Namespace | SimpleNamespace":
    """Reads the arguments. Bad usage exits with 2.

    What Terraform's modules say on every plan is read without argparse: to load that would be a
    tenth of the time of such a plan.
    """
    if words == ["external"]:
        return SimpleNamespace(command="external", project=None, debug=False)
    from hashzip.commands import _parser  # noqa: PLC0415 - as said above

    return _parser.parse(words)


def _explain(error: Exception) -> tuple[str, str]:
    """Answers what is wrong, and the way out."""
    if isinstance(error, HashzipError):
        return error.message, error.hint
    if isinstance(error, ModuleNotFoundError):
        hint = (
            f"run: {sys.executable} -m pip install {_distribution()}; or have Terraform use "
            "a Python that has it, by the module's variable `command`"
        )
        return f"this needs the Python package {error.name}, which {sys.executable} lacks", hint
    # What no stage foresaw, such as a current folder that is gone.
    return str(error), "with --debug, this shows where it happened"


def _distribution() -> str:
    """Answers what pip installs hashzip from: the checkout that runs, or else the index."""
    checkout = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return checkout if os.path.isfile(os.path.join(checkout, "pyproject.toml")) else "hashzip"


def _print_error(message: str, hint: str) -> None:
    print(f"error: {message}", file=sys.stderr)
    if hint:
        print(f"hint: {hint}", file=sys.stderr)
