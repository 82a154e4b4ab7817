"""Compile a package's modules in advance, to `.pyc` files beside them. Build time.

Otherwise each cold start compiles them: a function's code is read-only, so its interpreter cannot
save bytecode. A Python of the function's minor version compiles, because each has its own bytecode;
tracebacks show `/var/task/…`. `pyc` explains why the bytes are the same on every machine.
"""

import json
import os
import re
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from hashzip.builders.python import pyc
from hashzip.builders.python.uv import find_python
from hashzip.errors import HashzipError
from hashzip.inputs.files import BY_PATH, SourceFile
from hashzip.system import phases

_FILES_PER_PROCESS = 25  # compiling these takes as long as starting Python
_ALTERNATIVE = "set bytecode = false in hashzip.toml"
_RELEASE = re.compile(r"\d+\.\d+\.\d+\+?").fullmatch


@dataclass(frozen=True)
class Compiled:
    """The bytecode of a package.

    Attributes:
        version: The version of the Python that compiled, such as `3.13.0`, or "" without modules.
            Another patch release may compile to other bytes.
        files: The `.pyc` files, sorted by their paths in the package.
        skipped: Why a module does not compile, by path: packages have templates, and Python 2.
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
    """Compile each module of a package: each file whose name ends in `.py`.

    Args:
        files: The package's files.
        out: The folder for the bytecode: `DIR/NAME.py` becomes `DIR/__pycache__/NAME.….pyc` there.
        version: The runtime's version of Python, such as `3.13`.
        uv: The path of uv, which finds that Python.
        prefix: Where Lambda unpacks the package, for tracebacks.
        jobs: How many processes compile; by default, one for each processor. The bytes are the
            same.

    Raises:
        HashzipError: That Python is not installed, or failed.
    """
    modules = sorted((file for file in files if file.path.endswith(".py")), key=BY_PATH)
    if not modules:
        return Compiled("", [], {})
    python = find_python(uv, version, "to compile the package's bytecode", _ALTERNATIVE)
    outputs = [_bytecode(file, out, version) for file in modules]
    tasks = [
        [module.location, f"{prefix}/{module.path}".encode(), output.location]
        for module, output in zip(modules, outputs, strict=True)
    ]
    workers = min(jobs or os.cpu_count() or 1, -(-len(modules) // _FILES_PER_PROCESS))
    with ThreadPoolExecutor(workers) as threads:
        shares = [tasks[number::workers] for number in range(workers)]
        with phases.phase(f"compiling {phases.count(len(modules), 'module')}"):
            results = list(threads.map(lambda share: _run(python, share), shares))
    compiler = results[0][0]
    if not _RELEASE(compiler) or not compiler.startswith(f"{version}."):
        raise HashzipError(
            f"{python} is Python {compiler}, whose bytecode Lambda's Python {version} cannot load",
            f"run: uv python install {version}; or {_ALTERNATIVE}",
        )
    skipped = {
        path.removeprefix(f"{prefix}/"): reason
        for _, reasons in results
        for path, reason in reasons.items()
    }
    compiled = [
        output
        for module, output in zip(modules, outputs, strict=True)
        if module.path not in skipped
    ]
    return Compiled(compiler, sorted(compiled, key=BY_PATH), dict(sorted(skipped.items())))


def _bytecode(module: SourceFile, out: Path, version: str) -> SourceFile:
    """Return where a module's bytecode goes: https://peps.python.org/pep-3147/."""
    folder, slash, name = module.path.rpartition("/")
    tag = f"cpython-{version.replace('.', '')}"
    path = f"{folder}{slash}__pycache__/{name.removesuffix('.py')}.{tag}.pyc"
    location = os.path.join(os.fsencode(os.path.abspath(out)), os.fsencode(path))
    return SourceFile(path, location, executable=False)


def _run(python: str, share: Sequence[Sequence[bytes]]) -> tuple[str, dict[str, str]]:
    """Compile some files; return the Python's version, and the modules that do not compile."""
    # Without the user's settings and packages. `-I` would also ignore the seed, which is the last
    # thing that could differ from run to run.
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
            f"{python} failed to compile the package's bytecode:",
            "build again; or set bytecode = false in hashzip.toml",
            lines=lines[-1:] or [f"exit code {finished.returncode}"],
        )
    result = json.loads(finished.stdout)
    return result["version"], result["skipped"]
