"""Bytecode that depends only on the source."""

import dis
import json
import marshal
import math
import sys
import types
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashzip.builders.python import pyc

LEAVES = (
    st.none()
    | st.booleans()
    | st.just(...)
    | st.integers()
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text(max_size=6)
    | st.text("ab_1", max_size=9)
    | st.binary(max_size=6)
    | st.sampled_from("aé ").map(lambda letter: letter * 256)  # its length takes four bytes
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=5).map(tuple) | st.frozensets(inner, max_size=5),
    max_leaves=20,
)


def dumps(value: object) -> bytes:
    """Write a value as marshal does."""
    return marshal.dumps(cast("Any", value))


def canonical(value: object) -> bytes:
    """Write a value as marshal does, and rewrite it."""
    return pyc.canonical(dumps(value))


def read(data: bytes) -> object:
    """Read a value."""
    return marshal.loads(data)  # noqa: S302 - the test wrote it


def pair(data: bytes) -> tuple[object, object]:
    """Read a value, which must be a pair."""
    value = read(data)
    assert isinstance(value, tuple)
    first, second = value
    return first, second


def module(source: str, name: str = "/var/task/a.py") -> types.CodeType:
    """Compile a module, and return its code as it is read from the file."""
    code = read(pyc.compiled(source.encode(), name)[16:])
    assert isinstance(code, types.CodeType)
    return code


def codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """Yield a code object and all those in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from codes(constant)


def fresh(text: str) -> str:
    """Return a string that is a new object, and not interned."""
    return "".join(list(text))


class TestCanonical:
    """Marshal's output, rewritten so that it depends only on the value."""

    @settings(deadline=None)
    @given(value=VALUES)
    def test_round_trip(self, value: Hashable) -> None:
        """Each value is read back, and rewritten to the same bytes."""
        again = read(canonical(value))

        assert again == value
        assert type(again) is type(value)
        assert canonical(again) == canonical(value)

    def test_not_how_often_it_is_held(self) -> None:
        """The reference count of an object has no effect; in marshal's output it has."""
        code = compile("a = 'not a name', 1.5\nb = 'not a name'", "a", "exec")
        before, ours = dumps(code), canonical(code)
        held = list(code.co_consts)

        assert dumps(code) != before
        assert canonical(code) == ours
        assert held

    def test_not_which_are_one_object(self) -> None:
        """Equal objects become one, whether or not they were; in marshal's output they differ."""
        text = fresh("two words")
        same, equal = (text, text), (text, fresh("two words"))
        assert dumps(same) != dumps(equal)

        assert canonical(same) == canonical(equal)
        first, second = pair(canonical(equal))
        assert first is second

    @pytest.mark.parametrize("text", ["two words", "é", "ключ", "a.b", "<module>"])
    def test_not_what_is_interned(self, text: str) -> None:
        """It has no effect whether the process has interned a string that is not a name."""
        plain = fresh(text + text)
        before = dumps(plain)
        interned = sys.intern(fresh(text + text))

        assert dumps(interned) != before
        assert canonical(interned) == canonical(fresh(text + text)) == pyc.canonical(before)

    def test_names_are_interned(self) -> None:
        """A string that could be a name is interned, by the compiler's rule."""
        name, words = pair(canonical((fresh("a_name_1"), fresh("two words"))))

        assert name is sys.intern(fresh("a_name_1"))
        assert words is not sys.intern(fresh("two words"))

    def test_not_the_order_of_a_set(self) -> None:
        """The elements of a set are sorted, whatever the order of their hashes."""
        head, parts = b">" + (3).to_bytes(4, "little"), [b"N", b"z\x01b", b"i" + bytes(4)]
        written = {
            pyc.canonical(head + b"".join(order))
            for order in (parts, parts[::-1], [parts[1], parts[2], parts[0]])
        }

        (only,) = written
        assert read(only) == frozenset([None, "b", 0])

    def test_equal_and_not_the_same(self) -> None:
        """Equal values of different type or sign stay different."""
        value = (1, 1.0, True, (1, 2.0), (1.0, 2), 0.0, -0.0, "1", b"1", "a" * 9, b"a" * 9)

        assert repr(read(canonical(value))) == repr(value)

    def test_slice(self) -> None:
        """A slice, which can be a constant since Python 3.14, is written once."""
        rest = b"i\x01\0\0\0" + b"NN"

        assert pyc.canonical(b")\x02" + 2 * (b":" + rest)) == b")\x02\xba" + rest + b"r\0\0\0\0"
        assert pyc.canonical(b")\x01:" + rest) == b")\x01:" + rest

    def test_smaller(self) -> None:
        """An object that occurs twice is written once, as in marshal's format with references."""
        code = compile(Path(json.__file__).read_bytes(), json.__file__, "exec")
        without = 2  # the last version of the format that has none

        assert len(canonical(code)) <= len(dumps(code))
        assert len(canonical(code)) < len(marshal.dumps(code, without))

    @pytest.mark.parametrize("value", [[], {}, {1}])
    def test_unknown(self, value: object) -> None:
        """An object that no code object can have is an error."""
        with pytest.raises(NotImplementedError, match="unknown type"):
            canonical(value)


class TestCompiled:
    """The content of a `.pyc` file."""

    @pytest.mark.parametrize("path", sorted(Path(dis.__file__).parent.glob("[adr]*.py")), ids=str)
    def test_same_code(self, path: Path) -> None:
        """The code of standard modules equals the compiler's."""
        source = path.read_bytes()

        data = pyc.compiled(source, str(path))[16:]

        assert read(data) == compile(source, path, "exec", dont_inherit=True, optimize=0)
        assert canonical(read(data)) == data

    def test_not_what_was_compiled_before(self) -> None:
        """Modules compiled earlier in the process have no effect."""
        source = b"a = {'zyx', 2, 3}\ndef f():\n    b = {'zyx', 2, 3}\n    return b, 'wvu tsr'\n"
        before = pyc.compiled(source, "a")

        kept = [compile("import zyx", "b", "exec"), sys.intern("wvu tsr")]

        assert pyc.compiled(source, "a") == before
        assert kept

    def test_name(self) -> None:
        """Each code object of a module has the module's path, for tracebacks."""
        code = module("class A:\n    def f(self):\n        return [lambda: x for x in (1, self)]\n")

        assert {each.co_filename for each in codes(code)} == {"/var/task/a.py"}
        assert len(list(codes(code))) > 3

    def test_no_future(self) -> None:
        """The module's own future statements count, and not those of this program."""
        source = "def f(a: int): pass\nfound = f.__annotations__['a']\n"
        for future, annotation in (("", int), ("from __future__ import annotations\n", "int")):
            names: dict[str, object] = {}
            exec(module(future + source), names)  # noqa: S102 - the source is right here
            assert names["found"] == annotation

    def test_not_a_number(self) -> None:
        """A module with a constant that does not equal itself is compiled."""
        (nan,) = [c for c in module("a = 1e999 - 1e999").co_consts if c is not None]

        assert math.isnan(nan)

    @pytest.mark.parametrize(
        "source", [b"print 1", b"a = {{ b }}\n  c", b"\0", b"# coding: none\n", b"\xff = 1"]
    )
    def test_no_module(self, source: bytes) -> None:
        """A module that this Python cannot read is an error; the control compiles."""
        with pytest.raises((SyntaxError, ValueError)):
            pyc.compiled(source, "a.py")
        assert pyc.compiled(b"# coding: latin-1\na = '\xff'\n", "a.py")
