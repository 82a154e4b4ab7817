"""Find the functions of a repository that has no `hashzip.toml` yet."""

import os
import re
from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from hashzip.builders import BUILDERS
from hashzip.builders.base import Discovered
from hashzip.inputs.paths import LEFT_OUT

# Folders that hold copies, tests or tools, and folders that are large to search.
_NOT_SEARCHED = frozenset(
    {os.fsdecode(name) for name in LEFT_OUT}
    | {"node_modules", "site-packages", "dist", "build", "target", "tests", "test", "venv"}
)


class Named(NamedTuple):
    """A function with the name that it gets in `hashzip.toml`."""

    name: str
    function: Discovered


def functions(root: Path) -> list[Named]:
    """Find the functions in a folder and all folders below.

    Args:
        root: The folder to search.

    Returns:
        The functions, sorted by folder; their names are all different.
    """
    return _named(
        function for folder in sorted(_folders(root)) for function in in_folder(root, folder)
    )


def named(root: Path, folder: Path) -> list[Named]:
    """Find the functions of one folder."""
    return _named(in_folder(root, folder))


def in_folder(root: Path, folder: Path) -> Iterator[Discovered]:
    """Ask each builder for the functions of one folder."""
    for builder in BUILDERS.values():
        yield from builder.discover(folder, root)


def _folders(root: Path) -> Iterator[Path]:
    for folder, below, _ in os.walk(root):
        below[:] = [name for name in below if name not in _NOT_SEARCHED and name[0] != "."]
        yield Path(folder)


def _named(functions: Iterable[Discovered]) -> list[Named]:
    names: dict[str, Discovered] = {}
    for function in functions:
        names[_free(function.names, names)] = function
    return [Named(name, function) for name, function in names.items()]


def _free(names: Iterable[str], taken: Container[str]) -> str:
    """Return the first name, as Lambda allows it, that no other function has."""
    for wanted in names:
        name = re.sub(r"[^A-Za-z0-9_-]+", "-", wanted).strip("-")[:64]
        if name and name not in taken:
            return name
    number = 1
    while f"function-{number}" in taken:
        number += 1
    return f"function-{number}"
