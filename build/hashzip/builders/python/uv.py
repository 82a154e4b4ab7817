"""Runs uv, and says in plain words what went wrong. Only at build time."""

import itertools
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Sequence
from typing import NamedTuple

from hashzip.errors import HashzipError, warn

# Earlier ones write where a package's entry point is named `../../x`, and leave `RECORD` as the
# package has it, whatever is there: https://github.com/astral-sh/uv/pull/19464 and .../18943
OLDEST = (0, 11, 15)

# What holds unless the user has set it. uv's own are 3 and 10 s, so that it tells after 8 s that an
# index refuses the connection, and after 50 s that none is there: with these, after 2 s and 12 s.
# How long it waits for an answer, `UV_HTTP_TIMEOUT`, is left alone: some indexes are slow.
# https://docs.astral.sh/uv/reference/environment/
PATIENCE = {"UV_HTTP_RETRIES": "1", "UV_HTTP_CONNECT_TIMEOUT": "5"}

# Of two threads that are the first to ask `sysconfig` for something, as uv's own finder does, one
# may get the half of it: https://github.com/python/cpython/issues/92452
_FINDING = threading.Lock()

_INSTALL = "run: python3 -m pip install uv"
_UPGRADE = "run: python3 -m pip install --upgrade uv"

_PACKAGE = r"(?P<package>[\w.-]+)==(?P<version>[\w.!+-]+)"
_HOST = r"https?://(?:[^\s/@]*@)?(?P<host>[^\s/`)]+)"
_CAUSE = r"(?:cause|Caused by): (?P<cause>(?:(?!cause: |Caused by: ).)+?)\.?(?: hint: .*)?$"

_ERROR = re.compile("error: |  \N{MULTIPLICATION SIGN} ")  # what comes before is chatter


class _Known(NamedTuple):
    """A way to fail.

    Attributes:
        pattern: What uv says; with groups.
        sentence: The same in plain words; in braces, the pattern's groups.
        hint: The way out; in braces, `relock`, the command that locks again.
    """

    pattern: str
    sentence: str
    hint: str


_KNOWN = (
    _Known(
        r"lockfile at .* needs to be updated",
        "the lock is stale: it does not fit its pyproject.toml any more",
        "run: {relock}",
    ),
    _Known(
        r"No interpreter found for (?P<python>Python [\w.]+)|Failed to inspect Python interpreter",
        "the Python that the locked project asks for is not here",
        "run: uv python install; or run hashzip by that Python",
    ),
    _Known(
        rf"Hash mismatch for `{_PACKAGE}`",
        "{package} {version} has another hash than the one that is locked",
        "if you know why it changed, lock it again: {relock}; if not, do not use it",
    ),
    _Known(
        r"Hash mismatch for `(?P<package>[\w.-]+) @",
        "{package} has another hash than the one that is locked",
        "if you know why it changed, lock it again: {relock}; if not, do not use it",
    ),
    _Known(
        rf"An index (?:URL )?\({_HOST}\S*\) .*?(?P<cause>40[13] \w+)",
        "the index at {host} answered {cause}",
        "give uv the right to read it (UV_INDEX_…_USERNAME and …_PASSWORD, or a .netrc file), "
        "and build again; or lock what another index has: {relock}",
    ),
    _Known(
        rf"{_PACKAGE} has no usable wheels",
        "{package} {version} has only an sdist for this runtime and architecture, and no wheel",
        "lock a version that has a wheel: {relock}; or, if you trust it, let uv run its code and "
        "build one: build_sdists = true",
    ),
    _Known(
        rf"{_PACKAGE} has no wheels with a matching [\w ]+ tag \(e\.g\., `(?P<tag>\w+)`\)",
        "{package} {version} has no wheel for {tag}",
        "lock a version that has one: {relock}; or run the function on what it has one for",
    ),
    _Known(
        rf"there is no version of {_PACKAGE}",
        "the index has {package}, but no version {version}",
        "lock a version that it has: {relock}",
    ),
    _Known(
        r"Package `(?P<package>[\w.-]+)` can't be installed because it is marked as `--no-build`",
        "{package} has no wheel for this runtime and architecture",
        "lock a version that has one: {relock}; or, if it has an sdist that you trust, let uv run "
        "its code and build one: build_sdists = true",
    ),
    _Known(
        r"Failed to download `(?P<package>[\w.-]+)(?=.*Network connectivity is disabled)",
        "{package} is not in uv's cache, and uv is offline",
        "build once with the network (unset UV_OFFLINE), and uv has it from then on; or lock "
        "what is there: {relock}",
    ),
    _Known(
        r"(?P<package>[\w.-]+) was not found in the cache",
        "{package} is not in uv's cache, and uv is offline",
        "build once with the network (unset UV_OFFLINE), and uv has it from then on; or lock "
        "what is there: {relock}",
    ),
    _Known(
        r"(?P<package>[\w.-]+) was not found in",
        "the index has no package {package}",
        "look at its name, and at the index that uv asks (UV_DEFAULT_INDEX, or uv.toml beside "
        "hashzip.toml), and lock again: {relock}",
    ),
    _Known(
        rf"{_PACKAGE} depends on (?P<python>Python[\w.<>=!~*]+(?:,[\w.<>=!~*]+)*)",
        "{package} {version} needs {python}",
        "set a runtime that it runs on, or lock a version that runs on this one: {relock}",
    ),
    _Known(
        r"versions pinned with `==`, but found: (?P<requirement>\S+)",
        "{requirement} is not pinned to a version",
        "lock it: {relock}",
    ),
    _Known(
        rf"HTTP status \w+ error \((?P<cause>[^)]+)\) for url \({_HOST}",
        "the index at {host} answered {cause}",
        "build again later; nothing that was built before has changed",
    ),
    _Known(
        rf"Failed to fetch: `?{_HOST}.*{_CAUSE}",
        "the index at {host} cannot be reached ({cause})",
        "look at your network, and at the index that uv asks (UV_DEFAULT_INDEX, or uv.toml beside "
        "hashzip.toml), and build again; nothing that was built before has changed",
    ),
    _Known(
        rf"Failed to install: \S+ \({_PACKAGE}\).*Script path must resolve",
        "{package} {version} would write a script outside the folder that it is installed in",
        "the package is broken, or hostile: lock another version of it: {relock}",
    ),
    _Known(
        rf"Failed to install: \S+ \({_PACKAGE}\).*\(os error (?:17|20|21)\)",
        "{package} {version} has a file where another package has a folder, or a folder where it "
        "has a file",
        "take one of them out of the requirements, and lock again: {relock}",
    ),
    _Known(r"No space left on device", "the disk is full", "make room, and build again"),
    _Known(
        rf"Failed to (?:download `|install: \S+ \(){_PACKAGE}[`)]"
        rf"(?=.*(?:archive|wheel is invalid|RECORD|ZIP|does not match filename)).*{_CAUSE}",
        "{package} {version} is a damaged package ({cause})",
        "build again; if it stays so, lock another version of it: {relock}",
    ),
)


