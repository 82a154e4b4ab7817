"""What builds and runs images: Docker, or buildah where no Docker daemon answers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.errors import ScriptError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Engine:
    """A program that builds images.

    Attributes:
        name: What it is called in the page.
        build_command: The command that builds one, up to the options of a build.
        options: What is passed on to each build, from the command line of this script.
    """

    name: str
    build_command: Sequence[str]
    options: Sequence[str]

    def build(
        self,
        context: Path,
        tag: str,
        *,
        dockerfile: Path | None = None,
        target: str | None = None,
        arguments: Mapping[str, str],
    ) -> str:
        """Build an image.

        Args:
            context: The folder that it is built from.
            tag: Its name.
            dockerfile: By default, the one of the context.
            target: The stage that is wanted; by default, the last.
            arguments: Values for the Dockerfile's `ARG`s.

        Returns:
            All that the build printed.

        Raises:
            ScriptError: It failed.
        """
        command = [*self.build_command, *self.options, "--tag", tag]
        command += ["--file", str(dockerfile or context / "Dockerfile")]
        command += ["--target", target] if target else []
        for name, value in arguments.items():
            command += ["--build-arg", f"{name}={value}"]
        return run([*command, str(context)])

    def has(self, tag: str) -> bool:
        """Say whether there is an image of that name here."""
        return bool(run([self.name, "images", "--quiet", "--filter", f"reference={tag}"]).strip())

    def size(self, tag: str) -> int:
        """Return the size of an image, unpacked, in bytes."""
        if self.name == "docker":
            return int(run(["docker", "image", "inspect", "--format", "{{.Size}}", tag]))
        image = json.loads(run(["buildah", "inspect", "--type", "image", tag]))
        return sum(layer["size"] for layer in json.loads(image["Manifest"])["layers"])

    def remove(self, tag: str) -> None:
        """Remove an image; what it shares with others stays."""
        run([self.name, "rmi", tag])

    @contextmanager
    def running(self, tag: str, environment: Mapping[str, str]) -> Iterator[None]:
        """Run an image, on this machine's own loopback, while the context is open.

        What it prints is shown if the context ends by an error.
        """
        settings = [part for item in environment.items() for part in ("--env", "=".join(item))]
        inside = self._in_docker if self.name == "docker" else self._in_buildah
        with inside(tag, settings):
            yield

    @contextmanager
    def _in_docker(self, tag: str, settings: Sequence[str]) -> Iterator[None]:
        name = f"hashzip-{os.getpid()}"
        run(["docker", "run", "--detach", "--name", name, "--network=host", *settings, tag])
        try:
            yield
        except ScriptError:
            print(run(["docker", "logs", name]))
            raise
        finally:
            run(["docker", "rm", "--force", name])

    @contextmanager
    def _in_buildah(self, tag: str, settings: Sequence[str]) -> Iterator[None]:
        container = run(["buildah", "from", tag]).strip()
        config = json.loads(run(["buildah", "inspect", container]))["OCIv1"]["config"]
        program = [*config["Entrypoint"], *config.get("Cmd", [])]
        command = ["buildah", "run", "--isolation", "chroot", *settings, container, "--", *program]
        with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
            # Ctrl-C is for this script, which ends the container.
            process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
            try:
                yield
            except ScriptError:
                log.seek(0)
                print(log.read())
                raise
            finally:
                process.terminate()
                process.wait()
                run(["buildah", "rm", container])


def find(options: Sequence[str]) -> Engine:
    """Return Docker if its daemon answers, else buildah.

    Args:
        options: What is passed on to each build.

    Raises:
        ScriptError: Neither is here.
    """
    if shutil.which("docker"):
        answer = subprocess.run(["docker", "info"], capture_output=True, check=False)
        if answer.returncode == 0:
            return Engine("docker", ["docker", "build", "--progress=plain"], options)
    if shutil.which("buildah"):
        return Engine("buildah", ["buildah", "bud", "--layers", "--isolation", "chroot"], options)
    raise ScriptError(
        "there is nothing to build images with: no Docker daemon answers, and there is no buildah",
        "start Docker; or, on Debian or Ubuntu, as root: apt-get install buildah",
    )


def run(command: Sequence[str]) -> str:
    """Run a program, and return what it prints: its stdout, then its stderr.

    Raises:
        ScriptError: It is not installed, or failed.
    """
    try:
        result = subprocess.run(
            command,
            capture_output=True,
            check=False,
            encoding="utf-8",
            errors="replace",
        )
    except FileNotFoundError as error:
        raise ScriptError(f"there is no {command[0]}", f"install {command[0]}") from error
    printed = result.stdout + result.stderr
    if result.returncode:
        raise ScriptError(
            f"`{' '.join(command)}` failed ({result.returncode}):\n{printed[-2000:]}",
            "what it prints above says why; --option passes an option on to each build",
        )
    return printed
