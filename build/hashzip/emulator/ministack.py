"""MiniStack, with workers that take each other's place as those of Lambda do.

A program of its own, run by its path in place of `python -m ministack`. What it changes, in
MiniStack 1.5:

- An update kills the worker of an invocation that is running, which then fails. Here it comes to
  its end first.
- An invocation that has read the code before an update, and gets to the workers after it, leaves
  one behind that answers with the old code. Here a worker is only given to an invocation of the
  code and settings that it was made from.
- Code that cannot be imported leaves no word of it in the log. Here its traceback is there.
- The event of a function URL lacks `cookies`. Here it has them.
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
    from collections.abc import Callable, Iterable

SPARES_VARIABLE = "HASHZIP_SPARES"

_POLL_SECONDS = 0.05
_LAST_WORDS_SECONDS = 2.0  # for what a worker wrote before it ended
_WORKER_SETTINGS = ("Environment", "Handler", "Layers", "MemorySize", "Runtime", "Timeout")

_kill = lambda_runtime.kill_workers
_acquire = lambda_runtime.acquire_worker
_invoke = lambda_runtime.Worker.invoke


def let_finish(workers: Iterable[Any]) -> None:
    """Kill workers, those that are in use once they are not; nobody waits for it."""
    for worker in workers:
        if worker is not None:
            threading.Thread(target=_kill_when_free, args=(worker,), daemon=True).start()


def _kill_when_free(worker: Any) -> None:
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
) -> Any:
    """Lease a worker of this very code and these very settings."""
    stale = []
    with lambda_runtime._lock:
        pool = lambda_runtime._workers.get(lambda_runtime._worker_key(name, config, qualifier), [])
        for worker in list(pool):
            if worker.code_zip is not code or _settings(worker.config) != _settings(config):
                pool.remove(worker)
                stale.append(worker)
    let_finish(stale)
    return _acquire(name, config, code, qualifier=qualifier, max_concurrency=max_concurrency)


def _settings(config: dict[str, Any]) -> list[object]:
    return [config.get(key) for key in _WORKER_SETTINGS]


def invoke(
    worker: Any,
    *arguments: object,
    **more: object,
) -> dict[str, Any]:
    """Invoke a function; one that did not even start has failed like any other, log and all."""
    try:
        answer: dict[str, Any] = _invoke(worker, *arguments, **more)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the function's answer
        _kill([worker])  # the next invocation starts it anew
        reader = worker._stderr_thread
        if reader:
            reader.join(_LAST_WORDS_SECONDS)
        log = worker._drain_stderr()
        return {"status": "error", "error": str(error), "cold_start": True, "log": log}
    return answer


def with_cookies(build: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Let events of function URLs have `cookies` too, where the request has any.

    The header stays as well, as it does in Lambda.
    https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
    """

    def built(*arguments: object, **more: object) -> dict[str, Any]:
        event = build(*arguments, **more)
        # A user agent sends all of them in one header, each behind "; ":
        # https://www.rfc-editor.org/rfc/rfc6265#section-4.2.1
        pairs = [pair.strip() for pair in event["headers"].get("cookie", "").split(";")]
        cookies = [pair for pair in pairs if pair]
        return {**event, "cookies": cookies} if cookies else event

    return built


def main() -> None:
    """Run MiniStack until it is ended."""
    # Before its services are imported, each of which takes its own reference.
    lambda_runtime.kill_workers = let_finish
    lambda_runtime.acquire_worker = acquire
    lambda_runtime.Worker.invoke = invoke
    if os.environ.pop(SPARES_VARIABLE, ""):
        # Run by its path, this file is in no package: the one that it lies in may be anywhere.
        sys.path.append(str(Path(__file__).parents[2]))
        from hashzip.emulator import standby  # noqa: PLC0415 - see above

        lambda_runtime.subprocess = standby.Subprocess()
    from ministack import app  # noqa: PLC0415 - see above
    from ministack.services import lambda_svc  # noqa: PLC0415 - see above

    lambda_svc._build_function_url_event = with_cookies(lambda_svc._build_function_url_event)
    app.main()


if __name__ == "__main__":
    main()
