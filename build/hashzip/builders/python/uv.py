"""Run uv, and explain its errors. Build time."""

import itertools
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hashzip.builders.python import uv_environment
from hashzip.errors import HashzipError, warn
from hashzip.project import installation, own_folder, user_cache

# Earlier ones write where a package's entry point is named `../../x`, and leave `RECORD` as the
# package has it, whatever is there: https://github.com/astral-sh/uv/pull/19464 and .../18943
OLDEST = (0, 11, 15)

# Defaults for what the user has not set. uv's own are 3 retries and 10 s: it reports an index that
# refuses connections after 8 s and one that is absent after 50 s; with these, after 2 s and 12 s.
# `UV_HTTP_TIMEOUT`, the time to wait for an answer, is left alone: some indexes are slow.
# https://docs.astral.sh/uv/reference/environment/
PATIENCE = {"UV_HTTP_RETRIES": "1", "UV_HTTP_CONNECT_TIMEOUT": "5"}

# uv's finder calls `sysconfig`, which is not safe on first use from two threads:
# https://github.com/python/cpython/issues/92452
_FINDING = threading.Lock()

_ERROR = re.compile("error: |  \N{MULTIPLICATION SIGN} ")  # what comes before is progress


class _Explanation(NamedTuple):
    """An error of uv whose cause is known.

    Attributes:
        pattern: Matches uv's message.
        summary: The cause; groups of the pattern in braces.
        hint: What to do; `relock` in braces is the command that locks again.
    """

    pattern: str
    summary: str
    hint: str


NO_WHEEL = "has no wheel for this runtime and architecture"

_EXPLANATIONS = (
    _Explanation(
        r"lockfile at .* needs to be updated",
        "the lock is stale: pyproject.toml has changed since",
        "run: {relock}",
    ),
    _Explanation(
        r"Hash mismatch for `(?P<package>[^`\s]+)",
        "{package} does not have the locked hash",
        "if you know why it changed, lock it again: {relock}; if not, do not use it",
    ),
    _Explanation(
        r"(?P<package>[\w.-]+(?:==[\w.!+-]+)?)`? (?:has no usable wheels|has no wheels with a match"
        r"ing|can't be installed because it is marked as `--no-build`)",
        f"{{package}} {NO_WHEEL}",
        "lock a version that has one: {relock}; or, if it has an sdist that you trust, let uv run"
        " its code to build a wheel: build_sdists = true",
    ),
    _Explanation(
        r"Failed to build `(?P<package>[^@\s`]+).*"
        r"(?:setuptools[-_]scm was unable to detect version|SCM version)",
        "the build backend of {package} takes its version from git, which no input is",
        'name the version: build_env = {{ SETUPTOOLS_SCM_PRETEND_VERSION = "1.0" }}; for a backend'
        " other than setuptools-scm and hatch-vcs, its own variable",
    ),
    _Explanation(
        r"[Nn]etwork (?:connectivity is|was) disabled",
        "uv is offline, and its cache lacks a package",
        "build once with the network (unset UV_OFFLINE), or lock what is cached: {relock}",
    ),
    _Explanation(
        r"Failed to initialize cache at `(?P<folder>[^`]+)",
        "uv cannot write to its cache {folder}",
        "set UV_CACHE_DIR to a folder that you can write to",
    ),
    _Explanation(
        r"(?:Failed to fetch: `?|An index (?:URL )?\(|for url \()https?://(?:[^\s/@]*@)?"
        r"(?P<host>[^\s/`)]+)",
        "uv cannot download from {host}",
        "check your network, the index (UV_DEFAULT_INDEX, or uv.toml beside hashzip.toml) and its"
        " credentials, and build again; earlier builds are unchanged",
    ),
)


def run(
    arguments: Sequence[str],
    cwd: str,
    task: str,
    relock: str,
    variables: Mapping[str, str] | None = None,
) -> str:
    """Run uv, and repeat its warnings.

    Args:
        arguments: uv's arguments.
        cwd: The folder to run in.
        task: What uv is to do, for errors: "install requirements.txt".
        relock: The command that locks again, for hints.
        variables: More variables for uv and build backends.

    Returns:
        uv's standard output.

    Raises:
        HashzipError: uv is missing, is too old, or failed. In that case the message has its own.
    """
    try:
        finished = _start([program(), *arguments], cwd, variables)
    except OSError as error:
        raise HashzipError(f"cannot run uv: {error}", installation.hint(), needs="uv") from error
    if finished.returncode != 0:
        raise _error(finished.stderr, task, relock)
    _repeat_warnings(finished.stderr)
    return finished.stdout


