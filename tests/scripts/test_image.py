"""The images' script: what it reads and writes; `nox -s image` builds them."""

from __future__ import annotations

import argparse
import http.client
import json
import threading
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from scripts.errors import ScriptError
from scripts.image import engine, page
from scripts.image.__main__ import base_image, check
from scripts.image.measure import Figures, Rebuild, units
from scripts.runtime_api import RuntimeApi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path


def artifact(package: str, *, fresh: bool) -> str:
    """Give one message of Cargo's."""
    return json.dumps(
        {"reason": "compiler-artifact", "package_id": package, "fresh": fresh},
        separators=(",", ":"),
    )


def function(address: str, answer: Callable[[Any], object]) -> None:
    """Be a function: ask for six events, and answer each."""
    api = http.client.HTTPConnection(address)
    for _ in range(6):
        api.request("GET", "/2018-06-01/runtime/invocation/next")
        with api.getresponse() as response:
            request, event = response.headers["Lambda-Runtime-Aws-Request-Id"], json.load(response)
        body = json.dumps(answer(event))
        api.request("POST", f"/2018-06-01/runtime/invocation/{request}/response", body)
        api.getresponse().read()
    api.close()


def engine_of(answer: Callable[[Any], object]) -> engine.Engine:
    """Give an engine whose images all are this function, in a thread."""

    @contextmanager
    def running(_tag: str, environment: Mapping[str, str]) -> Iterator[None]:
        address = environment["AWS_LAMBDA_RUNTIME_API"]
        thread = threading.Thread(target=function, args=(address, answer))
        thread.start()
        yield
        thread.join()

    return cast("engine.Engine", SimpleNamespace(running=running))


def hello(event: Any) -> object:  # noqa: ANN401 - any JSON
    """Answer as hello does, in a few lines."""
    if event == []:
        message = "the event must be an object, not an array"
    elif event.get("name") == 7:
        message = "name must be a string, not a number"
    else:
        return {"message": f"Hello, {event.get('name') or 'stranger'}!"}
    return {"errorType": "InvalidEventError", "errorMessage": message, "stackTrace": []}


class TestUnits:
    """What of the dependencies was compiled again."""

    def test_counted_by_freshness(self) -> None:
        """Units of dependencies are counted; those of the user's own packages are not."""
        log = [
            artifact("registry+https://example.org#a@1.0.0", fresh=True),
            artifact("registry+https://example.org#b@1.0.0", fresh=False),
            artifact("registry+https://example.org#c@1.0.0", fresh=True),
            artifact("path+file:///build#hello@0.1.0", fresh=False),
            '{"reason":"build-finished","success":true}',
            "   Compiling b v1.0.0",
        ]

        assert units("\n".join(log)) == (1, 2)

    def test_lines_of_docker(self) -> None:
        """What Docker writes before a line is no part of the message."""
        line = artifact("registry+https://example.org#a@1.0.0", fresh=False)

        assert units(f"#12 3.456 {line}") == (1, 0)


class TestPage:
    """The page."""

    FIGURES = Figures(
        rust=83_912_345,
        rust_base=82_900_000,
        rust_single=2_012_345_678,
        python=232_000_000,
        python_base=221_000_000,
        chef=Rebuild(seconds=18.04, compiled=0, fresh=72),
        plain=Rebuild(seconds=59.5, compiled=72, fresh=0),
    )

    def test_table(self) -> None:
        """The figures are in their rows."""
        table = page.table(self.FIGURES)

        assert "| hello in Rust | 2,012.3 MB | 83.9 MB | 82.9 MB |" in table
        assert "| cargo-chef and cargo-lambda | 18.0 | 0 | 72 |" in table
        assert "| cargo-lambda alone | 59.5 | 72 | 0 |" in table

    @pytest.mark.parametrize("suite", [None, "trixie"])
    def test_text_names_the_base(self, suite: str | None) -> None:
        """The page says what the images are built on, and has the table."""
        text = page.text(self.FIGURES, "buildah", debian=suite)

        assert page.table(self.FIGURES) in text
        assert ("Debian trixie, by debootstrap" in text) == (suite is not None)


class TestBaseImage:
    """The option `--base-image`."""

    def test_parts(self) -> None:
        """Handler, argument and image are told apart, also where the image has signs of both."""
        assert base_image("rust.BUILD_IMAGE=a.b/c:1=2") == ("rust", "BUILD_IMAGE", "a.b/c:1=2")

    @pytest.mark.parametrize("text", ["rust", "rust=a", "rust.BUILD_IMAGE=", "go.X=a"])
    def test_other_forms(self, text: str) -> None:
        """Anything else is refused, and named."""
        with pytest.raises(argparse.ArgumentTypeError, match=text):
            base_image(text)


class TestCheck:
    """Running an image against the Runtime API."""

    def test_right_answers(self) -> None:
        """Answers as they should be pass, with what else an error holds."""
        check(engine_of(hello), "hello")

    def test_wrong_answer(self) -> None:
        """A wrong answer is an error that names the event."""
        with pytest.raises(
            ScriptError, match=r"hello answered .*stranger.* to \{'name': 'world'\}"
        ):
            check(engine_of(lambda _: {"message": "Hello, stranger!"}), "hello")

    def test_no_answer(self) -> None:
        """A function that answers nothing is an error, in time."""
        with RuntimeApi([{}]) as api, pytest.raises(ScriptError, match="0 of 1 responses"):
            api.wait(0.01)


class TestEngine:
    """What builds."""

    def test_neither(self, program_path: Path) -> None:
        """Without Docker and buildah, the error says what to install."""
        assert not list(program_path.iterdir())
        with pytest.raises(ScriptError, match="no buildah") as caught:
            engine.find([])
        assert "apt-get install buildah" in caught.value.hint

    def test_buildah_without_a_daemon(self, program_path: Path) -> None:
        """A Docker whose daemon does not answer is passed over for buildah."""
        for name, code in (("docker", 1), ("buildah", 0)):
            (program_path / name).write_text(f"#!/bin/sh\nexit {code}\n", encoding="utf-8")
            (program_path / name).chmod(0o755)
        assert engine.find([]).name == "buildah"

        (program_path / "docker").write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
        assert engine.find([]).name == "docker"

    def test_command(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """A build has options, Dockerfile, stage and arguments, and the context at the end."""
        commands: list[list[str]] = []
        monkeypatch.setattr(engine, "run", commands.append)
        docker = engine.Engine("docker", ["docker", "build"], ["--network=host"])

        docker.build(tmp_path, "hello", target="build", arguments={"A": "b"})

        assert commands == [
            [
                *("docker", "build", "--network=host", "--tag", "hello"),
                *("--file", str(tmp_path / "Dockerfile"), "--target", "build"),
                *("--build-arg", "A=b", str(tmp_path)),
            ]
        ]

    def test_failure(self) -> None:
        """A program that fails is an error with what it printed on either stream."""
        with pytest.raises(ScriptError, match=r"failed \(3\):\nout\nerr"):
            engine.run(["sh", "-c", "echo out; echo err >&2; exit 3"])
