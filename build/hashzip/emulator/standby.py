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
from typing import IO, TYPE_CHECKING, Any, cast

from hashzip.emulator.worker import PACKAGES_VARIABLE, RECORD
from hashzip.system import atomic

if TYPE_CHECKING:
    from collections.abc import Callable

# The folder with what Lambda has beside Python, by interpreter; this Python has it itself.
PACKAGES: dict[str, str] = {}
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


def with_pythons(
    detect: Callable[[str], tuple[str, str]], pythons: Path
) -> Callable[[str], tuple[str, str]]:
    """Have MiniStack start the interpreter of a runtime's own version, where there is one.

    Args:
        detect: Returns the interpreter of a runtime, and MiniStack's script for it.
        pythons: A JSON file: by runtime, `interpreters` and folders of `packages`. It may be
            missing, and change.
    """

    def detect_with_pythons(runtime: str) -> tuple[str, str]:
        interpreter, script = detect(runtime)
        with suppress(OSError, ValueError):
            document = json.loads(pythons.read_bytes())
            interpreter = document["interpreters"].get(runtime, interpreter)
            PACKAGES[interpreter] = document["packages"].get(runtime, "")
        return interpreter, script

    return detect_with_pythons


def patched_subprocess() -> SimpleNamespace:
    """Return the module `subprocess` with a `Popen` that starts workers from standby workers."""
    return SimpleNamespace(**{**vars(subprocess), "Popen": StandbyWorkers().start})


class StandbyWorkers:
    """The standby workers of all functions, at most one each."""

    def __init__(self) -> None:
        # By function: its interpreter, its environment, and the process.
        self._waiting: dict[str, tuple[str, dict[str, str], subprocess.Popen[str]]] = {}
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
        interpreter = command[0]
        if not command[-1].endswith(".py"):  # another language
            return subprocess.Popen(command, cwd=cwd, env=env, **options)
        script = Path(command[-1])
        function = env.get("AWS_LAMBDA_FUNCTION_NAME", "")
        worker = self._take(function, interpreter, env)
        worker = worker or self._launch(function, interpreter, env, options)
        job = script.with_name("job.json")
        text = json.dumps({"folder": cwd, "environment": env, "script": str(script)})
        atomic.write_text(job, text, mode=atomic.PRIVATE)  # the environment has the key
        stdin = cast("IO[str]", worker.stdin)  # a pipe, as MiniStack's options say
        stdin.write(f"{job}\n")
        stdin.flush()
        follow = (function, interpreter, env, options, worker, script.with_name(RECORD))
        threading.Thread(target=self._follow, args=follow, daemon=True).start()
        return worker

    def _take(
        self, function: str, interpreter: str, env: dict[str, str]
    ) -> subprocess.Popen[str] | None:
        """Take a function's standby worker, if it runs and its environment is the same."""
        with self._lock:
            worker_interpreter, worker_env, worker = self._waiting.pop(function, ("", {}, None))
        if worker is None:
            return None
        is_same = worker_interpreter == interpreter and _common(worker_env) == _common(env)
        if worker.poll() is None and is_same:
            return worker
        worker.kill()
        worker.communicate()
        return None

    def _launch(
        self, function: str, interpreter: str, env: dict[str, str], options: dict[str, Any]
    ) -> subprocess.Popen[str]:
        """Start a process that imports what the function's last worker had imported."""
        with tempfile.NamedTemporaryFile(
            "w", prefix="hashzip-imports-", suffix=".json", delete=False
        ) as file:
            json.dump(self._imports.get(function, []), file)
        packages = PACKAGES.get(interpreter, "") if interpreter != sys.executable else ""
        return subprocess.Popen(
            [interpreter, str(_WORKER), file.name],
            env={**env, **({PACKAGES_VARIABLE: packages} if packages else {})},
            **options,
        )

    def _follow(
        self,
        function: str,
        interpreter: str,
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
                standby = self._launch(function, interpreter, env, options)
                self._waiting[function] = interpreter, env, standby


def _common(env: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name not in _PER_WORKER}
