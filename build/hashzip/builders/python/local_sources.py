"""The files that a package in the project is built from. Plan time; standard library only."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from hashzip.errors import read_error
from hashzip.project import files

# Written by tools into the folder of a package, and not part of it.
_LEFT_OUT = ("/build/", "/dist/", "*.egg-info/")
# The same, where `build` has sources too: only what setuptools writes.
_LEFT_OUT_OF_BUILD = ("/build/lib/", "/build/lib.*/", "/build/bdist.*/", "/build/temp.*/")

# Where a `pyproject.toml` says what a package is made of.
_TABLES = (
    ("project",),
    *(("tool", backend) for backend in ("flit", "hatch", "pdm", "poetry", "setuptools")),
    ("tool", "uv", "build-backend"),
)
_NAMES_NO_SOURCES = re.compile("exclude|envs|dependencies|dev-dependencies|optional-dependencies")
_WORTH_PARSING = re.compile(r"""\.\./|["'](\./)?build[/"']""")


def left_out(root: str, folder: str) -> tuple[str, ...]:
    """Return patterns of the files that are not part of a package.

    `build` is, if `pyproject.toml` names it or if it is a package itself.

    Args:
        root: The project.
        folder: The package's folder, relative to the project.
    """
    module = os.path.join(root, folder, "build/__init__.py")
    if os.path.isfile(module) or any(
        text.removeprefix("./").partition("/")[0] == "build" for text in _strings(root, folder)
    ):
        return (*_LEFT_OUT_OF_BUILD, *_LEFT_OUT[1:])
    return _LEFT_OUT


def beside(root: str, folder: str) -> list[str]:
    """Return files outside its folder that a package is made of, such as `../README.md`.

    Args:
        root: The project; files outside of it do not count.
        folder: The package's folder, relative to the project.

    Returns:
        Paths relative to the project, sorted.
    """
    named = set()
    for text in _strings(root, folder):
        path = os.path.normpath(os.path.join(folder, text)).replace(os.sep, "/")
        if "../" in text and not path.startswith("../") and not os.path.isabs(text):
            named.add(path)
    return sorted(
        path
        for path in named
        if not f"{path}/".startswith(f"{folder}/") and os.path.isfile(os.path.join(root, path))
    )


def _strings(root: str, folder: str) -> Iterator[str]:
    """Yield all strings in a `pyproject.toml` that may name sources."""
    location = os.path.join(root, folder, "pyproject.toml")
    try:
        text = files.read_text(root, location)
        document = tomllib.loads(text) if _WORTH_PARSING.search(text) else {}
    except (FileNotFoundError, NotADirectoryError, ValueError, RecursionError):
        return  # a package without one; or what the build backend will say
    except OSError as error:
        raise read_error(os.fsencode(location), error) from error
    for names in _TABLES:
        table: Any = document
        for name in names:
            table = table.get(name, {}) if isinstance(table, Mapping) else {}
        yield from _strings_in(table)


def _strings_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if not _NAMES_NO_SOURCES.match(key):
                yield key
                yield from _strings_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings_in(inner)
