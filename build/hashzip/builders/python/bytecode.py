"""Compiles a package's modules beforehand, so that no cold start does: `.pyc` files beside them.

A Lambda's code is read-only, so what the interpreter compiles there is lost with the instance. The
bytecode is made by a Python of the function's very version, since each minor version has its own,
and says `/var/task/…` in tracebacks. `pyc` says what makes its bytes the same on every machine.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from hashzip.builders.python import pyc
from hashzip.errors import HashzipError
from hashzip.inputs.files import BY_PATH, SourceFile

_WORTH_A_PROCESS = 25  # files; to compile them takes as long as Python takes to start
_RELEASE = re.compile(r"\d+\.\d+\.\d+\+?").fullmatch


@dataclass(frozen=True)
class Compiled:
    """What came of it.

    Attributes:
        version: Of the Python that compiled, such as `3.13.0`; or "" where there was no module.
            Another one, even with the same minor version, may compile to other bytes.
        files: The `.pyc` files, as they are named in the package, in order.
        skipped: Modules that do not compile, and why: packages bring templates, and Python 2.
    """

    version: str
    files: Sequence[SourceFile]
    skipped: dict[str, str]


def compile_all(
    files: Sequence[SourceFile],
    out: Path,
    *,
    version: str,
    uv: str,
    prefix: str = "/var/task",
    jobs: int | None = None,
) -> Compiled:
    """Compiles each module of a package, that is, each file with a name that ends in `.py`.

    Args:
        files: Of the package.
        out: The folder for the bytecode: `DIR/NAME.py` becomes `DIR/__pycache__/NAME.….pyc` there.
        version: Of the runtime, such as `3.13`.
        uv: The program that finds a Python.
        prefix: Where the package lies when it runs; for tracebacks.
        jobs: How many processes compile; by default, one a processor. It changes no byte.

    Raises:
        HashzipError: That Python is not here, or it failed.
    """
    modules = sorted((file for file in files if file.path.endswith(".py")), key=BY_PATH)
    if not modules:
        return Compiled("", [], {})
    python = find(uv, version)
    made = [_bytecode(file, out, version) for file in modules]
    fields = [
        [module.location, f"{prefix}/{module.path}".encode(), file.location]
        for module, file in zip(modules, made, strict=True)
    ]
    workers = min(jobs or os.cpu_count() or 1, -(-len(modules) // _WORTH_A_PROCESS))
    with ThreadPoolExecutor(workers) as threads:
        shares = [fields[number::workers] for number in range(workers)]
        answers = list(threads.map(lambda share: _run(python, share), shares))
    found = answers[0][0]
    if not _RELEASE(found) or not found.startswith(f"{version}."):
        raise HashzipError(
            f"{python} is Python {found}, whose bytecode Lambda's Python {version} cannot load",
            _way_out(version),
        )
    skipped = {
        path.removeprefix(f"{prefix}/"): reason
        for _, reasons in answers
        for path, reason in reasons.items()
    }
    kept = [file for module, file in zip(modules, made, strict=True) if module.path not in skipped]
    return Compiled(found, sorted(kept, key=BY_PATH), dict(sorted(skipped.items())))


def find(uv: str, version: str) -> str:
    """Finds a Python, and never downloads one.

    Args:
        uv: The program that finds it.
        version: Such as `3.13`.

    Returns:
        Where it is.

    Raises:
        HashzipError: It is not here.
    """
    finished = subprocess.run(
        [uv, "python", "find", "--no-project", "--no-python-downloads", f"cpython@{version}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if finished.returncode == 0:
        return finished.stdout.strip()
    # uv gives up at the first broken one that it meets, such as a shim of pyenv.
    if sys.implementation.name == "cpython" and sys.version.startswith(f"{version}."):
        return sys.executable
    raise HashzipError(
        f"Python {version}, which compiles the package's bytecode, is not here:\n"
        + "\n".join(f"  {line}" for line in finished.stderr.strip().splitlines()),
        _way_out(version),
    )


def _way_out(version: str) -> str:
    return f"run: uv python install {version}; or set bytecode = false in hashzip.toml"


def _bytecode(module: SourceFile, out: Path, version: str) -> SourceFile:
    """Names the bytecode of a module: https://peps.python.org/pep-3147/."""
    folder, slash, name = module.path.rpartition("/")
    tag = f"cpython-{version.replace('.', '')}"
    path = f"{folder}{slash}__pycache__/{name.removesuffix('.py')}.{tag}.pyc"
    location = os.path.join(os.fsencode(os.path.abspath(out)), os.fsencode(path))
    return SourceFile(path, location, executable=False)


def _run(python: str, share: Sequence[Sequence[bytes]]) -> tuple[str, dict[str, str]]:
    """Compiles some files, and answers the Python's version and what was skipped."""
    # Neither the user's settings nor their packages have a say. The seed is the last of what could
    # differ from run to run, and is why this is not `-I`, which would not read it.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    finished = subprocess.run(
        [python, "-s", "-S", "-B", "-X", "utf8", str(pyc.__file__)],
        input=b"\0".join(field for fields in share for field in fields),
        env={**environment, "PYTHONHASHSEED": "0"},
        capture_output=True,
        check=False,
    )
    if finished.returncode != 0:
        lines = finished.stderr.decode(errors="replace").strip().splitlines()
        raise HashzipError(
            f"{python} could not compile the package's bytecode:\n  "
            + "\n  ".join(lines[-1:] or [f"exit code {finished.returncode}"]),
            "build again; or set bytecode = false in hashzip.toml",
        )
    answer = json.loads(finished.stdout)
    return answer["version"], answer["skipped"]
