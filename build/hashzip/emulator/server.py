"""Run a local AWS: MiniStack on the loopback interface, which runs functions without Docker."""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import secrets
import socket
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from hashzip.emulator import environment, signature
from hashzip.emulator.supervisor import supervised
from hashzip.errors import HashzipError
from hashzip.project import installation
from hashzip.system import locking
from hashzip.system.locking import HeldError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Mapping

HOST = "127.0.0.1"
REGION = "us-east-1"

_EMULATOR = Path(__file__).with_name("ministack.py")
_START_SECONDS = 60.0  # it takes 0.5 s; a busy CI machine may take many times that
_SAVE_SECONDS = 20.0  # to write the state; it takes 1.5 s
_POLL_SECONDS = 0.02
_LOG_TAIL = 4_000  # bytes
_SECRET_BYTES = 32  # a secret access key of AWS has 30
_PRIVATE = 0o700  # a folder that only this user may enter
_HEALTH = "/_ministack/health"


@dataclass(frozen=True)
class LocalAws:
    """A running local AWS.

    Attributes:
        endpoint: Its URL, for every service.
        environment: Variables that make boto3, Terraform and OpenTofu use it, and nothing but it:
            endpoint, region, keys, and a profile instead of the user's own.
        edition: What distinguishes it from any other.
    """

    endpoint: str
    environment: Mapping[str, str] = field(repr=False)
    edition: str
    _process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def secret(self) -> str:
        """The secret access key, which every request must be signed with."""
        return self.environment["AWS_SECRET_ACCESS_KEY"]

    @property
    def profile(self) -> str:
        """The path of a profile with the key."""
        return self.environment["AWS_SHARED_CREDENTIALS_FILE"]

    def wait(self) -> None:
        """Wait until it ends."""
        self._process.wait()


@contextmanager
def running(
    state: Path | None = None,
    *,
    standby: bool = False,
    port: int | None = None,
    pythons: Path | None = None,
) -> Iterator[LocalAws]:
    """Run a local AWS for as long as the block lasts.

    It ends with the block, and with this process, even if that is killed.

    Args:
        state: A folder to save its state in when it ends (functions, their code, roles, logs,
            buckets), and to load it from when it starts. Without one, it starts empty.
        standby: Whether to keep a standby worker for each function, so that new code runs at once.
        port: The port to listen on; by default, a free one.
        pythons: With `standby`, a JSON file that names the interpreters of runtimes, and a folder
            with what Lambda has beside Python; it may appear and change later. By default, this
            Python runs all functions.

    Yields:
        The running local AWS.

    Raises:
        HashzipError: MiniStack is not installed or did not start, or the state is in use.
    """
    if importlib.util.find_spec("ministack") is None:
        raise installation.missing("MiniStack, the local AWS,", "local")
    with ExitStack() as stack:
        if state:
            state = stack.enter_context(_locked(state.absolute()))
        port = port or _free_port()
        secret, name = secrets.token_hex(_SECRET_BYTES), secrets.token_hex(_SECRET_BYTES)
        scratch = Path(tempfile.mkdtemp(prefix="hashzip-aws-"))  # the supervisor removes it
        log = stack.enter_context(tempfile.TemporaryFile())
        process = stack.enter_context(
            supervised(
                # -P: its folder has modules of common names, which must not hide others.
                [sys.executable, "-P", _EMULATOR],
                folder=scratch,
                environment={
                    **_settings(port, secret, name, scratch, state),
                    **({"HASHZIP_STANDBY": "1"} if standby else {}),
                    **({"HASHZIP_PYTHONS": str(pythons)} if pythons else {}),
                },
                log=log,
                scratch=scratch,
                grace=_SAVE_SECONDS if state else 0,
            )
        )
        _wait_until_healthy(process, port, secret, name, log)
        endpoint = f"http://{HOST}:{port}"
        profile = environment.write_profile(scratch, secret)
        variables = environment.for_endpoint(endpoint, REGION, secret, profile)
        yield LocalAws(endpoint, variables, name, process)


@contextmanager
def _locked(state: Path) -> Iterator[Path]:
    """Refuse a state that another local AWS uses: the last to end would overwrite it."""
    state.mkdir(parents=True, exist_ok=True)
    lock = state / ".lock"
    # It has the keys of users that were created, and the environments of functions. A folder with
    # other files in it may be meant for others, too.
    if lock.exists() or not any(state.iterdir()):
        state.chmod(_PRIVATE)
    try:
        with locking.hold(lock, wait=False):
            yield state
    except HeldError:
        raise HashzipError(
            f"another local AWS is using {state}", "stop it, or choose another folder"
        ) from None


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _settings(
    port: int, secret: str, name: str, scratch: Path, state: Path | None
) -> dict[str, str]:
    """Return all environment variables of MiniStack.

    Functions inherit them, so the user's PATH is the only variable of the user among them. Others
    of this machine cannot read them, as they can read a command line.
    """
    kept = {"PERSIST_STATE": "1", "S3_PERSIST": "1"} if state else {}
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        # Functions sign with it, too: MiniStack gives it to them.
        "AWS_SECRET_ACCESS_KEY": secret,
        # Its health report repeats this, to who has the key. So a program of another user, that
        # took the port before this one started, is not taken for this one.
        "MINISTACK_EDITION": name,
        # These would listen on all interfaces, where their libraries are installed.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        # MiniStack removes containers that it takes for its own, so it must not find the user's.
        "DOCKER_HOST": f"unix://{scratch}/no-docker",
        "STATE_DIR": str(state or scratch / "state"),
        "S3_DATA_DIR": str((state or scratch) / "s3"),
        **kept,
    }


def _wait_until_healthy(
    process: subprocess.Popen[bytes], port: int, secret: str, name: str, log: IO[bytes]
) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise _not_started(f"ended with exit code {process.returncode}", port, log)
        if edition(port, secret) == name:
            return
        time.sleep(_POLL_SECONDS)
    raise _not_started(f"was not healthy after {_START_SECONDS:.0f} s", port, log)


def edition(port: int, secret: str) -> str | None:
    """Return the unique name of the local AWS at a port, if it has this key; otherwise None."""
    connection = http.client.HTTPConnection(HOST, port, timeout=1)
    try:
        url = f"http://{HOST}:{port}{_HEALTH}"
        connection.request("GET", _HEALTH, headers=signature.headers("GET", url, secret))
        report = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return str(report.get("edition")) if isinstance(report, dict) else None


def _not_started(problem: str, port: int, log: IO[bytes]) -> HashzipError:
    start = max(0, os.fstat(log.fileno()).st_size - _LOG_TAIL)
    tail = os.pread(log.fileno(), _LOG_TAIL, start).decode(errors="replace").strip()
    return HashzipError(
        f"MiniStack on {HOST}:{port} {problem}; the end of its log:\n{tail}",
        f"try again; if it fails again, run: {sys.executable} -m ministack",
    )
