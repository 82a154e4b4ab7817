"""MiniStack, with workers that replace each other as Lambda's do.

A program of its own, run by its path in place of `python -m ministack`. It changes the following in
MiniStack 1.5:

- An update kills the worker of a running invocation, which then fails. Here the invocation ends
  first.
- An invocation that reads the code before an update, and takes a worker after it, leaves a worker
  behind that runs the old code. Here an invocation takes only a worker of its own code and
  settings.
- Code that cannot be imported leaves nothing in the log. Here its traceback is there.
- The event of a function URL lacks `cookies`. Here it has them.
- A symbolic link in a zip is unpacked as a file. Here it is a link: see `unpack`.
- Anybody who reaches its ports may use them, a web page too. Here, only programs that have the key
  of this run may: see `guard` and `runtime_api`.
- Each invocation that logs nothing takes 50 ms longer, in which its log is waited for. Here the
  pipe of the log says whether there is anything to wait for.
- A function in Python runs on the Python of MiniStack. Here, with `HASHZIP_PYTHONS` set, it runs on
  its runtime's version, if the file of that name has an interpreter of it.
- With `HASHZIP_STANDBY` set, new code need not wait for Python and its packages to start: see
  `standby`.
"""

from __future__ import annotations

import array
import os
import sys
import threading
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ministack.core import lambda_runtime

try:
    import fcntl
    import termios
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterable, Mapping

STANDBY_VARIABLE = "HASHZIP_STANDBY"
PYTHONS_VARIABLE = "HASHZIP_PYTHONS"

_POLL_SECONDS = 0.05
_DOWNLOAD_SECONDS = 600  # as long as those of AWS
_MAX_LOG_SECONDS = 0.25  # as MiniStack has it
_QUIET_SECONDS = 0.002  # for its thread to pass on what it has read from the pipe
_LAST_OUTPUT_SECONDS = 2.0  # to read what a worker wrote before it ended
_WORKER_SETTINGS = ("Environment", "Handler", "Layers", "MemorySize", "Runtime", "Timeout")

_kill = lambda_runtime.kill_workers
_acquire = lambda_runtime.acquire_worker
_invoke = lambda_runtime.Worker.invoke


class Worker(Protocol):
    """A worker of MiniStack, as far as it is used here."""

    in_use: bool
    code_zip: bytes
    config: Mapping[str, object]
    _stderr_thread: threading.Thread | None
    _proc: subprocess.Popen[str] | None

    def _drain_stderr(self) -> str: ...


def kill_when_free(workers: Iterable[Worker | None]) -> None:
    """Kill workers in the background: each once its invocation has ended."""
    for worker in workers:
        if worker is not None:
            threading.Thread(target=_wait_and_kill, args=(worker,), daemon=True).start()


def _wait_and_kill(worker: Worker) -> None:
    # It is in no pool any more, so no other invocation takes it.
    while worker.in_use:
        time.sleep(_POLL_SECONDS)
    _kill([worker])


def acquire(
    name: str,
    config: Mapping[str, object],
    code: bytes,
    qualifier: str = "$LATEST",
    max_concurrency: int | None = None,
) -> object:
    """Take a worker of this code and these settings, from the pool or new."""
    stale = []
    with lambda_runtime._lock:
        pool = lambda_runtime._workers.get(lambda_runtime._worker_key(name, config, qualifier), [])
        for worker in list(pool):
            if worker.code_zip is not code or _settings(worker.config) != _settings(config):
                pool.remove(worker)
                stale.append(worker)
    kill_when_free(stale)
    taken: object = _acquire(
        name, config, code, qualifier=qualifier, max_concurrency=max_concurrency
    )
    return taken


def _settings(config: Mapping[str, object]) -> list[object]:
    return [config.get(key) for key in _WORKER_SETTINGS]


def invoke(worker: Worker, *arguments: object, **options: object) -> dict[str, Any]:
    """Invoke a function. One that does not start fails like any other, with its log."""
    try:
        result: dict[str, Any] = _invoke(worker, *arguments, **options)
    except Exception as error:  # noqa: BLE001 - any error is the result of the invocation
        _kill([worker])  # the next invocation starts a new one
        reader = worker._stderr_thread
        if reader:
            reader.join(_LAST_OUTPUT_SECONDS)
        log = worker._drain_stderr()
        return {"status": "error", "error": str(error), "cold_start": True, "log": log}
    return result


