"""The table of the loop: the time from a save of a source file to the first new response.

After each save, the function is requested again and again until it responds with the number that
was saved. Before each save there is a pause, as between the saves of a person.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from hashzip.emulator.supervisor import supervised
from scripts import pages
from scripts.benchmark import crates, methods, programs
from scripts.errors import ScriptError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

HEADER = ("from a save to the response", "seconds", "saves", "goal")
SAVES = 4  # for each run that is asked for

_WATCH = (sys.executable, str(programs.HERE.checkout / "build"), "watch", "--port")
_CARGO_LAMBDA = ("cargo", "lambda", "watch", "--invoke-address=127.0.0.1", "--invoke-port")
_DEADLINE = 900.0  # seconds; the first build in Rust compiles all dependencies


def python(folder: Path, saves: int, *, imports: str = "") -> list[float]:
    """Measure `hashzip watch` of a function in Python, with imports of numpy and pandas or not."""
    (folder / "src").mkdir(parents=True)
    keys = {"source": "src", "handler": "app.handler", "runtime": methods.RUNTIME}
    if imports:
        keys["requirements"] = "requirements.txt"
        shutil.copy(programs.DATA / "tables.txt", folder / "requirements.txt")
    text = f"{imports}def handler(event, context):\n    return {crates.greeting('NUMBER')}\n"
    return _watch(folder, keys, programs.edits(folder / "src/app.py", text), saves)


def rust(folder: Path, saves: int, *, crate: Path = crates.CRATE) -> list[float]:
    """Measure `hashzip watch` of hello in Rust."""
    if sys.platform != "linux":
        raise programs.MissingError("the local AWS runs compiled functions on Linux only")
    programs.require("cargo")
    save = crates.copy(folder / "rust", crate)
    (folder / "rust/hashzip.toml").unlink(missing_ok=True)
    keys = {"builder": "rust", "source": "rust", "runtime": "provided.al2023"}
    return _watch(folder, keys, save, saves)


def cargo_lambda(folder: Path, saves: int, *, crate: Path = crates.CRATE) -> list[float]:
    """Measure `cargo lambda watch` of hello in Rust."""
    environment = crates.environment()
    save = crates.copy(folder, crate)
    path = "/2015-03-31/functions/hello/invocations"
    with serving(_CARGO_LAMBDA, folder, path, environment) as wait:
        # The first request starts the build. Later ones are lost if the code changes meanwhile.
        return save_and_wait(
            save, lambda number: wait(crates.greeting(number), 0.2 if number else _DEADLINE), saves
        )


LOOPS: Mapping[str, tuple[float | None, Callable[[Path, int], list[float]]]] = {
    "`hashzip watch`, a function in Python": (0.3, python),
    "the same with numpy and pandas": (1.0, partial(python, imports="import numpy, pandas\n")),
    "`hashzip watch`, hello in Rust, development build": (None, rust),
    "`cargo lambda watch`, hello in Rust, debug build": (None, cargo_lambda),
}


def table(folder: Path, runs: int) -> pages.Table:
    """Measure each of `LOOPS` in a new folder."""
    rows = []
    for number, (title, (goal, measure)) in enumerate(LOOPS.items()):
        try:
            seconds = measure(folder / str(number), runs * SAVES)
            cells = pages.seconds(median(seconds)), str(len(seconds))
        except programs.MissingError as error:
            cells = str(error), ""
        rows.append((title, *cells, f"< {goal:g} s" if goal else ""))
    return pages.Table(HEADER, rows, name="loop")


def save_and_wait(
    save: Callable[[], int], wait: Callable[[int], None], saves: int, pause: float = 2.0
) -> list[float]:
    """Save new numbers, and return the seconds until the function responds with each of them.

    A first save is not counted. Before each of the others there is a pause.
    """
    wait(save())
    seconds = []
    for _ in range(saves):
        time.sleep(pause)
        start = time.perf_counter()
        wait(save())
        seconds.append(time.perf_counter() - start)
    return seconds


@contextmanager
def serving(
    command: Sequence[str], folder: Path, path: str, environment: Mapping[str, str]
) -> Iterator[Callable[[object, float], None]]:
    """Run a program that serves a function; its command ends with a port, which is added.

    Yields:
        `wait(expected, patience)`: it returns once the function responds with `expected` at that
        path, gives up each request after `patience` seconds, and raises ScriptError if the program
        exits or the deadline comes.
    """
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}{path}"
    with (
        tempfile.NamedTemporaryFile(prefix="hashzip-log-") as log,
        supervised(
            [*command, str(port)],
            folder=folder,
            environment={**os.environ, **environment},
            log=log.file,
            scratch=Path(f"{log.name}-files"),
            grace=10,
        ) as process,
    ):

        def wait(expected: object, patience: float) -> None:
            end = time.monotonic() + _DEADLINE
            while time.monotonic() < end and process.poll() is None:
                # Errors are normal while it starts, and between two versions of the code.
                with (
                    suppress(OSError, ValueError),
                    urllib.request.urlopen(url, b"{}", patience) as response,
                ):
                    if json.load(response) == expected:
                        return
                time.sleep(0.005)  # compilers need the processor too
            output = Path(log.name).read_text(encoding="utf-8", errors="replace")[-2_000:]
            raise ScriptError(
                f"`{' '.join(command)}` in {folder} did not serve {expected} at {url}:\n{output}",
                "read its output above, and run the same command in a copy of the project",
            )

        yield wait


def _watch(
    folder: Path, keys: Mapping[str, str], save: Callable[[], int], saves: int
) -> list[float]:
    programs.declare(folder, {"app": {**keys, "architecture": methods.ARCHITECTURE}})
    save()
    with serving(_WATCH, folder, "/", {}) as wait:
        return save_and_wait(save, lambda number: wait(crates.greeting(number), 60), saves)
