"""The images' script, with a `docker` that is a function in Python; `nox -s image` builds."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, cast

import pytest

from scripts.errors import ScriptError
from scripts.image.__main__ import Engine, find, rebuild

if TYPE_CHECKING:
    from pathlib import Path

# Stands for `docker run` of an image: asks for events, and responds as hello does, or as it does to
# the first event only.
DOCKER = f"""#!{sys.executable}
import http.client, json, sys
if sys.argv[1] != "run" or sys.argv[-1] == "none":
    raise SystemExit("no such luck" if sys.argv[1] == "run" else 0)
address = next(word for word in sys.argv if "AWS_LAMBDA_RUNTIME_API" in word).rpartition("=")[2]
api = http.client.HTTPConnection(address)
def hello(event):
    if event == []:
        message = "the event must be an object, not an array"
    elif event.get("name") == 7:
        message = "name must be a string, not a number"
    else:
        return {{"message": "Hello, " + (event.get("name") or "stranger") + "!"}}
    return {{"errorType": "InvalidEventError", "errorMessage": message, "stackTrace": []}}
for _ in range(6):
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    with api.getresponse() as response:
        request, event = response.headers["Lambda-Runtime-Aws-Request-Id"], json.load(response)
    answer = hello({{"name": "world"}} if sys.argv[-1] == "wrong" else event)
    path = "/2018-06-01/runtime/invocation/" + request + "/response"
    api.request("POST", path, json.dumps(answer))
    api.getresponse().read()
"""


@pytest.fixture
def docker(program_path: Path) -> Engine:
    """Put that `docker` on the PATH."""
    (program_path / "docker").write_text(DOCKER, encoding="utf-8")
    (program_path / "docker").chmod(0o755)
    return Engine("docker", ["docker", "build"])


def test_check(docker: Engine) -> None:
    """An image that responds as hello passes; another response, or none, is an error."""
    docker.check("right")
    with pytest.raises(ScriptError, match=r"wrong responded to \{'name': 'Zoë"):
        docker.check("wrong")
    with pytest.raises(ScriptError, match=r"(?s)none responded to .* with \{\}.*no such luck"):
        docker.check("none", 0.5)


def test_engine(docker: Engine, program_path: Path) -> None:
    """Docker is used if its daemon responds, else buildah; without both, the error says so."""
    assert find(["--x"]) == Engine("docker", ["docker", "build", "--progress=plain", "--x"])
    assert docker.name == "docker"
    for name, code in (("docker", 1), ("buildah", 0)):
        (program_path / name).write_text(f"#!/bin/sh\nexit {code}\n", encoding="utf-8")
        (program_path / name).chmod(0o755)
    assert find([]).name == "buildah"
    (program_path / "buildah").unlink()
    with pytest.raises(ScriptError, match="no buildah"):
        find([])


def test_build(program_path: Path, tmp_path: Path) -> None:
    """A build has options, tag, arguments and more options, and the context at the end."""
    (program_path / "docker").write_text('#!/bin/sh\necho "$@"\n', encoding="utf-8")
    (program_path / "docker").chmod(0o755)
    engine = Engine("docker", ["docker", "build", "--network=host"])
    output = engine.build(tmp_path, "hello", ["A=b"], "--file=F")
    assert output == f"build --network=host --tag=hello --build-arg=A=b --file=F {tmp_path}\n"


def test_units() -> None:
    """Units of dependencies are counted by freshness, and the user's own packages are not."""
    units = [("registry+a", True), ("registry+b", False), ("registry+c", True), ("path+d", False)]
    messages = [
        {"reason": "compiler-artifact", "package_id": package, "fresh": fresh}
        for package, fresh in units
    ]
    lines = [json.dumps(message, separators=(",", ":")) for message in messages]
    log = "\n".join([f"#12 3.456 {lines[0]}", *lines[1:], "   Compiling b v1.0.0"])

    class Logged:
        """An engine whose builds print this."""

        def build(self, context: Path, *_: object) -> str:
            assert (context / "src/main.rs").read_text("utf-8").splitlines()[-1].startswith("// ")
            return log

    assert rebuild(cast("Engine", Logged()), [])[1:] == ["1", "2"]
