"""Find syntax errors before new code runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from hashzip.errors import HashzipError, escape
from hashzip.project import excerpt, files
from hashzip.watch import host_python

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from hashzip.builders.build_plan import BuildPlan

_LENGTH_BYTES = 8  # before each module that another Python reads
# Compiles modules, and prints the first error; for any version of Python that Lambda has.
_PROGRAM = f"""
import json, sys, warnings
warnings.simplefilter("ignore")
stream, number = sys.stdin.buffer, 0
while True:
    length = stream.read({_LENGTH_BYTES})
    if not length:
        break
    try:
        compile(stream.read(int.from_bytes(length, "big")), "module", "exec", dont_inherit=True)
    except SyntaxError as error:
        end = getattr(error, "end_offset", None)  # from Python 3.10 on
        end = end if getattr(error, "end_lineno", None) == error.lineno else None
        print(json.dumps([number, error.lineno, error.msg, error.offset, end]))
        break
    except ValueError:
        pass
    number += 1
"""


class _Error(NamedTuple):
    location: bytes
    line: int | None
    message: str
    column: int | None = None
    end: int | None = None


def check(plan: BuildPlan, paths: Collection[str]) -> None:
    """Check that the Python that runs a function here can compile some modules.

    Args:
        plan: The plan of a function.
        paths: The files to check, by their paths in the package. Not all files: a template with
            the ending `.py` need not be a module.

    Raises:
        HashzipError: A module has a syntax error; the message has the line.
    """
    modules = dict(_modules(plan, paths))
    error = _first_error(modules)
    runtime = plan.target.runtime
    # What this Python can compile, a newer one can, too.
    is_newer = host_python.minor(host_python.OWN) > host_python.minor(runtime)
    if modules and runtime.startswith("python3.") and (error or is_newer):
        interpreter = host_python.find(runtime)
        if interpreter not in (None, sys.executable):
            error = _first_error_of(str(interpreter), modules)
    if error:
        line = f":{error.line}" if error.line else ""
        raise HashzipError(
            f"{escape(error.location)}{line}: {error.message}",
            "fix it, and save again",
            lines=_excerpt(error, modules[error.location]),
        )


def _excerpt(error: _Error, content: bytes) -> list[str]:
    """Show the line of an error, with a mark."""
    lines = content.decode(errors="replace").splitlines()
    if not error.line or not error.column or error.line > len(lines):
        return []
    start = error.column - 1
    return excerpt.shown(error.line, lines[error.line - 1], start, (error.end or 0) - 1)


def _modules(plan: BuildPlan, paths: Collection[str]) -> Iterator[tuple[bytes, bytes]]:
    """Yield the location and the content of each module."""
    for file in plan.packed_files:
        if file.path in paths and file.path.endswith(".py"):
            with suppress(OSError):  # the build raises the error
                yield file.location, files.read(plan.project.root, os.fsdecode(file.location))


def _first_error(modules: Mapping[bytes, bytes]) -> _Error | None:
    """Compile modules with this Python."""
    for location, content in modules.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the function itself shows them
                compile(content, location, "exec", dont_inherit=True)
        except SyntaxError as error:
            end = error.end_offset if error.end_lineno == error.lineno else None
            return _Error(location, error.lineno, error.msg, error.offset, end)
        except ValueError:
            continue  # a null byte, which the function's log is going to show
    return None


def _first_error_of(interpreter: str, modules: Mapping[bytes, bytes]) -> _Error | None:
    """Compile modules with another Python; if it does not start, the function's log says so."""
    lengths = (len(content).to_bytes(_LENGTH_BYTES, "big") for content in modules.values())
    finished = subprocess.run(
        [interpreter, "-I", "-S", "-c", _PROGRAM],
        input=b"".join(
            part for pair in zip(lengths, modules.values(), strict=True) for part in pair
        ),
        capture_output=True,
        check=False,
    )
    with suppress(ValueError):
        number, *details = json.loads(finished.stdout)
        return _Error(list(modules)[number], *details)
    return None
