"""MiniStack, with workers that take each other's place as those of Lambda do.

A program of its own, run by its path in place of `python -m ministack`. What it changes, in
MiniStack 1.5:

- An update kills the worker of an invocation that is running, which then fails. Here it comes to
  its end first.
- An invocation that has read the code before an update, and gets to the workers after it, leaves
  one behind that answers with the old code. Here a worker is only given to an invocation of the
  code and settings that it was made from.
- With `HASHZIP_SPARES` set, new code need not wait for Python and its packages to start: `spares`.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ministack.core import lambda_runtime

if TYPE_CHECKING:
    from collections.abc import Iterable

SPARES_VARIABLE = "HASHZIP_SPARES"

_POLL_SECONDS = 0.05
_WORKER_SETTINGS = ("Environment", "Handler", "Layers", "MemorySize", "Runtime", "Timeout")

_kill = lambda_runtime.kill_workers
_acquire = lambda_runtime.acquire_worker


def let_finish(workers: Iterable[Any]) -> None:
    """Kill workers, those that are in use once they are not; nobody waits for it."""
    for worker in workers:
        if worker is not None:
            threading.Thread(target=_kill_when_free, args=(worker,), daemon=True).start()


def _kill_when_free(worker: Any) -> None:  # noqa: ANN401 - MiniStack's own
    # It is in no pool any more, so that nobody can take it again.
    while worker.in_use:
        time.sleep(_POLL_SECONDS)
    _kill([worker])


def acquire(
    name: str,
    config: dict[str, Any],
    code: bytes,
    qualifier: str = "$LATEST",
    max_concurrency: int | None = None,
) -> Any:  # noqa: ANN401 - MiniStack's own
    """Lease a worker of this very code and these very settings."""
    stale = []
    with lambda_runtime._lock:  # noqa: SLF001 - there is no other way to the pools
        pool = lambda_runtime._workers.get(lambda_runtime._worker_key(name, config, qualifier), [])  # noqa: SLF001
        for worker in list(pool):
            if worker.code_zip is not code or _settings(worker.config) != _settings(config):
                pool.remove(worker)
                stale.append(worker)
    let_finish(stale)
    return _acquire(name, config, code, qualifier=qualifier, max_concurrency=max_concurrency)


def _settings(config: dict[str, Any]) -> list[object]:
    return [config.get(key) for key in _WORKER_SETTINGS]


def main() -> None:
    """Run MiniStack until it is ended."""
    # Before its services are imported, each of which takes its own reference.
    lambda_runtime.kill_workers = let_finish
    lambda_runtime.acquire_worker = acquire
    if os.environ.pop(SPARES_VARIABLE, ""):
        # Run by its path, this file is in no package: the one that it lies in may be anywhere.
        sys.path.append(str(Path(__file__).parents[2]))
        from hashzip.local import spares  # noqa: PLC0415 - see above

        lambda_runtime.subprocess = spares.Subprocess()
    from ministack import app  # noqa: PLC0415 - see above

    app.main()


if __name__ == "__main__":
    main()
