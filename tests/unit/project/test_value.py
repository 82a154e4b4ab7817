"""Immutable values of classes that inherit: named fields, defaults, equality."""

from collections.abc import Callable
from functools import cached_property
from typing import ClassVar

import pytest

from hashzip.project.targets import Value


class _Base(Value):
    kind: ClassVar[str] = "base"

    name: str
    size: int = 1

    @cached_property
    def doubled(self) -> int:
        """Something that is computed once."""
        return 2 * self.size


class _Derived(_Base):
    place: str


def test_inherited() -> None:
    """A class has the fields and defaults of the class that it inherits from, and its own."""
    value = _Derived(name="a", place="b")

    assert (value.name, value.size, value.place) == ("a", 1, "b")
    assert _Derived.fields == ("name", "size", "place")
    assert _Base.fields == ("name", "size")


def test_equal() -> None:
    """Values are equal, and hash alike, if they are of one class and all their fields are equal."""
    value = _Base(name="a")

    assert value == _Base(name="a", size=1)
    assert hash(value) == hash(_Base(name="a", size=1))
    assert value != _Base(name="a", size=2)
    assert value != _Derived(name="a", place="b")
    assert value != "a"


def test_cached() -> None:
    """What is computed from a value is no part of it."""
    value = _Base(name="a")
    assert value.doubled == 2

    assert value == _Base(name="a")
    assert value.replace(size=3).doubled == 6
    assert repr(value) == "_Base(name='a', size=1)"


def test_immutable() -> None:
    """A field cannot be assigned; a changed copy leaves the value as it is."""
    value = _Base(name="a")

    with pytest.raises(AttributeError, match="size"):
        value.size = 2  # type: ignore[misc]
    assert value.replace(size=2).size == 2
    assert value.size == 1


@pytest.mark.parametrize(
    "make, named",
    [
        (lambda: _Base(size=2), "name"),  # type: ignore[call-arg]
        (lambda: _Base(name="a", sizes=2), "sizes"),  # type: ignore[call-arg]
        (lambda: _Base(name="a").replace(sizes=2), "sizes"),
    ],
)
def test_wrong_fields(make: Callable[[], _Base], named: str) -> None:
    """A field that is missing, or that there is none of, is an error that names it."""
    with pytest.raises(TypeError, match=rf"'{named}'"):
        make()
