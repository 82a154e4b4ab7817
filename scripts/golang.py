"""Build a program from a Go module that the Go module proxy serves."""

from __future__ import annotations

import json
import platform
import tempfile
from dataclasses import dataclass
from pathlib import Path

from scripts import process
from scripts.errors import ScriptError

_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True)
class Module:
    """A Go module at one version."""

    path: str  # its import path
    version: str  # with the leading `v`
    checksum: str  # `h1:…`, as in `go.sum`; a module with another one is refused


def system() -> tuple[str, str]:
    """Return the operating system and architecture of this machine, in Go's names."""
    machine = platform.machine().lower()
    return platform.system().lower(), _ARCHITECTURES.get(machine, machine)


def build(module: Module, package: str, program: Path, settings: str = "") -> None:
    """Build a program for this machine.

    Build in the module's own folder: only there do its `replace` and `godebug` lines and its
    `go.sum` apply. `go install PATH@VERSION` refuses modules with a `replace` line.

    Args:
        module: The module that contains the program.
        package: The program's package, relative to the module, for example `./cmd/tofu`.
        program: The file to write.
        settings: More linker flags, for example `-X PACKAGE.NAME=VALUE`.

    Raises:
        ScriptError: Go is not installed, or the module cannot be downloaded or built.
    """
    source = _download(module)
    program.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=program.parent, prefix=".new-") as scratch:
        draft = Path(scratch) / program.name
        flags = ["-mod=readonly", "-trimpath", f"-ldflags=-s -w {settings}"]
        _go(["build", *flags, "-o", str(draft), package], source)
        draft.replace(program)  # an interrupted build leaves no part of a program


def _download(module: Module) -> str:
    """Download a module into Go's own cache and return its folder there."""
    name = f"{module.path}@{module.version}"
    downloaded = json.loads(_go(["mod", "download", "-json", name], None))
    if downloaded["Sum"] != module.checksum:
        raise ScriptError(
            f"{name} has the checksum {downloaded['Sum']}, expected {module.checksum}",
            "do not use this module; check the proxy that `go env GOPROXY` prints",
        )
    return str(downloaded["Dir"])


def _go(arguments: list[str], folder: str | None) -> str:
    """Run Go for this machine, whatever the environment says, and return its output."""
    goos, goarch = system()
    environment = {"GOOS": goos, "GOARCH": goarch, "CGO_ENABLED": "0", "GOWORK": "off"}
    hint = "check that the Go module proxy can be reached and that `go version` is recent"
    return process.output(["go", *arguments], hint, folder=folder, environment=environment)[0]
