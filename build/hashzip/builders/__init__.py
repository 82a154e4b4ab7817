"""Builders: each knows one way to make a package. `base` is their contract.

This is their registry. A builder is loaded when it is asked for.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from hashzip.builders.base import Builder

MODULES = {
    "python": "hashzip.builders.python",
    "rust": "hashzip.builders.rust",
    "command": "hashzip.builders.command",
}


class _Registry(Mapping[str, "Builder"]):
    """All builders by name."""

    def __getitem__(self, name: str) -> "Builder":
        return cast("Builder", import_module(MODULES[name]))

    def __iter__(self) -> Iterator[str]:
        return iter(MODULES)

    def __len__(self) -> int:
        return len(MODULES)


BUILDERS = _Registry()
