"""The query of Terraform's `external` data source, and the paths in its answer.

The protocol: https://registry.terraform.io/providers/hashicorp/external/latest/docs/data-sources/external
"""

import io
import json
import os
import sys
from typing import NamedTuple

from hashzip.errors import HashzipError, did_you_mean
from hashzip.project.config import Project
from hashzip.project.targets import Package, Target

_HINT = 'write {"project": "FOLDER", "function": "NAME"} to standard input'
_MOST = 1 << 20  # bytes of a query


class Query(NamedTuple):
    """A query of Terraform.

    Attributes:
        project: The project's folder, relative to the current folder.
        name: The name of the function, package or layer.
        build: Whether to build the package now, if it is not built yet.
        is_package: Whether the name is that of a package.
    """

    project: str
    name: str
    build: bool
    is_package: bool = False


def read() -> bytes:
    """Read the query from standard input.

    Raises:
        HashzipError: It is too long, or cannot be read.
    """
    try:
        stdin = sys.stdin.fileno()
    except io.UnsupportedOperation:  # a test's
        return sys.stdin.buffer.read()
    text = b""
    while True:
        try:
            part = os.read(stdin, _MOST + 1)
        except BlockingIOError:  # another program has set it to fail instead of waiting
            import select

            select.select([stdin], [], [])
            continue
        except OSError as error:
            raise HashzipError(f"cannot read the query: {error.strerror}", _HINT) from error
        text += part
        if len(text) > _MOST:
            raise HashzipError(f"the query is longer than {_MOST:,} bytes", _HINT)
        if not part:
            return text


def parse_query(text: bytes) -> Query:
    """Parse the query that Terraform writes to standard input.

    Raises:
        HashzipError: It is not a JSON object of strings, a key is missing, or one is unknown.
    """
    values = _strings(text)
    known = ("project", "function", "package", "build")
    for key in values:
        if key not in known:
            raise HashzipError(f'the query has the unknown key "{key}"', did_you_mean(key, known))
    if "package" in values and "function" in values:
        raise HashzipError('the query has both "function" and "package"', "name one of them")
    name_key = "package" if "package" in values else "function"
    for key in ("project", name_key):
        if not values.get(key):
            raise HashzipError(f'the query has no "{key}"', _HINT)
    if not _is_path(values["project"]):
        raise HashzipError(f'"project" in the query is not a path: {values["project"]!a}', _HINT)
    build = values.get("build", "false")
    if build not in ("true", "false"):
        raise HashzipError(f'"build" in the query is "{build}"', 'write "true" or "false"')
    is_package = name_key == "package"
    return Query(values["project"], values[name_key], build == "true", is_package)


def _strings(text: bytes) -> dict[str, str]:
    try:
        pairs = json.loads(text, object_pairs_hook=tuple)  # so that an object is no list
    except (ValueError, RecursionError) as error:
        raise HashzipError(f"the query is not JSON: {error}", _HINT) from error
    if not isinstance(pairs, tuple) or not all(isinstance(value, str) for _, value in pairs):
        raise HashzipError("the query is not a JSON object of strings", _HINT)
    values = dict(pairs)
    if len(values) < len(pairs):
        raise HashzipError("a key appears twice in the query", _HINT)
    return values


def target(project: Project, query: Query) -> Target:
    """Return the function, package or layer that a query names.

    Raises:
        HashzipError: There is none; or it is a package that the query names as a function, which
            has a handler, or a function that it names as a package.
    """
    name = query.name
    named = project.targets.get(name)
    if isinstance(named, Package) and not query.is_package:
        functions = ", ".join(function.name for function in project.functions(named)) or "none"
        raise HashzipError(
            f'the query has function = "{name}", which is a package and has no handler',
            f'write package = "{name}" instead, or name one of its functions: {functions}',
        )
    if query.is_package and not isinstance(named, Package):
        problem = f"it is {named.label}" if named else "there is no such package"
        packages = [each.name for each in project.targets.values() if isinstance(each, Package)]
        raise HashzipError(
            f'the query has package = "{name}", but {problem}',
            f'write function = "{name}" instead' if named else did_you_mean(name, packages),
        )
    return project.target(name)


def _is_path(text: str) -> bool:
    """Return whether the operating system accepts a text as a path."""
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


def relative(path: str) -> str:
    """Return a path relative to the current folder, `/`-separated, so that it fits any machine.

    Args:
        path: An absolute path. A URL stays as it is.

    Raises:
        HashzipError: It is on another Windows drive than the current folder.
    """
    if not os.path.isabs(path):
        return path
    try:
        return os.path.relpath(path, os.path.realpath(os.curdir)).replace(os.sep, "/")
    except ValueError as error:
        raise HashzipError(
            f"{path} is on another drive than the current folder",
            "move the project to the drive of the Terraform configuration",
        ) from error
