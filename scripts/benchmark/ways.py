"""Functions with packages, and the ways to build them: hashzip, and uv with zip.

Each way has a project of its own, whose source and lock are the same.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from uv import find_uv_bin

from scripts.benchmark import programs
from scripts.benchmark.measure import Program
from scripts.benchmark.programs import CHECKOUT, TREES
from scripts.errors import ScriptError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Of the Python that measures, so that what is built can be imported here; the locks go no further.
_MINOR = min(sys.version_info.minor, 13)
RUNTIME = f"python3.{_MINOR}"
ARCHITECTURE = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())

# What AWS's own Python runtimes have: boto3, and all that it needs.
AWS_HAS = ("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3")

_DATA = Path(__file__).parent / "data"
_FIRST_WITH_GLIBC_2_34 = 12  # as in hashzip
_SOURCE = "{imports}\n\n\ndef handler(event, context):\n    return {{}}\n"

# As uv's own guide for Lambda has it: https://docs.astral.sh/uv/guides/integration/aws-lambda/
_INSTALL = """\
set -e
rm -rf package package.zip
"$0" pip install --quiet --no-installer-metadata --no-compile-bytecode --only-binary :all: \
    --python "$1" --python-platform "$2" --target package --requirements requirements.txt
cp -R source/. package
cd package
zip -9 -q -r ../package.zip .
"""
_FRESHEN = "cp -R source/. package && cd package && zip -9 -q -FS -r ../package.zip ."


@dataclass(frozen=True)
class Case:
    """A function to build.

    Attributes:
        name: A word.
        title: What it is made from.
        module: Which module its handler is in.
        source: The text of that module.
        lock: Its `requirements.txt`.
    """

    name: str
    title: str
    module: str
    source: str
    lock: Path

    @property
    def aws_has(self) -> list[str]:
        """The packages of its lock that AWS's runtimes have."""
        lines = self.lock.read_text(encoding="utf-8").splitlines()
        locked = {line.partition("==")[0] for line in lines}
        return [name for name in AWS_HAS if name in locked]


@dataclass(frozen=True, eq=False)  # a key of dictionaries, by identity
class Way:
    """A way to build a function.

    Attributes:
        title: As the page names it, in Markdown.
        ours: Whether it is hashzip's.
        rebuild: Builds it after an edit of its source, where it was built before.
        first: Builds it where it was not; None if another way does the same.
        package: Answers the zip, once it is built; None if another way has the same.
        needs_aws: Whether it leaves out what AWS's runtimes have.
        skipped: Why it cannot be measured, or "".
    """

    title: str
    ours: bool
    rebuild: Program | None = None
    first: Program | None = None
    package: Callable[[], Path] | None = None
    needs_aws: bool = False
    skipped: str = ""

    @property
    def builds(self) -> dict[str, Program]:
        """Both programs, by their names, where there are both."""
        both = {"first": self.first, "rebuild": self.rebuild}
        return {name: program for name, program in both.items() if program}


def refuse_foreign_machine() -> None:
    """Refuse to measure imports where they cannot be measured.

    Raises:
        ScriptError: What is built cannot be imported here.
    """
    if sys.platform != "linux":
        raise ScriptError(
            f"what is built for Lambda cannot be imported on {sys.platform}",
            "measure packages on Linux",
        )
    if sys.version_info.minor != _MINOR:
        raise ScriptError(
            f"packages are not locked for Python 3.{sys.version_info.minor}",
            f"run the benchmark by Python 3.{_MINOR}",
        )


def cases() -> Sequence[Case]:
    """Return the functions that are measured."""
    hello = (CHECKOUT / "handler/python/hello.py").read_text(encoding="utf-8")
    web = _SOURCE.format(imports="import boto3\nimport pydantic\nimport requests")
    tables = _SOURCE.format(imports="import numpy\nimport pandas")
    return (
        Case("hello", "hello", "hello", hello, _DATA / "hello.txt"),
        Case("web", "boto3 + pydantic + requests", "app", web, _DATA / "web.txt"),
        Case("tables", "numpy + pandas", "app", tables, _DATA / "tables.txt"),
    )


def hashzip(case: Case, folder: Path) -> list[Way]:
    """Return hashzip's ways: as is, and with each option that changes size or start.

    Args:
        case: What to build.
        folder: Where the projects go.
    """
    compiled = _hashzip(case, folder / "bytecode", "hashzip, `bytecode`", "bytecode = true\n")
    ways = [plain(case, folder / "plain"), compiled]
    if case.aws_has:
        option = f"exclude_packages = {json.dumps(case.aws_has)}\n"  # TOML's lists are JSON's
        title = "hashzip, `exclude_packages`"
        smaller = _hashzip(case, folder / "exclude", title, option)
        ways.append(dataclasses.replace(smaller, needs_aws=True))
    return ways


def plain(case: Case, project: Path) -> Way:
    """Return hashzip as it is without options."""
    return _hashzip(case, project, "hashzip, as is", "")


def _hashzip(case: Case, project: Path, title: str, options: str) -> Way:
    make_project(case, project)
    table = (
        f'[function.app]\nsource = "source"\nhandler = "{case.module}.handler"\n'
        f'runtime = "{RUNTIME}"\narchitecture = "{ARCHITECTURE}"\n'
        f'requirements = "requirements.txt"\n{options}'
    )
    (project / "hashzip.toml").write_text(table, encoding="utf-8")
    environment = {"HASHZIP_CACHE_DIR": str(project / TREES)}
    forget = programs.forget(project, "cache", "artifacts", "trees")

    def built() -> Path:
        latest = (project / "dist/app/latest").read_text(encoding="utf-8").strip()
        return project / f"dist/app/{latest}.zip"

    return Way(
        title,
        ours=True,
        first=programs.build(project, before=forget, environment=environment),
        rebuild=programs.build(project, before=edit(case, project), environment=environment),
        package=built,
    )


def uv_and_zip(case: Case, project: Path) -> list[Way]:
    """Return what people do by hand: a script, and the quickest way to use its leavings again."""
    script, freshen = "`uv pip install` + `zip -9`", "`zip -9 -FS`, the rest kept"
    skipped = no_zip()
    if skipped:
        return [Way(title, ours=False, skipped=skipped) for title in (script, freshen)]
    make_project(case, project)
    glibc = "2_34" if _MINOR >= _FIRST_WITH_GLIBC_2_34 else "2_17"
    machine = platform.machine()
    arguments = (find_uv_bin(), sys.executable, f"{machine}-manylinux_{glibc}")
    install = ("sh", "-c", _INSTALL, *arguments)
    changed = edit(case, project)
    return [
        Way(
            script,
            ours=False,
            first=Program(install, project),
            rebuild=Program(install, project, before=changed),
            package=lambda: project / "package.zip",
        ),
        Way(freshen, ours=False, rebuild=Program(("sh", "-c", _FRESHEN), project, before=changed)),
    ]


def no_zip() -> str:
    """Return why there is no zip to compare with, or ""."""
    return "" if shutil.which("zip") else "no program zip: apt-get install zip"


def make_project(case: Case, project: Path) -> None:
    """Make the folder of a project, with its source and its lock."""
    source = project / "source"
    source.mkdir(parents=True)
    (source / f"{case.module}.py").write_text(case.source, encoding="utf-8")
    shutil.copyfile(case.lock, project / "requirements.txt")


def edit(case: Case, project: Path) -> Callable[[], None]:
    """Return what edits the source: each time, it becomes what it never was before."""
    numbers = itertools.count()
    file = project / "source" / f"{case.module}.py"
    return lambda: _write(file, f"{case.source}# edit {next(numbers)}\n")


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
