"""Build a program from a Go module that the module proxy serves."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts import cache
from scripts.errors import ScriptError

if TYPE_CHECKING:
    from pathlib import Path

_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True)
class Module:
    """A Go module at one version.

    Attributes:
        path: Its import path.
        version: Its version, with the leading `v`.
        checksum: Its `h1:` checksum, as in a `go.sum`. A module with other content is refused.
    """

    path: str
    version: str
    checksum: str


def system() -> tuple[str, str]:
    """Return operating system and architecture of this machine, by the names that Go uses."""
    machine = platform.machine().lower()
    return platform.system().lower(), _ARCHITECTURES.get(machine, machine)


def build(module: Module, package: str, program: Path, settings: str = "") -> None:
    """Build a program for this machine.

    It is built in the module's own folder, because only there do its `replace` and `godebug` lines
    and its `go.sum` count; `go install PATH@VERSION` refuses modules with a `replace`.

    Args:
        module: Where the program comes from.
        package: The program's package, relative to the module, such as `./cmd/tofu`.
        program: The file to write.
        settings: More flags for the linker, such as `-X PACKAGE.NAME=VALUE`.

    Raises:
        ScriptError: Go is not installed, the module cannot be had, or it does not build.
    """
    if shutil.which("go") is None:
        raise ScriptError(
            f"{program.name} has to be built from {module.path} {module.version}, "
            "and Go is not installed: there is no `go` on PATH",
            "install Go from https://go.dev/dl/, and run this again",
        )
    source = _download(module)
    with cache.written(program) as draft:
        _go(
            [
                "build",
                "-mod=readonly",
                "-trimpath",
                f"-ldflags=-s -w {settings}",
                "-o",
                str(draft),
                package,
            ],
            source,
        )


def _download(module: Module) -> str:
    """Fetch a module into Go's own cache, and return its folder there."""
    name = f"{module.path}@{module.version}"
    found = json.loads(_go(["mod", "download", "-json", name], None))
    if found["Sum"] != module.checksum:
        raise ScriptError(
            f"{name} has the checksum {found['Sum']}, and {module.checksum} is expected",
            "do not use this module; look at what `go env GOPROXY` names",
        )
    return str(found["Dir"])


def _go(arguments: list[str], folder: str | None) -> str:
    """Run Go for this machine, whatever its environment says, and return what it prints."""
    goos, goarch = system()
    own = {"GOOS": goos, "GOARCH": goarch, "CGO_ENABLED": "0", "GOWORK": "off"}
    done = subprocess.run(
        ["go", *arguments],
        cwd=folder,
        env=os.environ | own,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        # With `-json`, Go says in its answer what is wrong.
        reason = done.stderr.strip() or done.stdout.strip()
        raise ScriptError(
            f"`go {' '.join(arguments)}` failed:\n{reason}",
            "see that the Go module proxy can be reached, and that `go version` is a recent one",
        )
    return done.stdout
