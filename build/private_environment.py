"""Run hashzip in a private environment, where its Python lacks the packages that a command needs.

Nothing is installed into the user's own Python, which may forbid it (PEP 668).

The environment is in the user's cache, under the digest of its locks and of this Python. It has
what requirements.txt locks, or the lock of the extra that a command needs. It is made in a folder
of its own and then moved to its place, so that it is either complete or absent. An environment in
the project may have come with it, and would be run, so it is never looked for there.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import newer_python
from hashzip.builders.python import uv_environment
from hashzip.errors import HashzipError
from hashzip.project import installation, own_folder, user_cache, user_key
from hashzip.system import locking

OFF_VARIABLE = "HASHZIP_NO_ENVIRONMENT"
LOCKS = Path(__file__).parent
EXTRAS = ("init", "local", "rust", "s3")  # those that have a lock

# What `import` calls the packages that hashzip imports, without those of extras.
PACKAGES = ("cyclonedx", "deflate", "packaging", "rich", "shtab", "tomli_w", "uv")

_FORMAT = "1"  # of what is made below; another one makes all environments anew
_UNUSED = 90 * 86_400  # seconds after which an environment is removed
_ABANDONED = 86_400  # seconds after which no installation still runs
_DRAFT = ".draft-"
_LINES = 8  # of a program's output, for the error

# The variables of pip that say where packages come from. Others, such as PIP_TARGET, could change
# what is installed, or where.
_OF_PIP = re.compile(
    r"PIP_((EXTRA_)?INDEX_URL|NO_INDEX|FIND_LINKS|PROXY|(CLIENT_)?CERT|TRUSTED_HOST"
    r"|(DEFAULT_)?TIMEOUT|RETRIES|KEYRING_PROVIDER|(NO_)?CACHE_DIR|CONFIG_FILE)"
)
# Defaults, so that the error comes within seconds where there is no network.
_PATIENCE = {"UV_HTTP_RETRIES": "1", "UV_HTTP_CONNECT_TIMEOUT": "5", "PIP_RETRIES": "1"}


def restart(missing: str) -> None:
    """Run hashzip again, in a private environment. Return if that would not help.

    Args:
        missing: The package that is missing, as `import` calls it; or the extra.

    Raises:
        HashzipError: The environment cannot be made, or must not be.
    """
    if missing not in (*PACKAGES, *EXTRAS):
        return
    if os.environ.get(OFF_VARIABLE, "0") not in ("", "0"):
        raise HashzipError(
            f"{_title(missing)} is not installed for {sys.executable}, and {OFF_VARIABLE} is set",
            f"unset it; or {installation.hint(missing if missing in EXTRAS else '')}",
        )
    extras = sorted({*_extras_here(), *({missing} & {*EXTRAS})})
    locks = _locks(extras)
    root = Path(own_folder.find(), "environments")
    user_cache.check(root)  # programs are run from there
    environment = root / _key(locks)
    if os.path.exists(environment) and os.path.samefile(environment, sys.prefix):  # it is damaged
        raise HashzipError(
            f"{_title(missing)} is missing in the private environment {environment}",
            "remove that folder, and run this again",
        )
    python = _python(environment)
    if not os.path.exists(python):  # a folder that may not be read is explained below
        with user_cache.writing(root), locking.hold(root / f"{environment.name}.lock"):
            if not python.exists():
                _make(environment, locks, extras)
    with suppress(OSError):  # in a read-only cache
        os.utime(environment)
    user_key.give_back()
    newer_python.run_in(str(python), ["-I", *(["-B"] if sys.dont_write_bytecode else [])])


def _title(missing: str) -> str:
    return f"hashzip[{missing}]" if missing in EXTRAS else f"the Python package {missing}"


def _extras_here() -> list[str]:
    """Return the extras that this Python has, if it is that of a private environment."""
    try:
        return Path(installation.private_extras()).read_text(encoding="utf-8").split()
    except FileNotFoundError:
        return []


def _locks(extras: Sequence[str]) -> list[Path]:
    """Return the locks of what an environment has; that of an extra has all that hashzip needs."""
    names = [f"requirements-{extra}.txt" for extra in extras] or ["requirements.txt"]
    return [LOCKS / name for name in names]


def _key(locks: Sequence[Path]) -> str:
    """Return the digest of all that decides what an environment has."""
    python = (sys.version, sys.base_prefix, sysconfig.get_config_var("SOABI"), sys.platform)
    digest = hashlib.sha256(repr((_FORMAT, *python)).encode())
    for lock in locks:
        digest.update(b"%d:" % lock.stat().st_size + lock.read_bytes())
    return digest.hexdigest()[:32]


def _python(environment: Path) -> Path:
    if sys.platform == "win32":
        return environment / "Scripts" / "python.exe"
    return environment / "bin" / "python"


def _make(environment: Path, locks: Sequence[Path], extras: Sequence[str]) -> None:
    """Make an environment in a folder beside its place, and move it there."""
    root = environment.parent
    requirements = [word for lock in locks for word in ("-r", str(lock))]
    sys.stderr.write(f"installing the packages of hashzip into {environment}, once\n")
    _remove_old(root)
    with tempfile.TemporaryDirectory(prefix=_DRAFT, dir=root) as scratch:
        draft = Path(scratch, "environment")
        uv = shutil.which("uv")
        if uv and _run([uv, "--version"], root).returncode == 0:  # and no shim of pyenv
            _make_with_uv(uv, draft, requirements)
        else:
            _make_with_pip(draft, requirements)
        marker = draft / os.path.basename(installation.private_extras())
        marker.write_text("".join(f"{extra}\n" for extra in extras), encoding="utf-8")
        shutil.rmtree(environment, ignore_errors=True)  # damaged: it has no Python
        draft.rename(environment)


def _make_with_uv(uv: str, draft: Path, requirements: Sequence[str]) -> None:
    python = ["--python", sys.executable]
    venv = [uv, "venv", "--quiet", "--no-project", "--no-config", *python, str(draft)]
    install = [
        *(uv, "pip", "install", "--quiet", "--python", str(_python(draft))),
        # A link into uv's cache would be dead when that is cleaned.
        *("--link-mode", "copy", "--only-binary", ":all:", "--require-hashes", *requirements),
    ]
    for command in (venv, install):
        _require(command, draft, "uv", "UV_DEFAULT_INDEX")


def _make_with_pip(draft: Path, requirements: Sequence[str]) -> None:
    if importlib.util.find_spec("ensurepip") is None:
        raise HashzipError(
            f"{sys.executable} cannot make an environment for the packages of hashzip: it lacks "
            "ensurepip, and uv is not on the PATH",
            "install uv (https://docs.astral.sh/uv/); or, on Debian and Ubuntu, run: "
            "apt install python3-venv",
        )
    venv = [sys.executable, "-I", "-m", "venv", str(draft)]
    install = [
        *(str(_python(draft)), "-I", "-m", "pip", "install", "--quiet", "--no-input"),
        *("--disable-pip-version-check", "--only-binary", ":all:"),
        *("--require-hashes", *requirements),
    ]
    for command in (venv, install):
        _require(command, draft, "pip", "PIP_INDEX_URL")


def _require(command: Sequence[str], draft: Path, tool: str, variable: str) -> None:
    """Run a program that must succeed.

    Args:
        command: The program and its arguments.
        draft: The environment that it works on.
        tool: Its name, for the error.
        variable: The variable that names the index for it.

    Raises:
        HashzipError: It failed.
    """
    finished = _run(command, draft.parent)
    if finished.returncode == 0:
        return
    lines = [line for line in finished.stdout.splitlines() if line.strip()]
    hint = (
        "set UV_CACHE_DIR to a folder that you can write to"
        if "Failed to initialize cache" in finished.stdout
        else f"check your network; or set {variable} to an index that can be reached"
    )
    raise HashzipError(
        f"{tool} cannot install the packages of hashzip:", hint, lines=lines[-_LINES:]
    )


def _run(command: Sequence[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a program in a folder without a project, whose settings it would take."""
    of_pip = {name: value for name, value in os.environ.items() if _OF_PIP.fullmatch(name)}
    return subprocess.run(
        command,
        cwd=cwd,
        env={
            **_PATIENCE,
            **user_cache.substitutes("UV_CACHE_DIR", folder=own_folder.find),
            **uv_environment.neutral(os.environ),
            **of_pip,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def _remove_old(root: Path) -> None:
    """Remove environments that nothing uses any more, and what an interrupted run left."""
    now = time.time()
    for folder in root.iterdir():
        limit = _ABANDONED if folder.name.startswith(_DRAFT) else _UNUSED
        with suppress(OSError):
            if folder.is_dir() and now - folder.stat().st_mtime > limit:
                shutil.rmtree(folder)