def run(words: Sequence[str], cwd: str, what: str, relock: str) -> str:
    """Runs uv. Its warnings are logged.

    Args:
        words: Its arguments.
        cwd: The folder to run in: where a user's `uv.toml`, with their index, stands.
        what: What it is to do, for the error, such as "install requirements.txt".
        relock: The command that locks again, for the hint.

    Returns:
        What it printed.

    Raises:
        HashzipError: uv is not here, too old, or failed: a plain sentence, then its own words.
    """
    try:
        finished = _start([program(), *words], cwd)
    except OSError as error:
        raise HashzipError(f"cannot run uv: {error}", _INSTALL) from error
    if finished.returncode != 0:
        raise _failure(finished.stderr, what, relock)
    _pass_warnings_on(finished.stderr)
    return finished.stdout


def _start(command: Sequence[str], cwd: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=cwd,
        env={**PATIENCE, **os.environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def program() -> str:
    """Answers the path of uv: that of this Python, or that on the `PATH`."""
    try:
        from uv import find_uv_bin  # noqa: PLC0415 - may not be here

        with _FINDING:
            program = find_uv_bin()
    except (ImportError, FileNotFoundError):
        found = shutil.which("uv")
        if found is None:
            raise HashzipError("uv, which installs requirements, is not here", _INSTALL) from None
        program = found
    said = _start([program, "--version"], os.curdir).stdout.strip()
    version = re.match(r"uv (\d+)\.(\d+)\.(\d+)", said)
    if version is None or tuple(map(int, version.groups())) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise HashzipError(
            f'{program} is "{said}", which is too old to be safe: a package that it installs could '
            f"write anywhere; hashzip needs uv {oldest} or later",
            _UPGRADE,
        )
    return program


def _failure(stderr: str, what: str, relock: str) -> HashzipError:
    """Makes the error of a run of uv that failed."""
    # Some versions draw a tree and break lines in it.
    flat = " ".join(re.sub("[├╰]─▶", " cause: ", stderr).replace("│", " ").split())
    lines = [line.rstrip() for line in stderr.splitlines() if line.strip()]
    chatter = itertools.takewhile(lambda line: not _ERROR.match(line), lines)
    said = "\n".join(f"  {line}" for line in lines[len(list(chatter)) :] or lines)
    for known in _KNOWN:
        found = re.search(known.pattern, flat)
        if found:
            sentence = known.sentence.format_map(found.groupdict())
            message = f"{sentence}: uv could not {what}:\n{said}"
            return HashzipError(message, known.hint.format(relock=relock))
    return HashzipError(
        f"uv could not {what}:\n{said}",
        f"mend the requirements as uv says above, and lock them again: {relock}",
    )


def _pass_warnings_on(stderr: str) -> None:
    """Repeat what uv warns of, such as a package that was yanked and is locked all the same.

    An installer must go on then, and should warn: https://peps.python.org/pep-0592/#installers
    """
    for line in stderr.splitlines():
        text = line.removeprefix("warning: ")
        if text != line and "falling back to full copy" not in text:
            warn(text)
