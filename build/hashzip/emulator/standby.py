"""Keeps, for each function, a worker that has the packages imported and waits for new code.

A worker that starts takes the spare of its function, if its environment is the same but for what
differs from worker to worker; and once it is ready itself, another spare is started, which imports
what this one had in the end. So a spare imports nothing that the function has not imported.
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
from typing import Any

from hashzip.emulator.worker import RECORD

_WORKER = Path(__file__).with_name("worker.py")
_READY_SECONDS = 60.0  # to import all packages; a spare is worth nothing after that
_POLL_SECONDS = 0.02

# What differs from worker to worker of one function, and no package looks at when it is imported.
_OF_ONE_WORKER = {
    "AWS_ACCESS_KEY_ID",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_TASK_ROOT",
    "_LAMBDA_LAYERS_DIRS",
}


class Subprocess:
    """Stands in for the module `subprocess`, in the one that starts workers."""

    def __init__(self) -> None:
        self._spares: dict[str, tuple[dict[str, str], subprocess.Popen[str]]] = {}
        self._names: dict[str, list[str]] = {}
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        return getattr(subprocess, name)

    def Popen(  # noqa: N802 - as in the module
        self,
        command: list[str],
        *,
        cwd: str,
        env: dict[str, str],
        **options: Any,
    ) -> subprocess.Popen[str]:
        """Start a worker, or take the spare one."""
        if command[0] != sys.executable:  # another language
            return subprocess.Popen(command, cwd=cwd, env=env, **options)
        script = Path(command[-1])
        function = env.get("AWS_LAMBDA_FUNCTION_NAME", "")
        found = self._take(function, env) or self._start(function, env, options)
        job = script.with_name("job.json")
        job.write_text(json.dumps({"folder": cwd, "environment": env, "script": str(script)}))
        assert found.stdin  # noqa: S101 - MiniStack asks for a pipe
        found.stdin.write(f"{job}\n")
        found.stdin.flush()
        follow = (function, env, options, found, script.with_name(RECORD))
        threading.Thread(target=self._follow, args=follow, daemon=True).start()
        return found

    def _take(self, function: str, env: dict[str, str]) -> subprocess.Popen[str] | None:
        with self._lock:
            spare_env, spare = self._spares.pop(function, ({}, None))
        if spare is None:
            return None
        if spare.poll() is None and _common(spare_env) == _common(env):
            return spare
        spare.kill()
        spare.communicate()
        return None

    def _start(
        self, function: str, env: dict[str, str], options: dict[str, Any]
    ) -> subprocess.Popen[str]:
        with tempfile.NamedTemporaryFile(
            "w", prefix="hashzip-imports-", suffix=".json", delete=False
        ) as file:
            json.dump(self._names.get(function, []), file)
        # Without the script's folder: the worker puts that of its own script there.
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
        """Wait until a worker is ready, and start a spare that is like it."""
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline and worker.poll() is None and not record.exists():
            time.sleep(_POLL_SECONDS)
        with suppress(OSError):  # it failed; what is known from before will do
            self._names[function] = json.loads(record.read_bytes())
        with self._lock:
            if function not in self._spares:
                self._spares[function] = env, self._start(function, env, options)


def _common(env: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name not in _OF_ONE_WORKER}
