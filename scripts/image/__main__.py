"""Build the images of both handlers, check their responses and measure them: `nox -s image`."""

from __future__ import annotations

import argparse
import json
import operator
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from subprocess import PIPE, STDOUT
from typing import Any, NamedTuple

from scripts import pages, process
from scripts.errors import ScriptError, exit_code
from scripts.runtime_api import RuntimeApi

ROOT = Path(__file__).parents[2]
RUST = ROOT / "handler/rust"
DATA = Path(__file__).parent / "data"
EVENTS = json.loads((DATA / "events.json").read_text(encoding="utf-8"))
HEADER = ("image", "unpacked", "of that, base image", "after an edit", "compiled again", "reused")
HINT = "read its output above; --option passes an option on to each build"


class Engine(NamedTuple):
    """Docker or buildah: its name, and its command that builds an image."""

    name: str
    command: list[str]

    def build(self, context: Path, tag: str, values: list[str], *options: str) -> str:
        """Build an image with `ARG=VALUE`s, and return all output."""
        options = (*(f"--build-arg={value}" for value in values), *options, str(context))
        return "".join(process.output([*self.command, f"--tag={tag}", *options], HINT))

    def size(self, tag: str) -> str:
        """Return the unpacked size of an image."""
        if self.name == "docker":
            return pages.megabytes(run("docker", "image", "inspect", tag)[0]["Size"])
        layers = json.loads(run("buildah", "inspect", "--type=image", tag)["Manifest"])["layers"]
        return pages.megabytes(sum(layer["size"] for layer in layers))

    def check(self, tag: str, seconds: float = 60) -> None:
        """Run an image on this machine's network, and check its responses to `EVENTS`."""
        name, api = f"hashzip-{os.getpid()}", RuntimeApi([event for event, _ in EVENTS])
        variables = [f"--env={key}={value}" for key, value in api.environment.items()]
        command = ["docker", "run", f"--name={name}", "--network=host", *variables, tag]
        if self.name == "buildah":
            process.output(["buildah", "from", f"--name={name}", tag], HINT)
            config = run("buildah", "inspect", name)["OCIv1"]["config"]
            command = ["buildah", "run", "--isolation=chroot", *variables, name, "--"]
            command += [*config["Entrypoint"], *config.get("Cmd", [])]
        with api, subprocess.Popen(command, stdout=PIPE, stderr=STDOUT) as child:
            try:
                api.done.wait(seconds)
            finally:
                child.terminate()
                force = ["--force"] if self.name == "docker" else []
                subprocess.run([self.name, "rm", *force, name], capture_output=True, check=False)
            output = child.communicate()[0].decode(errors="replace")
        responses = [*api.responses, {}]  # {} where the function stopped
        for (event, expected), response in zip(EVENTS, responses, strict=False):
            if response != {**response, **expected}:  # Python adds a stack trace to an error
                message = f"{tag} responded to {event} with {response}, not {expected}:\n{output}"
                raise ScriptError(message, "read its output above; both handlers should be alike")


def run(*command: str) -> Any:  # noqa: ANN401 - any JSON
    """Run a program that prints JSON, and return that."""
    return json.loads(process.output(command, HINT)[0])


def find(options: list[str]) -> Engine:
    """Return Docker if its daemon responds, else buildah, with options for each build."""
    if shutil.which("docker") and process.run(["docker", "info"], None, os.environ)[0] == 0:
        return Engine("docker", ["docker", "build", "--progress=plain", *options])
    if shutil.which("buildah"):
        return Engine("buildah", ["buildah", "bud", "--layers", "--isolation=chroot", *options])
    raise ScriptError(
        "there is nothing to build images with: no Docker daemon responds, and there is no buildah",
        "start Docker; or, on Debian or Ubuntu, run as root: apt-get install buildah",
    )


def table(engine: Engine, python: list[str], rust: list[str]) -> pages.Table:
    """Build and check all images, with `ARG=VALUE`s for both handlers, and measure them."""
    rows = []
    for handler, values in (("python", python), ("rust", rust)):
        context, tag = ROOT / "handler" / handler, f"hello-{handler}"
        engine.build(context, tag, values)
        engine.check(tag)
        dockerfile = (context / "Dockerfile").read_text(encoding="utf-8")
        base = re.findall(r"^ARG (RUNTIME_IMAGE=.+)$", dockerfile, re.MULTILINE)
        engine.build(DATA, f"{tag}-base", base + values, f"--file={DATA / 'base.Dockerfile'}")
        rows.append([tag, engine.size(tag), engine.size(f"{tag}-base")])
    file = f"--file={DATA / 'single.Dockerfile'}"
    engine.build(RUST, "hello-rust-single", rust, file)
    rows.append(["hello-rust in a single stage", engine.size("hello-rust-single"), ""])
    rebuilds = ["", "", ""], rebuild(engine, rust), rebuild(engine, rust, file)
    return pages.Table(HEADER, list(map(operator.add, rows, rebuilds)), name="images")


def rebuild(engine: Engine, values: list[str], *options: str) -> list[str]:
    """Build hello in Rust after an edit: the time, and the units that were compiled and reused."""
    with tempfile.TemporaryDirectory(prefix="hashzip-image-") as folder:
        context = Path(folder, "rust")
        shutil.copytree(RUST, context, ignore=shutil.ignore_patterns("target"))
        with (context / "src/main.rs").open("a", encoding="utf-8") as source:
            source.write(f"// {time.time_ns()}\n")
        start = time.perf_counter()
        log = engine.build(context, "hello-edited", [*values, "MESSAGE_FORMAT=json"], *options)
        seconds = pages.seconds(time.perf_counter() - start)
    # https://doc.rust-lang.org/cargo/reference/external-tools.html#artifact-messages
    messages = map(json.loads, re.findall(r'\{"reason":"compiler-artifact".*', log))
    fresh = [each["fresh"] for each in messages if each["package_id"].startswith("registry+")]
    return [seconds, str(fresh.count(False)), str(fresh.count(True))]


def main() -> None:
    """Build and check the images, and print their figures."""
    parser = argparse.ArgumentParser(prog="nox -s image --", description=__doc__)
    add = parser.add_argument
    add("--debootstrap", action="store_true", help="build on images made from Debian's packages")
    for handler in ("python", "rust"):
        text = f"an ARG of handler/{handler}/Dockerfile, such as RUNTIME_IMAGE=debian:trixie-slim"
        add(f"--{handler}", action="append", default=[], metavar="ARG=VALUE", help=text)
    add("--option", action="append", default=[], help="pass an option on to each build")
    add("--page", action="store_true", help="also write the table into docs/images.md")
    options = parser.parse_args()
    engine = find(options.option)
    if options.debootstrap:
        script = ["sh", str(DATA / "debian.sh"), engine.name, *engine.command]
        for line in process.output(script, HINT)[0].splitlines():
            handler, value = line.split()
            vars(options)[handler].insert(0, value)
    images = table(engine, options.python, options.rust)
    print(images)
    if options.page:
        pages.publish(images, ROOT / "docs/images.md", "image", sys.argv[1:])


if __name__ == "__main__":
    sys.exit(exit_code(main))
