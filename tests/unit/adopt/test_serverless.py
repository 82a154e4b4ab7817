"""The Serverless Framework's files."""

from pathlib import Path

import pytest

from hashzip.adopt import serverless
from hashzip.adopt.proposal import Declared
from hashzip.adopt.repository import Repository
from tests.support import project as projects

SERVICE = """
service: shop
custom: {runtimes: {py: python3.11}, file: "${file(more.yml):arch}"}
provider: {name: aws, runtime: "${self:custom.runtimes.py}", architecture: "${self:custom.file}"}
functions:
"""


def read(tmp_path: Path, functions: str, more: str = "") -> list[Declared]:
    """Read a service with some functions."""
    files = {
        "svc/serverless.yml": (SERVICE + functions + more).encode(),
        "svc/more.yml": b"arch: arm64\nfns: {b: {handler: b.run}}\n",
        "svc/src/a.py": b"",
    }
    projects.write_files(tmp_path, files)
    return serverless.read(Repository(str(tmp_path)))[0]


def test_read(tmp_path: Path) -> None:
    """Settings of the provider, and variables of the service and of files, count."""
    (first, second) = read(
        tmp_path,
        "  a: {handler: ./src/a.run}\n"
        "  b: {handler: b.run, runtime: python3.12, architecture: x86_64}\n",
    )

    assert (first.names, first.sources, first.handler) == (("a",), ("svc",), "src/a.run")
    assert (first.runtime, first.architecture) == ("python3.11", "arm64")
    assert first.origin == "svc/serverless.yml:6"
    assert (second.runtime, second.architecture) == ("python3.12", "x86_64")


@pytest.mark.parametrize(
    "value, runtime",
    [
        ("${opt:rt, 'python3.10'}", "python3.10"),
        ("${env:RT, self:custom.runtimes.py}", "python3.11"),
        ("${env:RT, python3.12}", "python3.12"),
        ("python${self:custom.none, '3.9'}", "python3.9"),
    ],
)
def test_defaults(tmp_path: Path, value: str, runtime: str) -> None:
    """A variable that is known only later has its default."""
    (function,) = read(tmp_path, f'  a: {{handler: a.run, runtime: "{value}"}}\n')

    assert function.runtime == runtime


@pytest.mark.parametrize("value", ["${ssm:/x}", "${self:custom.a}", "${opt:x}"])
def test_unresolved(tmp_path: Path, value: str) -> None:
    """One without a default stays open."""
    (function,) = read(tmp_path, f'  a: {{handler: a.run, runtime: "{value}"}}\n')

    assert [each.key for each in function.unresolved] == ["runtime"]


def test_variables_in_a_circle(tmp_path: Path) -> None:
    """Variables that name each other end."""
    (function,) = read(
        tmp_path,
        '  a: {handler: a.run, runtime: "${self:loop.a}"}\n',
        'loop: {a: "${self:loop.b}", b: "${self:loop.a}"}\n',
    )

    assert [each.key for each in function.unresolved] == ["runtime"]


def test_files_of_functions(tmp_path: Path) -> None:
    """Functions may be in other files, and a folder may be a function's own."""
    first, second = read(
        tmp_path, '  - {a: {handler: a.run, module: src}}\n  - "${file(more.yml):fns}"\n'
    )

    assert (first.sources, second.names) == (("svc/src",), ("b",))


def test_patterns(tmp_path: Path) -> None:
    """What is left out, or taken alone, is said in the patterns of hashzip."""
    more = "package: {patterns: ['!tests/**', '!./x.py']}\n"
    (function,) = read(tmp_path, "  a: {handler: a.run}\n", more)
    assert (function.include, function.exclude) == ((), ("/tests/**", "/x.py"))

    for everything in ("!**", "!**/*", "!./**"):
        more = f"package: {{patterns: ['{everything}', 'src/**']}}\n"
        (function,) = read(tmp_path, "  a: {handler: a.run}\n", more)
        assert (function.include, function.exclude) == (("/src/**",), ())
