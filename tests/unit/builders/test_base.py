"""Every registered builder implements the contract."""

import inspect
from collections.abc import Collection, Mapping

import pytest

from hashzip.builders import BUILDERS
from hashzip.builders.base import Builder
from hashzip.project.keys import Key

METHODS = ["plan", "build", "build_for_host", "host_note", "discover"]


@pytest.mark.parametrize("name", BUILDERS)
def test_constants(name: str) -> None:
    """A builder has its keys, its runtimes and its type of packages."""
    builder = BUILDERS[name]

    assert isinstance(builder.KEYS, Mapping)
    assert all(isinstance(key, Key) for key in builder.KEYS.values())
    assert isinstance(builder.RUNTIMES, Collection)
    assert builder.RUNTIMES
    assert isinstance(builder.PURL_TYPE, str)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", BUILDERS)
def test_methods(name: str, method: str) -> None:
    """A builder's functions take the arguments of the contract, by the same names."""
    wanted = inspect.signature(getattr(Builder, method)).parameters
    given = inspect.signature(getattr(BUILDERS[name], method)).parameters

    def plain(parameters: Mapping[str, inspect.Parameter]) -> list[tuple[str, object]]:
        return [
            (parameter.name.lstrip("_"), parameter.kind)
            for parameter in parameters.values()
            if parameter.name != "self"
        ]

    assert plain(given) == plain(wanted)


def test_methods_are_all() -> None:
    """The tests above know every function of the contract."""
    members = {member for member in vars(Builder) if not member.startswith("_")}

    assert members == {*METHODS, "KEYS", "RUNTIMES", "PURL_TYPE"}
