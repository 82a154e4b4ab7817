"""Keep a standby worker for each function: it has imported the packages, and waits for new code.

When MiniStack starts a worker, the function's standby worker becomes it, if their environments are
equal except for the variables of one worker. Once the worker is ready, the next standby worker is
started, and imports what this one had imported in the end. So it imports nothing that the function
does not.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any, cast

from hashzip.emulator.worker import RECORD
from hashzip.system import atomic

_WORKER = Path(__file__).with_name("worker.py")
_READY_SECONDS = 60.0  # to import all packages; after that, a standby worker saves no time
_POLL_SECONDS = 0.02

# Variables that differ from worker to worker, and that no package reads when it is imported.
_PER_WORKER = {
    "AWS_ACCESS_KEY_ID",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_TASK_ROOT",
    "_LAMBDA_LAYERS_DIRS",
}


def patched_subprocess() -> SimpleNamespace:
    """Return the module `subprocess` with a `Popen` that starts workers from standby workers."""
    return SimpleNamespace(**{**vars(subprocess), "Popen": StandbyWorkers().start})


class StandbyWorkers:
    """The standby workers of all functions, at most one each."""

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[dict[str, str], subprocess.Popen[str]]] = {}
        self._imports: dict[str, list[str]] = {}
        self._lock = threading.Lock()

    def start(
        self,
        command: list[str],
        *,
        cwd: str,
        env: dict[str, str],
        **options: Any,
    ) -> subprocess.Popen[str]:
        """Start a worker, in place of `subprocess.Popen`.

        Args:
            command: The interpreter and MiniStack's script.
            cwd: The folder of the function's code.
            env: All environment variables.
            options: Further arguments of `Popen`.
        """
        if command[0] != sys.executable:  # another language
            return subprocess.Popen(command, cwd=cwd, env=env, **options)
        script = Path(command[-1])
        function = env.get("AWS_LAMBDA_FUNCTION_NAME", "")
        worker = self._take(function, env) or self._launch(function, env, options)
        job = script.with_name("job.json")
        text = json.dumps({"folder": cwd, "environment": env, "script": str(script)})
        atomic.write_text(job, text, mode=atomic.PRIVATE)  # the environment has the key
        stdin = cast("IO[str]", worker.stdin)  # a pipe, as MiniStack's options say
        stdin.write(f"{job}\n")
        stdin.flush()
        follow = (function, env, options, worker, script.with_name(RECORD))
        threading.Thread(target=self._follow, args=follow, daemon=True).start()
        return worker

    def _take(self, function: str, env: dict[str, str]) -> subprocess.Popen[str] | None:
        """Take a function's standby worker, if it runs and its environment is the same."""
        with self._lock:
            worker_env, worker = self._waiting.pop(function, ({}, None))
        if worker is None:
            return None
        if worker.poll() is None and _common(worker_env) == _common(env):
            return worker
        worker.kill()
        worker.communicate()
        return None

    def _launch(
        self, function: str, env: dict[str, str], options: dict[str, Any]
    ) -> subprocess.Popen[str]:
        """Start a process that imports what the function's last worker had imported."""
        with tempfile.NamedTemporaryFile(
            "w", prefix="hashzip-imports-", suffix=".json", delete=False
        ) as file:
            json.dump(self._imports.get(function, []), file)
        # -P: the worker puts the folder of MiniStack's script on the path, not its own.
        command = [sys.executable, "-P", str(_WORKER), file.name]
        return subprocess.Popen(command, env=env, **options)

    def _follow(
        self,
        function: str,
        env: dict[str, str],
        options: dict[str, Any],
        worker: subprocess.Popen[str],
        record: Path,
    ) -> None:
        """Wait until a worker is ready, and start the next standby worker."""
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline and worker.poll() is None and not record.exists():
            time.sleep(_POLL_SECONDS)
        with suppress(OSError):  # it failed; the imports of the worker before will do
            self._imports[function] = json.loads(record.read_bytes())
        with self._lock:
            if function not in self._waiting:
                self._waiting[function] = env, self._launch(function, env, options)


def _common(env: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name not in _PER_WORKER}
