"""The local AWS runs functions, keeps its state, and leaves nothing behind."""

from __future__ import annotations

import io
import json
import signal
import socket
import stat
import subprocess
import sys
import time
import zipfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import boto3
import pytest

from hashzip.emulator import server as local_aws
from hashzip.errors import HashzipError
from hashzip.project import installation

if TYPE_CHECKING:
    from hashzip.emulator.server import LocalAws

ROOT = Path(__file__).parents[3]
DEADLINE = 30.0  # seconds


def use(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this process's boto3 use a local AWS, with the environment only."""
    monkeypatch.setenv("AWS_PROFILE", "of-the-user")
    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)


def deploy() -> None:
    """Create a function `f` that returns 42, and its role."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("a.py", "def handler(event, context):\n    return 42\n")
    session = boto3.Session()
    with closing(session.client("iam")) as iam, closing(session.client("lambda")) as functions:
        role = iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        functions.create_function(
            FunctionName="f",
            Role=role,
            Runtime="python3.13",
            Handler="a.handler",
            Code={"ZipFile": code.getvalue()},
        )


def answer() -> object:
    """Return the response of the function `f`."""
    with closing(boto3.Session().client("lambda")) as functions:
        return json.load(functions.invoke(FunctionName="f")["Payload"])


def refused(endpoint: str) -> bool:
    """Wait until nothing listens at an endpoint; return whether that happened in time."""
    address = (urlsplit(endpoint).hostname, urlsplit(endpoint).port)
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(address):
                return True
    return False


def test_environment_leads_boto3_to_functions_that_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """With only the environment set, boto3 creates a function and invokes it."""
    with local_aws.running() as aws:
        use(aws, monkeypatch)
        deploy()
        assert answer() == 42


def test_state_outlives_a_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that was created before a stop is there after the next start, with its code."""
    with local_aws.running(tmp_path) as aws:
        use(aws, monkeypatch)
        deploy()
    with local_aws.running(tmp_path) as aws:
        use(aws, monkeypatch)
        assert answer() == 42


def test_state_is_private(tmp_path: Path) -> None:
    """No other user can enter the folder of the state; one with other files stays as it is."""
    state, shared = tmp_path / "state", tmp_path / "shared"
    for folder in (state, shared):
        folder.mkdir(mode=0o755)
    (shared / "file").touch()
    with local_aws.running(state), local_aws.running(shared):
        assert stat.S_IMODE(state.stat().st_mode) == 0o700
        assert stat.S_IMODE(shared.stat().st_mode) == 0o755
    state.chmod(0o755)
    with local_aws.running(state):
        assert stat.S_IMODE(state.stat().st_mode) == 0o700


def test_key() -> None:
    """Each run has a key of its own, which is in no file and no command that others can read."""
    with local_aws.running() as first, local_aws.running() as second:
        assert len({first.secret, second.secret}) == 2
        assert first.secret not in repr(first)
        scratch = Path(first.profile).parent
        assert stat.S_IMODE(scratch.stat().st_mode) == 0o700
        commands = subprocess.run(["ps", "-wwAo", "args"], capture_output=True, check=True).stdout
        assert str(scratch).encode() in commands
        assert first.secret.encode() not in commands


def test_edition() -> None:
    """A local AWS says its name to who has its key, and to nobody else."""
    with local_aws.running() as aws:
        port = urlsplit(aws.endpoint).port or 0
        assert local_aws.edition(port, aws.secret) == aws.edition
        assert local_aws.edition(port, "0" * 64) is None


def test_state_has_one_user_at_a_time(tmp_path: Path) -> None:
    """A second local AWS with the same state is an error that names the folder."""
    with (
        local_aws.running(tmp_path),
        pytest.raises(HashzipError, match=tmp_path.name),
        local_aws.running(tmp_path),
    ):
        pass


def test_killing_the_starter_ends_it() -> None:
    """A starter that is killed, and cannot clean up, leaves no local AWS behind."""
    script = (
        "from hashzip.emulator.server import running\n"
        "with running() as aws:\n"
        "    print(aws.endpoint, flush=True)\n"
        "    input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as starter:
        assert starter.stdout is not None
        endpoint = starter.stdout.readline().strip()
        starter.send_signal(signal.SIGKILL)
    assert endpoint.startswith("http://127.0.0.1:")
    assert refused(endpoint)


def test_failed_start_shows_the_log() -> None:
    """If MiniStack does not start, the error has the end of its log."""
    with socket.create_server((local_aws.HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(HashzipError, match="already in use"), local_aws.running(port=port):
            pass


def test_missing_ministack_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without MiniStack, the hint says how to install it."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(HashzipError, match="not installed") as caught, local_aws.running():
        pass
    assert caught.value.hint == installation.hint("local")
    assert caught.value.needs == "local"
