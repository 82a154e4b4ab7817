"""The files that a package in the project is built from. Plan time; standard library only."""

import os
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from hashzip.errors import read_error
from hashzip.project import files, schema

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
# Tables whose keys are paths. Other keys count if they have a slash, which no name has.
_KEYS_ARE_PATHS = frozenset(("force-include", "sources", "package-dir", "package-data"))
_NAMES_NO_SOURCES = re.compile("exclude|envs|dependencies|dev-dependencies|optional-dependencies")


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
        if not f"{path}/".startswith(f"{folder}/") and files.is_there(root, path)
    )


def _strings(root: str, folder: str) -> Iterator[str]:
    """Yield all strings in a `pyproject.toml` that may name sources."""
    location = os.path.join(root, folder, "pyproject.toml")
    try:
        yield from _source_names(files.read_text(root, location, limit=files.SETTINGS_LIMIT))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return  # a package without one; or what the build backend will say
    except OSError as error:
        raise read_error(os.fsencode(location), error) from error


@lru_cache(maxsize=512)
def _source_names(text: str) -> tuple[str, ...]:
    """Parse a `pyproject.toml`, once for all who ask.

    Raises:
        ShapeError: It is not valid TOML.
    """
    document = schema.toml(text)
    names: list[str] = []
    for path in _TABLES:
        table: Any = document
        for key in path:
            table = table.get(key, {}) if isinstance(table, Mapping) else {}
        names += _strings_in(table)
    return tuple(names)


def _strings_in(table: object) -> Iterator[str]:
    """Yield all strings in a table that may be paths, however deep it is nested."""
    waiting = [("", table)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            keys = [key for key in value if not _NAMES_NO_SOURCES.match(key)]
            yield from (key for key in keys if "/" in key or name in _KEYS_ARE_PATHS)
            waiting += [(key, value[key]) for key in keys]
        elif isinstance(value, list):
            waiting += [(name, each) for each in value]
