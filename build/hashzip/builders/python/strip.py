"""Remove debug symbols from shared libraries: only debuggers read them. Build time.

The symbols that the loader looks up, and those that name functions in a backtrace, stay. A stripped
library is used only if the loader sees the same library as before: tools silently break libraries
that were changed by patchelf, as in many wheels. See
https://github.com/pypa/auditwheel/issues/716 and https://github.com/pypa/manylinux/issues/119.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from hashzip.builders import elf
from hashzip.errors import HashzipError, escape
from hashzip.inputs.files import SourceFile
from hashzip.system import phases

_IS_LIBRARY = re.compile(r".+\.so(\.[0-9]+)*").fullmatch

# GNU's names of machines, in its programs and file formats.
_PREFIXES = {"arm64": "aarch64-linux-gnu-", "x86_64": "x86_64-linux-gnu-"}
_FORMATS = {"arm64": "elf64-littleaarch64", "x86_64": "elf64-x86-64"}


class Tool(NamedTuple):
    """A program that strips.

    Attributes:
        program: Its path.
        version: Its name and version.
    """

    program: str
    version: str


def strip(files: Sequence[SourceFile], architecture: str) -> str:
    """Remove debug symbols from all shared libraries of a package.

    A library stays as it is if it would not become smaller, if the tool rejects it, or if the
    stripped one would not load as before: a larger library is better than none.

    Args:
        files: The package's files. They may be hard links to files of others, so each is replaced.
        architecture: `arm64` or `x86_64`.

    Returns:
        The tool's name and version, or "" if there is no shared library.

    Raises:
        HashzipError: No installed tool can strip for this architecture, or it crashed.
    """
    libraries = [
        file
        for file in files
        if _IS_LIBRARY(file.path) and (kind := elf.kind_of(file)) and kind.fits(architecture)
    ]
    if not libraries:
        return ""
    tool = find_tool(architecture)
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        names = "library" if len(libraries) == 1 else "libraries"
        with phases.phase(f"stripping {len(libraries):,} {names}"):
            for _ in threads.map(lambda file: _strip(tool, file), libraries):
                pass
    return tool.version


def find_tool(architecture: str) -> Tool:
    """Find a program that strips libraries of an architecture, by what it reports.

    Raises:
        HashzipError: There is none.
    """
    # LLVM's first: it is one program for all architectures, so most machines have the same.
    for name in ("llvm-strip", f"{_PREFIXES[architecture]}strip", "strip"):
        program = shutil.which(name)
        if program is None:
            continue
        version = _output(program, "--version")
        if llvm := re.search(r"LLVM version (\S+)", version):
            return Tool(program, f"llvm-strip {llvm[1]}")
        if version.startswith("GNU strip") and _FORMATS[architecture] in _output(program, "--help"):
            return Tool(program, version.splitlines()[0].strip())
    raise HashzipError(
        f"no installed program can strip {architecture} libraries: neither llvm-strip nor "
        f"{_PREFIXES[architecture]}strip nor a GNU strip for {architecture} is on the PATH",
        "install LLVM (apt install llvm, dnf install llvm, brew install llvm and put its bin folder"
        " on the PATH), or set strip = false in hashzip.toml",
    )


def _output(program: str, option: str) -> str:
    try:
        finished = subprocess.run(
            [program, option],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except OSError:  # such as a program for another machine
        return ""
    # A wrapper script that failed may have printed something else.
    return finished.stdout.strip() if finished.returncode == 0 else ""


def _strip(tool: Tool, file: SourceFile) -> None:
    # In its own folder, which is removed with everything that the tool may leave.
    with tempfile.TemporaryDirectory(dir=os.path.dirname(file.location)) as folder:
        target = os.path.join(folder, b"stripped")
        finished = subprocess.run(
            [tool.program, "--strip-debug", "-o", target, file.location],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        # A tool that was killed may succeed in the next build, which would then have other bytes.
        if finished.returncode < 0:
            raise HashzipError(
                f"{tool.version} crashed (signal {-finished.returncode}) at "
                f"{escape(file.location)}",
                "build again; or set strip = false in hashzip.toml",
            )
        if (
            finished.returncode == 0
            and os.path.isfile(target)
            and os.path.getsize(target) < os.path.getsize(file.location)
            and elf.loads_alike(file.location, target)
        ):
            shutil.copymode(file.location, target)
            os.replace(target, file.location)
