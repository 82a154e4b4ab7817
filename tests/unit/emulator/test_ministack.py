"""What hashzip changes in MiniStack: workers end after their invocation, and run their own code."""

from __future__ import annotations

import os
import sys
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from ministack.core import lambda_runtime

from hashzip.emulator import ministack
from tests.support import watch_process

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CONFIG = {"FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:f", "Handler": "a.b"}


class Log:
    """The log of a worker: a pipe, and a list of what a thread has read from it."""

    def __init__(self) -> None:
        reader, writer = os.pipe()
        self._reader, self._writer = os.fdopen(reader, "rb"), os.fdopen(writer, "wb", buffering=0)
        self._lines: list[str] = []
        process = SimpleNamespace(stderr=self._reader)
        self.worker: Any = SimpleNamespace(_proc=process, _drain_stderr=self._drain)

    def write(self, text: str) -> None:
        """Write as the worker."""
        self._writer.write(text.encode())

    def read(self) -> None:
        """Read as the thread, all that is there."""
        self._lines += os.read(self._reader.fileno(), 1 << 16).decode().splitlines()

    def close(self) -> None:
        """End the worker."""
        self._writer.close()
        self._reader.close()

    def _drain(self) -> str:
        lines, self._lines = self._lines, []
        return "\n".join(lines)


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Return the list of workers that MiniStack kills."""
    killed: list[object] = []

    def kill(workers: Iterable[object]) -> None:
        killed.extend(workers)

    monkeypatch.setattr(ministack, "_kill", kill)
    return killed


def worker(code: bytes, *, in_use: bool = False, **config: object) -> Any:  # noqa: ANN401 - MiniStack's own
    """Make a worker of some code."""
    return SimpleNamespace(code_zip=code, in_use=in_use, config={**CONFIG, **config})


def test_kill_when_free(killed: list[object]) -> None:
    """A free worker is killed at once; one in use is, once its invocation has ended."""
    free, busy = worker(b""), worker(b"", in_use=True)

    ministack.kill_when_free([None, free, busy])

    watch_process.until(lambda: killed == [free])
    busy.in_use = False
    watch_process.until(lambda: killed == [free, busy])


class TestAcquire:
    """Which worker an invocation takes."""

    @pytest.fixture
    def taken(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
        """Return the list of arguments that MiniStack's own function gets."""
        taken: list[tuple[object, ...]] = []

        def acquire(*arguments: object, **options: object) -> str:
            taken.append((*arguments, options))
            return "worker"

        monkeypatch.setattr(ministack, "_acquire", acquire)
        return taken

    def test_stale(
        self,
        monkeypatch: pytest.MonkeyPatch,
        killed: list[object],
        taken: list[tuple[object, ...]],
    ) -> None:
        """Workers of other code or settings leave the pool; those of the same stay."""
        code = b"new"
        same = worker(code)
        others = [worker(b"old"), worker(code, Handler="c.d"), worker(code, Timeout=9)]
        pool = [*others, same, worker(code, LastModified="now")]
        key = lambda_runtime._worker_key("f", CONFIG, "$LATEST")  # noqa: SLF001
        monkeypatch.setattr(lambda_runtime, "_workers", {key: pool})

        assert ministack.acquire("f", CONFIG, code) == "worker"

        assert pool[0] is same
        assert len(pool) == 2
        watch_process.until(lambda: len(killed) == len(others))
        options = {"qualifier": "$LATEST", "max_concurrency": None}
        assert taken == [("f", CONFIG, code, options)]


class TestInvoke:
    """The result of an invocation."""

    def test_result(self, monkeypatch: pytest.MonkeyPatch, killed: list[object]) -> None:
        """The result of a worker that runs is passed on."""
        monkeypatch.setattr(ministack, "_invoke", lambda *_, **__: {"status": "ok"})

        assert ministack.invoke(worker(b"")) == {"status": "ok"}
        assert killed == []

    def test_failed_start(self, monkeypatch: pytest.MonkeyPatch, killed: list[object]) -> None:
        """A worker that does not start is a failed invocation, with the worker's output."""

        def fail(*_: object, **__: object) -> dict[str, object]:
            raise RuntimeError("cannot import")

        monkeypatch.setattr(ministack, "_invoke", fail)
        reader = threading.Thread(target=list)
        reader.start()
        failed = worker(b"")
        failed._stderr_thread = reader  # noqa: SLF001 - as MiniStack names it
        failed._drain_stderr = lambda: "Traceback"  # noqa: SLF001

        assert ministack.invoke(failed) == {
            "status": "error",
            "error": "cannot import",
            "cold_start": True,
            "log": "Traceback",
        }
        assert killed == [failed]


@pytest.mark.parametrize(
    "header, cookies",
    [
        ({"cookie": "a=1; b=x=y"}, ["a=1", "b=x=y"]),
        ({"cookie": "a=1;"}, ["a=1"]),
        ({"cookie": ""}, None),
        ({}, None),
    ],
)
def test_cookies(header: dict[str, str], cookies: list[str] | None) -> None:
    """An event has the cookies of the header, if there are any, and keeps the header."""
    build = ministack.with_cookies(lambda **event: event)

    event = build(headers=header, version="2.0")

    assert event.get("cookies") == cookies
    assert (event["headers"], event["version"]) == (header, "2.0")


def test_downloads_are_signed() -> None:
    """The URLs of downloads are signed in place of MiniStack's made up query."""
    make_url = ministack.with_signature(
        lambda name: f"http://a/{name}?X-Amz-Signature=made-up", lambda url: f"{url}?signed"
    )
    assert make_url("code") == "http://a/code?signed"


class TestSessionSecret:
    """The keys that MiniStack gave out."""

    @pytest.fixture(autouse=True)
    def _services(self, monkeypatch: pytest.MonkeyPatch) -> None:
        session = {"ASIA": {"SecretAccessKey": "of the session"}}
        keys = {("123456789012", "AKIA"): {"SecretAccessKey": "of the user"}}
        services = {
            "sts": SimpleNamespace(_sessions=session),
            "iam": SimpleNamespace(_access_keys=SimpleNamespace(to_dict=lambda: keys)),
        }
        for name, service in services.items():
            monkeypatch.setitem(sys.modules, f"ministack.services.{name}", service)

    def test_given(self) -> None:
        """A session and an IAM user have a key of their own, in any account."""
        assert ministack.session_secret("ASIA") == "of the session"
        assert ministack.session_secret("AKIA") == "of the user"

    def test_other(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Any other key was not given out, nor was one before its service is loaded."""
        assert ministack.session_secret("test") is None
        for name in ("sts", "iam"):
            monkeypatch.delitem(sys.modules, f"ministack.services.{name}")
        assert ministack.session_secret("ASIA") is None


class TestDrain:
    """The log of an invocation."""

    @pytest.fixture
    def log(self) -> Iterator[Log]:
        """Make a log."""
        log = Log()
        yield log
        log.close()

    def test_all(self, log: Log) -> None:
        """All that was written before the response is in it, however late it is read."""
        log.write("".join(f"line {number}\n" for number in range(200)))
        threading.Timer(0.02, log.read).start()

        assert ministack.drain(log.worker).splitlines() == [f"line {n}" for n in range(200)]

    def test_nothing(self, log: Log) -> None:
        """Where nothing was written, nothing is waited for, not even if the process has ended."""
        assert ministack.drain(log.worker) == ""
        log.close()
        assert ministack.drain(log.worker) == ""
