"""Run hashzip as a user or Terraform does, from the checkout."""

import gc
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from hashzip import cli

CHECKOUT = Path(__file__).parents[2]
BUILD = CHECKOUT / "build"

_CACHES = ("UV_CACHE_DIR", "HASHZIP_CACHE_DIR")
# A line for each phase that takes long, which depends on the machine.
_LONG_PHASE = re.compile(
    r"^\S+: (waiting for another|reading|installing|compiling|stripping|packing|running) .*\n",
    re.MULTILINE,
)
_CAPABILITIES = "-dac_override,-dac_read_search"


@dataclass(frozen=True)
class Finished:
    """The result of a run: exit code, standard output and standard error."""

    code: int
    out: str
    err: str


def environment(**settings: str) -> dict[str, str]:
    """Return this process's environment without variables that steer hashzip, Python or uv."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HASHZIP_", "PYTHON", "UV_", "LC_")) or name in _CACHES
    }
    return inherited | settings


def without_roots_rights() -> list[str]:
    """Return a prefix for a command that makes file modes count for root too."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    assert setpriv, "as root, this needs setpriv (util-linux)"
    return [setpriv, f"--bounding-set={_CAPABILITIES}", f"--inh-caps={_CAPABILITIES}", "--"]


def run(
    *arguments: str,
    cwd: Path,
    text: str | bytes = "",
    settings: Mapping[str, str] | None = None,
    before: Callable[[], object] | None = None,
    wrapper: Sequence[str] = (),
    python: Sequence[str] = (sys.executable,),
    build: Path = BUILD,
) -> Finished:
    """Run `python3 build ARGUMENTS`.

    Args:
        arguments: The arguments of hashzip.
        cwd: The current folder.
        text: The content of standard input.
        settings: Environment variables on top of `environment()`.
        before: A function to call in the new process before it executes Python.
        wrapper: A prefix for the command.
        python: The interpreter, with its options.
        build: The folder `build` of the checkout that runs.
    """
    finished = subprocess.run(
        [*wrapper, *python, str(build), *arguments],
        cwd=cwd,
        input=text.encode() if isinstance(text, str) else text,
        env=environment(**settings or {}),
        capture_output=True,
        check=False,
        timeout=120,
        preexec_fn=before,
    )
    stderr = finished.stderr.decode(errors="backslashreplace")
    return Finished(
        finished.returncode,
        finished.stdout.decode(errors="backslashreplace"),
        _LONG_PHASE.sub("", stderr),
    )


def call(*arguments: str, cwd: Path, text: str = "") -> Finished:
    """Run hashzip in this process, for tests that need no process of its own.

    It is ten times as fast as `run`, and its coverage is measured.

    Args:
        arguments: The arguments of hashzip.
        cwd: The current folder.
        text: The content of standard input.
    """
    stdin, stdout, stderr = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(3))
    stdin.write(text)
    stdin.seek(0)
    try:
        with (
            chdir(cwd),
            patch.object(sys, "stdin", stdin),
            redirect_stdout(stdout),
            redirect_stderr(stderr),
        ):
            code = cli.main(arguments)
    finally:
        gc.enable()  # hashzip has no use for it, but a run of pytest is long
    texts = []
    for stream in (stdout, stderr):
        stream.seek(0)
        texts.append(stream.read())
    return Finished(code, *texts)


def start(*command: str, cwd: Path) -> subprocess.Popen[bytes]:
    """Start a program, for tests that run several at a time."""
    return subprocess.Popen(
        command, cwd=cwd, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
