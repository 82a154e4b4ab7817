"""Functions with packages, and methods to build them: hashzip, SAM CLI, uv with zip."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from uv import find_uv_bin

from scripts.benchmark import programs
from scripts.benchmark.measure import Program
from scripts.benchmark.programs import DATA, HERE, Hashzip, forget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

# Of this Python, so that the handlers can be imported here; the locks end with 3.13.
MINOR = min(sys.version_info.minor, 13)
RUNTIME = f"python3.{MINOR}"
ARCHITECTURE = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())

SAM = "1.170.0"

_GLIBC = "2_34" if RUNTIME in {"python3.12", "python3.13"} else "2_17"
_ZIP_AGAIN = "cp -R source/. package && cd package && zip -9 -q -FS -r ../package.zip ."


@dataclass(frozen=True)
class Function:
    """A function to build: its title, the module of its handler, its text and its lock."""

    title: str
    module: str
    source: str
    lock: Path

    def make(self, project: Path) -> Callable[[], object]:
        """Make a project, and return a function that edits its source at each call."""
        file = project / "source" / f"{self.module}.py"
        file.parent.mkdir(parents=True)
        file.write_text(self.source, encoding="utf-8")
        shutil.copyfile(self.lock, project / "requirements.txt")
        return programs.edits(file, f"{self.source}# edit NUMBER\n")


class Method(NamedTuple):
    """A method to build a function."""

    first: Program  # where nothing was built before
    rebuild: Program  # after an edit of the source
    package: Callable[[], Path]  # returns the zip
    again: Program | None = None  # the least that people can do by hand after an edit


def functions() -> Sequence[Function]:
    """Return the functions that are measured."""
    handler = "{}\n\n\ndef handler(event, context):\n    return {{}}\n"
    hello = (HERE.checkout / "handler/python/hello.py").read_text(encoding="utf-8")
    web = handler.format("import boto3\nimport pydantic\nimport requests")
    tables = handler.format("import numpy\nimport pandas")
    return (
        Function("hello", "hello", hello, DATA / "hello.txt"),
        Function("boto3 + pydantic + requests", "app", web, DATA / "web.txt"),
        Function("numpy + pandas", "app", tables, DATA / "tables.txt"),
    )


def hashzip(function: Function, project: Path, using: Hashzip = HERE, **options: object) -> Method:
    """Build with hashzip, with options of `hashzip.toml`."""
    edit = function.make(project)
    table = {"source": "source", "handler": f"{function.module}.handler", "runtime": RUNTIME}
    table |= {"architecture": ARCHITECTURE, "requirements": "requirements.txt"}
    programs.declare(project, {"app": {**table, **options}})
    cache = {"HASHZIP_CACHE_DIR": str(project / "installed")}  # instead of the user's
    build = replace(using.build(project), environment=cache)
    clean = forget(project, ".hashzip", "dist", "installed")
    package = partial(programs.latest_zip, project, "app")
    return Method(replace(build, before=clean), replace(build, before=edit), package)


def sam(function: Function, project: Path) -> Method:
    """Build with SAM CLI; its output is zipped for its size, as SAM does when it deploys.

    Raises:
        MissingError: There is no zip, or SAM CLI cannot be installed.
    """
    programs.require("zip")
    installed = programs.installed(f"aws-sam-cli=={SAM}")
    edit = function.make(project)
    # SAM expects the requirements beside the source.
    (project / "requirements.txt").rename(project / "source/requirements.txt")
    template = (DATA / "sam.yaml").read_text(encoding="utf-8").replace("MODULE", function.module)
    template = template.replace("RUNTIME", RUNTIME).replace("ARCHITECTURE", ARCHITECTURE)
    (project / "template.yaml").write_text(template, encoding="utf-8")
    environment = {
        "PATH": f"{installed}{os.pathsep}{os.environ['PATH']}",  # its pip and its Python
        "SAM_CLI_TELEMETRY": "0",
        "__SAM_CLI_APP_DIR": str(project / "settings"),  # instead of the user's home
    }
    command = (str(installed / "sam"), "build", "--cached")
    build = Program(command, project, environment=environment)

    def package() -> Path:
        zip_all = ["zip", "-9", "-q", "-FS", "-r", "../../../package.zip", "."]
        subprocess.run(zip_all, cwd=project / ".aws-sam/build/App", check=True)
        return project / "package.zip"

    clean = forget(project, ".aws-sam")
    return Method(replace(build, before=clean), replace(build, before=edit), package)


def uv(function: Function, project: Path) -> Method:
    """Build with a script: uv and zip.

    Raises:
        MissingError: There is no zip.
    """
    programs.require("zip")
    edit = function.make(project)
    target = f"{platform.machine()}-manylinux_{_GLIBC}"
    command = ("sh", str(DATA / "uv_zip.sh"), find_uv_bin(), sys.executable, target)
    first = Program(command, project)
    again = Program(("sh", "-c", _ZIP_AGAIN), project, before=edit)
    return Method(first, replace(first, before=edit), lambda: project / "package.zip", again)


METHODS: Mapping[str, Callable[[Function, Path], Method]] = {
    "hashzip": hashzip,
    "hashzip, `bytecode`": partial(hashzip, bytecode=True),
    "hashzip, `exclude_packages`": partial(hashzip, exclude_packages=["@runtime"]),
    f"`sam build --cached` {SAM}": sam,
    "`uv pip install`, `zip -9`": uv,
}
