"""The command line: choose the command, print errors, and return the exit code."""

import codecs
import errno
import io
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, NoReturn, TextIO

from hashzip import errors
from hashzip.errors import HashzipError
from hashzip.project import user_key

if TYPE_CHECKING:
    from argparse import Namespace

    from _typeshed import ReadableBuffer as Buffer


_ERRORS = "hashzip"  # how characters are printed that an encoding lacks
_ASCII = {"…": "..."}  # of our own words; all others are escaped

_Install = Callable[[str], None]

_WHERE = "run it again with --debug to see where it failed"
# What the system refuses when it has no more of something.
_NO_THREAD_WORDS = "can't start new thread"
_NO_THREAD = (
    "the system starts no more threads for this user",
    "end other programs, or raise the limit (ulimit -u); hashzip build --jobs 1 needs the fewest",
)
_NO_MEMORY = "the system has no more memory for this process", "end other programs"
_FILES_HINT = "raise the limit: ulimit -n 1024"
_EXHAUSTED: Mapping[int | None, tuple[str, str]] = {
    errno.EAGAIN: (
        "the system starts no more processes for this user",
        "end other programs, or raise the limit: ulimit -u",
    ),
    errno.EMFILE: ("this process may open no more files", _FILES_HINT),
    errno.ENFILE: ("the system may open no more files", "end other programs"),
    errno.ENOMEM: _NO_MEMORY,
}


def run(install: _Install | None = None) -> NoReturn:
    """Run hashzip as a process, and end it.

    It ends without Python's cleanup, object by object, which takes a twentieth of the time of a
    run.

    Args:
        install: As for `main`.
    """
    end(lambda: main(install=install))


def end(action: Callable[[], int]) -> NoReturn:
    """Do something, and end the process with the exit code that it returns."""
    sys.excepthook = errors.print_traceback
    try:
        open_streams()
        code = action()
    except SystemExit as exited:  # bad usage, or help
        code = exited.code if isinstance(exited.code, int) else int(exited.code is not None)
    for stream in filter(None, (sys.stdout, sys.stderr)):
        with suppress(OSError):  # its reader may have gone
            stream.flush()
    os._exit(code)


class _OutputError(OSError):
    """Standard output or standard error cannot be written."""


class _Output(io.FileIO):
    """Standard output or standard error, to which all is written, or it is an error."""

    def write(self, data: "Buffer", /) -> int:
        """Write some of the data, and wait until that is possible.

        Raises:
            BrokenPipeError: The reader has gone.
            _OutputError: It cannot be written.
        """
        while True:
            try:
                written = super().write(data)
            except BrokenPipeError:
                raise
            except OSError as error:
                raise _OutputError(error.errno, error.strerror) from error
            if written is not None:
                return written
            # Another program has set the pipe or terminal to fail instead of waiting.
            import select

            select.select([], [self], [])


def open_streams() -> None:
    """Make sure that all that is printed is written, and that there are three standard streams.

    Python by itself loses the rest of a text that does not fit into a pipe, if `PYTHONUNBUFFERED`
    is set and the pipe does not wait.

    Raises:
        SystemExit: There is no standard output.
    """
    if not _is_open(sys.stdin):
        sys.stdin = io.TextIOWrapper(io.BufferedReader(_nothing("r")))
    if not _is_open(sys.stderr):
        sys.stderr = io.TextIOWrapper(io.BufferedWriter(_nothing("w")))
    if not _is_open(sys.stdout):
        errors.print_error("there is no standard output", "do not close it; send it to a file")
        raise SystemExit(1)
    if os.name != "nt":  # where no pipe fails, and a terminal is no file
        sys.stdout, sys.stderr = map(_patient, (sys.stdout, sys.stderr))


def _nothing(mode: str) -> io.FileIO:
    """Open a file in which nothing is, and which stays open."""
    return io.FileIO(os.open(os.devnull, os.O_RDWR), mode, closefd=False)


def _is_open(stream: TextIO | None) -> bool:
    """Return whether a standard stream is open. If not, Python may say so, or not notice."""
    if stream is None:
        return False
    try:
        os.fstat(stream.fileno())
    except io.UnsupportedOperation:  # it is no file
        return True
    except OSError:
        return False
    return True


