"""Functions and layers, and the immutable values that they are."""

from collections.abc import Callable
from functools import cached_property
from typing import ClassVar

import pytest

from hashzip.project.targets import Function, Layer, Value


class _Base(Value):
    kind: ClassVar[str] = "base"

    name: str
    size: int = 1

    @cached_property
    def doubled(self) -> int:
        """Compute a number, once."""
        return 2 * self.size


class _Derived(_Base):
    place: str


def test_inherited() -> None:
    """A class has the fields and defaults of its base class, and its own."""
    value = _Derived(name="a", place="b")

    assert (value.name, value.size, value.place) == ("a", 1, "b")
    assert _Derived.fields == ("name", "size", "place")
    assert _Base.fields == ("name", "size")


def test_equal() -> None:
    """Values are equal if their classes and all their fields are, and then so are their hashes."""
    value = _Base(name="a")

    assert value == _Base(name="a", size=1)
    assert hash(value) == hash(_Base(name="a", size=1))
    assert value != _Base(name="a", size=2)
    assert value != _Derived(name="a", place="b")
    assert value != "a"


def test_cached() -> None:
    """A cached property is no part of the value."""
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
    """A missing field and an unknown field are errors that name it."""
    with pytest.raises(TypeError, match=rf"'{named}'"):
        make()


def function(source: str = "src", output: str | None = None) -> Function:
    """Return a function."""
    return Function(
        name="hello",
        builder="command",
        runtime="provided.al2023",
        architecture="arm64",
        handler="bootstrap",
        sources=(source,),
        options={"output": output},
    )


def test_places() -> None:
    """The files of a function are at the root of its zip, and those of a layer in `python/`."""
    layer = Layer(name="layer.deps", builder="python", runtime="python3.13", architecture="arm64")

    assert (function().label, layer.label) == ("[function.hello]", "[layer.deps]")
    assert (function().prefix, layer.prefix) == ("", "python/")
    assert (function().lambda_root, layer.lambda_root) == ("/var/task", "/opt/python")


@pytest.mark.parametrize(
    "source, output, path",
    [("src", "out", "src/out"), (".", "a/b", "a/b"), ("src", None, None)],
)
def test_output_path(source: str, output: str | None, path: str | None) -> None:
    """The output of a program is below its source; without the key, hashzip names a folder."""
    assert function(source, output).output_path == path
