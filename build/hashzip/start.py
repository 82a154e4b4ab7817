"""Start hashzip: a quick invocation on the local AWS, or else the command line.

See `emulator.quick_invoke`: this module, too, imports nothing that takes time.
"""

import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn


def run(install: "Callable[[str], None] | None" = None) -> "NoReturn":
    """Run hashzip as a process, and end it.

    Args:
        install: As for `cli.main`.
    """
    gc.disable()  # as in `build/__main__.py`
    if sys.argv[1:2] == ["invoke"] and sys.stdout is not None and sys.stderr is not None:
        _invoke(sys.argv[2:])
    from hashzip import cli  # noqa: PLC0415 - it takes longer than a quick invocation

    cli.run(install)


def _invoke(words: list[str]) -> None:
    """Invoke a function quickly, and end the process; return if nothing was invoked."""
    try:
        from hashzip.emulator import quick_invoke
    except ImportError:  # it needs parts of CPython
        return
    interrupt = None
    response = None
    try:
        response = quick_invoke.run(words)
        if response is None:
            return
    except KeyboardInterrupt as error:
        interrupt = error
    except quick_invoke.LostError:
        pass
    # A text in JSON could be a command to what runs a workflow, which others escape.
    if response and response.is_plain and _is_simple() and b"##" not in response.body:
        text = response.body.decode(errors="backslashreplace") + "\n"
        try:
            sys.stdout.buffer.write(text.encode(sys.stdout.encoding, "backslashreplace"))
            sys.stdout.flush()
            # Python's cleanup, object by object, would take a tenth of the time.
            os._exit(0)
        except BrokenPipeError:  # its reader has gone
            os._exit(1)
    from hashzip import cli  # noqa: PLC0415 - an error, or a person, may take its time
    from hashzip.commands import invoke  # noqa: PLC0415

    def finish() -> None:
        if interrupt:
            raise interrupt
        invoke.finish(words, response)

    cli.end(lambda: cli.guarded(finish))


def _is_simple() -> bool:
    """Return whether standard output is for a program, and takes all that is written."""
    try:
        descriptor = sys.stdout.fileno()
        return not os.isatty(descriptor) and os.get_blocking(descriptor)
    except OSError:
        return False
