"""Check the programs that build packages: Python, uv, Rust."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import sys
from typing import TYPE_CHECKING

from hashzip.builders import process
from hashzip.builders.python import uv
from hashzip.builders.rust import rustup, toolchain
from hashzip.doctor.check import Finding, State, needed, output
from hashzip.errors import HashzipError
from hashzip.project import installation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hashzip.doctor.check import Patient

# What `import` calls the packages without which nothing is built, and those to run functions here.
_PACKAGES = ("deflate", "packaging")
_LOCAL_PACKAGES = ("boto3", "dotenv", "hypercorn", "ministack", "watchfiles")


def python(_patient: Patient) -> Iterator[Finding]:
    """Check the Python that runs hashzip."""
    text = f"{platform.python_version()}, {sys.executable}"
    if sys.implementation.name != "cpython":
        fix = "run hashzip with CPython"
        yield needed("Python", f"{text}, is not CPython", fix, is_needed=False)
        return
    yield Finding("Python", State.GOOD, text)


def packages(_patient: Patient) -> Iterator[Finding]:
    """Check the Python packages that a build needs, and those of the extra `local`."""
    missing = _missing(_PACKAGES)
    if missing:
        fix = installation.hint()
        yield needed("packages", f"{', '.join(missing)} not installed", fix, is_needed=True)
    else:
        yield Finding("packages", State.GOOD, "all that a build needs")
    missing = _missing(_LOCAL_PACKAGES)
    if missing:
        text = f"{', '.join(missing)} not installed, for watch, invoke and logs"
        yield Finding("local AWS", State.NOTE, text, installation.hint("local"))
    else:
        yield Finding("local AWS", State.GOOD, "MiniStack and boto3")


def uv_program(patient: Patient) -> Iterator[Finding]:
    """Check uv, which installs locked packages."""
    users = [target for target in patient.targets if target.options.get("requirements")]
    try:
        path = uv.program()
    except HashzipError as error:
        yield needed("uv", error.message, error.hint, is_needed=bool(users))
        return
    yield Finding("uv", State.GOOD, f"{_version(output(path, '--version'))}, {path}")


def runtimes(patient: Patient) -> Iterator[Finding]:
    """Check the Pythons that compile bytecode, which must be those of the runtimes."""
    targets = [target for target in patient.targets if target.options.get("bytecode")]
    for runtime in dict.fromkeys(target.runtime for target in targets):
        version = runtime.removeprefix("python")
        try:
            path = uv.find_python(uv.program(), version, "to compile bytecode")
        except HashzipError as error:
            yield needed(runtime, error.message.rstrip(":"), error.hint, is_needed=True)
        else:
            yield Finding(runtime, State.GOOD, f"{path}, to compile bytecode")


def rust(patient: Patient) -> Iterator[Finding]:
    """Check cargo, cargo-lambda and zig, and the architectures that the project compiles for."""
    targets = [target for target in patient.targets if target.builder == "rust"]
    path = process.path_with_scripts()
    findings = list(_programs(path, is_needed=bool(targets)))
    yield from findings
    if patient.root is None or any(finding.state is State.WRONG for finding in findings):
        return
    for target in {each.architecture: each for each in targets}.values():
        name = f"Rust {target.architecture}"
        pin = _pin(patient.root, target.sources[0])
        if pin:
            # It may name a program of the repository, which a check must not run.
            yield Finding(name, State.NOTE, f"{pin} pins the version, which a build checks")
            continue
        try:
            tools = toolchain.find(patient.root, os.sep, target.architecture, is_pinned=False)
            version = tools.version("rustc", "--version")
        except HashzipError as error:
            yield needed(name, error.message, error.hint, is_needed=True)
        else:
            yield Finding(name, State.GOOD, f"rustc {version}, {tools.triple}")


def _programs(path: str, *, is_needed: bool) -> Iterator[Finding]:
    """Check the programs that compile and link for Lambda."""
    hints = {
        "cargo": rustup.INSTALL,
        "cargo-lambda": installation.hint("rust"),
        "zig": installation.hint("rust"),
    }
    paths = {name: shutil.which(name, path=path) for name in ("cargo", "cargo-lambda")}
    paths["zig"] = toolchain.find_zig(path)
    for name, program in paths.items():
        arguments = {"cargo-lambda": ("lambda", "--version"), "zig": ("version",)}
        text = output(program, *arguments.get(name, ("--version",))) if program else None
        if text is not None:
            yield Finding(name, State.GOOD, f"{_version(text)}, {program}")
            continue
        problem = f"{program} does not run" if program else "not installed"
        unneeded = "" if is_needed else "; no function needs it"
        yield needed(name, problem + unneeded, hints[name], is_needed=is_needed)


def _pin(root: str, source: str) -> str | None:
    """Return the file that pins the version of Rust for a crate, relative to the project."""
    folder = os.path.normpath(os.path.join(root, source))
    while True:
        for name in ("rust-toolchain.toml", "rust-toolchain"):
            path = os.path.join(folder, name)
            if os.path.lexists(path):
                return os.path.relpath(path, root)
        if folder in (root, os.path.dirname(folder)):
            return None
        folder = os.path.dirname(folder)


def _missing(names: tuple[str, ...]) -> list[str]:
    return [name for name in names if importlib.util.find_spec(name) is None]


def _version(text: str | None) -> str:
    """Return the version in `uv 0.11.15 (…)`."""
    match = re.search(r"\d+(\.\d+)+[\w.+-]*", text or "")
    return match[0] if match else "unknown version"
