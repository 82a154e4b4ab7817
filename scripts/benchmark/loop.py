"""From a save to the first answer of the new code: `python -m scripts.benchmark --loop`.

Whole loop, as a browser sees it: the file is written, and the function's port is asked until it
answers with what was written. Between two saves there is a pause, as there is between a person's.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

from uv import find_uv_bin

from scripts.benchmark.programs import CHECKOUT
from scripts.errors import ScriptError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# What a function imports, by the name of the row.
IMPORTS: Mapping[str, tuple[str, ...]] = {"hello": (), "numpy-pandas": ("numpy", "pandas")}
TARGETS = {"hello": 0.3, "numpy-pandas": 1.0}  # seconds

_PAUSE = 2.0  # seconds
_DEADLINE = 120.0


def measure(folder: Path, runs: int = 20) -> dict[str, float]:
    """Return the median of seconds from save to answer, by row."""
    return {name: _measure(folder / name, names, runs) for name, names in IMPORTS.items()}


def print_rows(found: Mapping[str, float]) -> None:
    """Print it."""
    for name, seconds in found.items():
        print(f"save to answer, {name}: {seconds:.3f} s (target {TARGETS[name]} s)")


def _measure(folder: Path, packages: tuple[str, ...], runs: int) -> float:
    (folder / "src").mkdir(parents=True)
    table = '[function.app]\nsource = "src"\nhandler = "app.handler"\n'
    table += f'runtime = "python3.{sys.version_info.minor}"\narchitecture = "x86_64"\n'
    if packages:
        _lock(folder, packages)
        table += 'requirements = "requirements.txt"\n'
    (folder / "hashzip.toml").write_text(table, encoding="utf-8")
    _save(folder, packages, -1)
    with _watching(folder) as url:
        _wait(url, -1)
        seconds = []
        for number in range(runs):
            threading.Event().wait(_PAUSE)
            start = time.perf_counter()
            _save(folder, packages, number)
            _wait(url, number)
            seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def _lock(folder: Path, packages: tuple[str, ...]) -> None:
    version = f"3.{sys.version_info.minor}"
    command = [
        find_uv_bin(),
        "pip",
        "compile",
        "--quiet",
        "--generate-hashes",
        "--python-version",
        version,
    ]
    text = "\n".join(packages)
    subprocess.run(
        [*command, "-", "-o", "requirements.txt"], cwd=folder, input=text, text=True, check=True
    )


def _save(folder: Path, packages: tuple[str, ...], number: int) -> None:
    lines = [f"import {package}\n" for package in packages]
    lines.append(f"def handler(event, context):\n    return {{'number': {number}}}\n")
    (folder / "src/app.py").write_text("".join(lines), encoding="utf-8")


@contextmanager
def _watching(folder: Path) -> Iterator[str]:
    command = [sys.executable, str(CHECKOUT / "build"), "watch", "--port", "0", "--timeout", "60"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as watch:
        assert watch.stdout  # noqa: S101 - it was asked for
        try:
            for line in watch.stdout:
                if line.startswith("error: "):
                    raise ScriptError(f"hashzip watch says {line.strip()}", f"run it in {folder}")
                if line.startswith("app: http://"):
                    # What comes later must not fill the pipe.
                    threading.Thread(target=watch.stdout.read, daemon=True).start()
                    yield line.split()[1]
                    break
        finally:
            watch.terminate()
    if watch.returncode:
        raise ScriptError(f"hashzip watch ended with {watch.returncode}", f"run it in {folder}")


def _wait(url: str, number: int) -> None:
    expected = b'{"number": %d}' % number
    end = time.monotonic() + _DEADLINE
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=_DEADLINE) as answer:  # noqa: S310 - loopback
                if answer.read() == expected:
                    return
        except (urllib.error.URLError, OSError):
            continue
    raise ScriptError(f"{url} never answered {expected!r}", "run hashzip watch there by hand")
