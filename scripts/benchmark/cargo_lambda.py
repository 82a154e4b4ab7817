"""`cargo lambda watch` on this repository's function in Rust: from a save to the new answer."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

from scripts.benchmark import measure, tools
from scripts.benchmark.programs import CHECKOUT
from scripts.errors import ScriptError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

VERSION = "1.9.2"
ASK_SECONDS = 0.01  # between two requests, since what compiles needs the processor too

_CRATE = CHECKOUT / "handler" / "rust"
_GREETS = "map(say_hello)"  # what an edit changes, so that each save has an answer of its own
_DEADLINE = 900.0  # the first build is of all dependencies
# The request that the old program has when it is ended is never answered: another one must be sent.
_PATIENCE = 0.2
_LOG_TAIL = 2_000  # characters


def measured(folder: Path, runs: int) -> list[float]:
    """Save the function's `src/main.rs`, and ask until the new code answers.

    Args:
        folder: Where a copy of the crate goes.
        runs: How often.

    Returns:
        Seconds from each save to its answer. The build is a debug one, as it is by default.

    Raises:
        MissingError: There is no cargo, no cargo-lambda or no such function here.
        ScriptError: It never answered.
    """
    save = copied(folder)
    programs = tools.installed("cargo-lambda", VERSION)
    save(-1)
    with _watching(folder, programs) as (port, log):

        def wait(number: int) -> None:
            _wait(port, number, log, _PATIENCE)

        # The first request is what begins the build.
        _wait(port, -1, log, _DEADLINE)
        return measure.saves(save, wait, runs)


def copied(folder: Path) -> Callable[[int], None]:
    """Copy the crate of the function in Rust, and return what saves it so that it greets a number.

    Args:
        folder: Where the copy goes, without what was compiled of it.

    Raises:
        MissingError: There is no cargo or no such function here.
    """
    if not shutil.which("cargo"):
        raise tools.MissingError("no program cargo: https://rustup.rs")
    if not (_CRATE / "Cargo.toml").exists():
        raise tools.MissingError("no handler/rust in this checkout")
    shutil.copytree(_CRATE, folder, ignore=shutil.ignore_patterns("target", "hashzip.toml"))
    main = folder / "src" / "main.rs"
    source = main.read_text(encoding="utf-8")

    def save(number: int) -> None:
        main.write_text(edited(source, number), encoding="utf-8")

    return save


def answer(number: int) -> object:
    """Return what the function answers that greets a number."""
    return {"message": f"Hello, {number}!"}


def edited(source: str, number: int) -> str:
    """Return the source of a function that greets a number, whatever the event is.

    Raises:
        ScriptError: The source does not greet as it did when this was written.
    """
    if source.count(_GREETS) != 1:
        raise ScriptError(
            f"{_CRATE}/src/main.rs has no {_GREETS}, which an edit would change",
            "mend scripts/benchmark/cargo_lambda.py",
        )
    return source.replace(_GREETS, f'map(|_| say_hello(Some("{number}")))')


@contextmanager
def _watching(folder: Path, programs: Path) -> Iterator[tuple[int, IO[str]]]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    words = ("lambda", "watch", "--invoke-address", "127.0.0.1", "--invoke-port", str(port))
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        process = subprocess.Popen(
            ["cargo", *words],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield port, log
        finally:
            # It, cargo and the function are one group.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(port: int, number: int, log: IO[str], patience: float) -> None:
    url = f"http://127.0.0.1:{port}/2015-03-31/functions/hello/invocations"
    expected = answer(number)
    end = time.monotonic() + _DEADLINE
    while time.monotonic() < end:
        request = urllib.request.Request(url, data=b"{}")
        # It is not up yet, or between two programs.
        with (
            suppress(OSError, ValueError),
            urllib.request.urlopen(request, timeout=patience) as answered,  # noqa: S310 - it is on loopback
        ):
            if json.load(answered) == expected:
                return
        time.sleep(ASK_SECONDS)
    log.seek(0)
    raise ScriptError(
        f"{url} never answered {expected}; the end of the log:\n{log.read()[-_LOG_TAIL:]}",
        "run cargo lambda watch in a copy of handler/rust by hand",
    )