def program() -> str:
    """Return the path of uv: the one that is installed beside this Python, or on the `PATH`.

    Raises:
        HashzipError: uv is missing or too old.
    """
    try:
        from uv import find_uv_bin  # noqa: PLC0415 - may be missing

        with _FINDING:
            path = find_uv_bin()
    except (ImportError, FileNotFoundError):
        on_path = shutil.which("uv")
        if on_path is None:
            raise installation.missing("uv, which the requirements need,", needs="uv") from None
        path = on_path
    reported = _start([path, "--version"], os.curdir).stdout.strip()
    version = re.match(r"uv (\d+)\.(\d+)\.(\d+)", reported)
    if version is None or tuple(map(int, version.groups())) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise HashzipError(
            f'{path} is "{reported}", which is too old to be safe: a package that it installs could'
            f" write anywhere; hashzip needs uv {oldest} or later",
            installation.hint(),
            needs="uv",
        )
    return path


def find_python(
    program: str, version: str, purpose: str, alternative: str = "", *, path: str = ""
) -> str:
    """Find an installed Python; never download one.

    Args:
        program: The path of uv.
        version: The Python's version, such as `3.13` or `3.13.5`.
        purpose: What it is needed for, for the error: "to read uv.lock".
        alternative: What to do instead of installing it, for the hint.
        path: The `PATH` to search; by default, that of this process.

    Returns:
        The path of the interpreter.

    Raises:
        HashzipError: It is not installed.
    """
    finished = _start(
        [
            *(program, "python", "find", "--no-project", "--no-config", "--no-python-downloads"),
            f"cpython@{version}",
        ],
        os.curdir,
        {"PATH": path} if path else None,
    )
    if finished.returncode == 0:
        return finished.stdout.strip()
    # uv gives up at the first broken interpreter, such as a shim of pyenv.
    if sys.implementation.name == "cpython" and sys.version.startswith(f"{version}."):
        return sys.executable
    raise HashzipError(
        f"Python {version}, which is needed {purpose}, is not installed:",
        f"run: uv python install {version}" + (f"; or {alternative}" if alternative else ""),
        lines=_message(finished.stderr),
    )


def _start(
    command: Sequence[str], cwd: str, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=cwd,
        env={
            **PATIENCE,
            **user_cache.substitutes("UV_CACHE_DIR", folder=own_folder.find),
            **uv_environment.neutral(os.environ),
            **(variables or {}),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def _error(stderr: str, task: str, relock: str) -> HashzipError:
    """Make the error of a run of uv that failed: the cause if it is known, then uv's message."""
    # Some versions draw a tree and break lines in it.
    flat = " ".join(re.sub("[├╰]─▶|│", " ", stderr).split())
    message, lines = f"uv could not {task}:", _message(stderr)
    for explanation in _EXPLANATIONS:
        match = re.search(explanation.pattern, flat)
        if match:
            summary = explanation.summary.format_map(match.groupdict())
            hint = explanation.hint.format(relock=relock)
            return HashzipError(f"{summary}: {message}", hint, lines=lines)
    hint = f"fix what uv reports above, and build again; to lock again: {relock}"
    return HashzipError(message, hint, lines=lines)


def _message(stderr: str) -> list[str]:
    """Return uv's message as lines, without the progress that precedes it."""
    lines = [line.rstrip() for line in stderr.splitlines() if line.strip()]
    progress = itertools.takewhile(lambda line: not _ERROR.match(line), lines)
    return lines[len(list(progress)) :] or lines


def _repeat_warnings(stderr: str) -> None:
    """Repeat uv's warnings, such as one of a locked package that was yanked.

    An installer must install it, and should warn: https://peps.python.org/pep-0592/#installers
    """
    for line in stderr.splitlines():
        text = line.removeprefix("warning: ")
        if text != line and "falling back to full copy" not in text:
            warn(text)