def drain(worker: Worker) -> str:
    """Return what a worker has logged: all that it wrote before it responded."""
    lines: list[str] = []
    deadline = time.monotonic() + _MAX_LOG_SECONDS
    quiet_until = time.monotonic() + _QUIET_SECONDS
    is_read = True  # whether all that was seen in the pipe has arrived from its thread
    while time.monotonic() < deadline and (not is_read or time.monotonic() < quiet_until):
        is_waiting = _is_waiting(worker)
        text = worker._drain_stderr()
        if text:
            lines.append(text)
        if text or is_waiting:
            quiet_until = time.monotonic() + _QUIET_SECONDS
            is_read = not is_waiting
        time.sleep(_QUIET_SECONDS / 4)
    text = worker._drain_stderr()
    return "\n".join([*lines, *([text] if text else [])])


def _is_waiting(worker: Worker) -> bool:
    """Return whether the pipe of a worker's log has something that nobody has read yet."""
    process = worker._proc
    if process is None or process.stderr is None:
        return False
    size = array.array("i", [0])
    try:
        fcntl.ioctl(process.stderr.fileno(), termios.FIONREAD, size)
    except (OSError, ValueError):  # it has ended, and its pipe is closed
        return False
    return size[0] > 0


def with_cookies(build_event: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Add `cookies` to the events of function URLs, if the request has any.

    The header stays, as it does in Lambda.
    https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
    """

    def build_with_cookies(*arguments: object, **options: object) -> dict[str, Any]:
        event = build_event(*arguments, **options)
        # A user agent sends all cookies in one header, separated by "; ":
        # https://www.rfc-editor.org/rfc/rfc6265#section-4.2.1
        pairs = [pair.strip() for pair in event["headers"].get("cookie", "").split(";")]
        cookies = [pair for pair in pairs if pair]
        return {**event, "cookies": cookies} if cookies else event

    return build_with_cookies


def with_signature(make_url: Callable[..., str], sign: Callable[[str], str]) -> Callable[..., str]:
    """Sign the URLs that MiniStack makes to download code, as those of AWS are signed."""

    def make_signed_url(*arguments: object) -> str:
        return sign(make_url(*arguments).partition("?")[0])

    return make_signed_url


def session_secret(key_id: str) -> str | None:
    """Return the secret access key that MiniStack gave out with an access key ID."""
    sts, iam = (sys.modules.get(f"ministack.services.{name}") for name in ("sts", "iam"))
    record: Any = sts and sts._sessions.get(key_id)
    if not record and iam:
        rows = iam._access_keys.to_dict().items()  # by account and access key ID
        record = next((row for (_, name), row in rows if name == key_id), None)
    return record.get("SecretAccessKey") if record else None


def main() -> None:
    """Run MiniStack until it is stopped."""
    secret, port = os.environ["AWS_SECRET_ACCESS_KEY"], int(os.environ["GATEWAY_PORT"])
    # Before MiniStack's services are imported, each of which takes its own reference.
    lambda_runtime.kill_workers = kill_when_free
    lambda_runtime.acquire_worker = acquire
    lambda_runtime.Worker.invoke = invoke
    if fcntl is not None:
        lambda_runtime.Worker._drain_stderr_bounded = drain
    # A file that is run by its path is in no package, and hashzip need not be installed.
    sys.path.append(str(Path(__file__).parents[2]))
    unpack = import_module("hashzip.emulator.unpack")
    lambda_runtime.zipfile = unpack.MODULE
    if os.environ.pop(STANDBY_VARIABLE, ""):
        standby = import_module("hashzip.emulator.standby")
        lambda_runtime.subprocess = standby.patched_subprocess()
        pythons = Path(os.environ.pop(PYTHONS_VARIABLE, ""))
        lambda_runtime._detect_runtime_binary = standby.with_pythons(
            lambda_runtime._detect_runtime_binary, pythons
        )
    runtime_api = import_module("hashzip.emulator.runtime_api")
    runtime_api.guard_servers()
    signature = import_module("hashzip.emulator.signature")
    guard = import_module("hashzip.emulator.guard")
    app: Any = import_module("ministack.app")
    app.app = guard.Guard(app.app, port, secret, session_secret)
    functions: Any = import_module("ministack.services.lambda_svc")
    functions._build_function_url_event = with_cookies(functions._build_function_url_event)
    functions.zipfile = unpack.MODULE
    functions._extract_zip_preserving_mode = unpack.unpack_with_modes

    def sign(url: str) -> str:
        signed_url: str = signature.presigned(url, secret, _DOWNLOAD_SECONDS)
        return signed_url

    for name in ("_presigned_code_url", "_layer_content_url"):
        setattr(functions, name, with_signature(getattr(functions, name), sign))
    app.main()


if __name__ == "__main__":
    main()