def _patient(stream: TextIO) -> TextIO:
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    return io.TextIOWrapper(
        io.BufferedWriter(_Output(stream.fileno(), "w", closefd=False)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering or stream.write_through,
    )


def main(words: Sequence[str] | None = None, install: _Install | None = None) -> int:
    """Run hashzip.

    Args:
        words: The arguments, without the program's name; by default, those of the process.
        install: Called with the name of a Python package, or of an extra of hashzip, that is
            missing. It runs hashzip again where that is installed, or returns if it cannot.

    Returns:
        The exit code: 0; 1 after an error; 130 after Ctrl-C. Bad usage exits with 2.
    """
    codecs.register_error(_ERRORS, _in_ascii)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Print what the terminal's encoding lacks in another way, instead of failing.
            stream.reconfigure(errors=_ERRORS)
    errors.forget_warnings()
    user_key.take_variable()
    options: Namespace | SimpleNamespace = SimpleNamespace(debug=False, exit_code=False)

    def action() -> None:
        nonlocal options
        try:
            options = parse(sys.argv[1:] if words is None else words)
        except SystemExit:  # after the help
            sys.stdout.flush()
            raise
        _run_command(options, install)

    return guarded(action, lambda: options)


def guarded(
    action: Callable[[], None],
    options: Callable[[], "Namespace | SimpleNamespace"] = SimpleNamespace,
) -> int:
    """Do something; print its error, if there is one, and return the exit code.

    Args:
        action: What to do.
        options: Returns the arguments, once they are known: whether errors are raised (`debug`),
            and whether 1 is an answer (`exit_code`).
    """
    try:
        action()
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has gone, such as `head`. Python's last flush must not fail either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (HashzipError, ModuleNotFoundError, OSError, RuntimeError, MemoryError) as error:
        explained = _explain(error)
        if explained is None or getattr(options(), "debug", False):
            raise
        errors.print_error(explained.message, explained.hint, explained.lines)
        return 2 if getattr(options(), "exit_code", False) else 1
    except KeyboardInterrupt:
        errors.print_error("interrupted", "no file was left half-written; run it again")
        return 130
    return 0


def _run_command(options: "Namespace | SimpleNamespace", install: _Install | None) -> None:
    try:
        import_module(f"hashzip.commands.{options.command}").run(options)
    except (HashzipError, ModuleNotFoundError) as error:
        needs = error.needs if isinstance(error, HashzipError) else error.name
        if install and needs:
            install(needs.partition(".")[0])
        raise


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    """Return what is printed in place of characters that an encoding lacks, and where to go on."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    characters = error.object[error.start : error.end]
    texts = (
        _ASCII.get(each) or each.encode("ascii", "backslashreplace").decode() for each in characters
    )
    return "".join(texts), error.end


def parse(words: Sequence[str]) -> "Namespace | SimpleNamespace":
    """Parse the arguments. Bad usage exits with 2.

    The arguments of a plan, `external`, are parsed without argparse: loading it would take a tenth
    of the time of a plan.
    """
    if words == ["external"]:
        return SimpleNamespace(command="external", project=None, debug=False)
    from hashzip.commands import _parser  # noqa: PLC0415 - it loads argparse

    return _parser.parse(words)


def _explain(error: Exception) -> HashzipError | None:
    """Return an error with a message and a hint; None for one of hashzip's own."""
    if isinstance(error, HashzipError):
        return error
    if isinstance(error, _OutputError):
        return HashzipError(
            f"cannot write the output: {error.strerror}",
            "free some disk space, or send the output elsewhere",
        )
    if isinstance(error, ModuleNotFoundError):
        from hashzip.project import installation  # noqa: PLC0415 - only for an error

        message = f"the Python package {error.name} is not installed for {sys.executable}"
        return HashzipError(message, installation.hint())
    number = error.errno if isinstance(error, OSError) else None
    # By default, an error that no module expects, such as a deleted current folder.
    words = _EXHAUSTED.get(number, (str(error), _WHERE))
    if isinstance(error, MemoryError):
        words = _NO_MEMORY
    elif isinstance(error, RecursionError):
        words = "something is nested too deep", _WHERE
    elif isinstance(error, RuntimeError):
        if str(error) != _NO_THREAD_WORDS:
            return None
        words = _NO_THREAD
    return HashzipError(*words)
