"""`hashzip watch` of a project that is measured, and what its function answers."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from scripts.benchmark.programs import CHECKOUT
from scripts.errors import ScriptError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DEADLINE = 120.0  # seconds


@contextmanager
def watching(folder: Path) -> Iterator[str]:
    """Run `hashzip watch` for as long as the block lasts, and lend the URL of the function `app`.

    Raises:
        ScriptError: It says an error before the function runs, or ends by itself.
    """
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


def wait(url: str, expected: object, pause: float = 0.0) -> None:
    """Ask a function again and again, until it answers as expected.

    Args:
        url: Of the function.
        expected: What the answer holds, as JSON.
        pause: Seconds between two requests.

    Raises:
        ScriptError: It never did.
    """
    end = time.monotonic() + _DEADLINE
    while time.monotonic() < end:
        with (
            suppress(OSError, ValueError),
            urllib.request.urlopen(url, timeout=_DEADLINE) as answer,  # noqa: S310 - loopback
        ):
            if json.load(answer) == expected:
                return
        time.sleep(pause)
    raise ScriptError(f"{url} never answered {expected!r}", "run hashzip watch there by hand")
