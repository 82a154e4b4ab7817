"""Bytecode that depends on the source alone."""

import dis
import json
import marshal
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
    """Writes a value as marshal does."""
    return marshal.dumps(cast("Any", value))


def canonical(value: object) -> bytes:
    """Writes a value as marshal does, and then as it should be."""
    return pyc.canonical(dumps(value))


def read(data: bytes) -> object:
    """Reads what was written."""
    return marshal.loads(data)  # noqa: S302 - the test wrote it


def pair(data: bytes) -> tuple[object, object]:
    """Reads what was written, which must be a pair."""
    found = read(data)
    assert isinstance(found, tuple)
    first, second = found
    return first, second


def module(source: str, name: str = "/var/task/a.py") -> types.CodeType:
    """Compiles a module, and answers its code as it is read from the file."""
    code = read(pyc.compiled(source.encode(), name)[16:])
    assert isinstance(code, types.CodeType)
    return code


def codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """Answers a code object and all those in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from codes(constant)


def fresh(text: str) -> str:
    """Answers a text that is no other object, and not interned."""
    return "".join(list(text))


class TestCanonical:
    """What marshal wrote -> what the value demands."""

    @settings(deadline=None)
    @given(value=VALUES)
    def test_round_trip(self, value: Hashable) -> None:
        """Each value comes back, and is written the same way again."""
        again = read(canonical(value))

        assert again == value
        assert type(again) is type(value)
        assert canonical(again) == canonical(value)

    def test_not_how_often_it_is_held(self) -> None:
        """Who else holds an object is nothing to it, and all to marshal."""
        code = compile("a = 'not a name', 1.5\nb = 'not a name'", "a", "exec")
        before, ours = dumps(code), canonical(code)
        held = list(code.co_consts)

        assert dumps(code) != before
        assert canonical(code) == ours
        assert held

    def test_not_which_are_one_object(self) -> None:
        """Equal objects are one, whether or not they were, and marshal tells them apart."""
        text = fresh("two words")
        one, two = (text, text), (text, fresh("two words"))
        assert dumps(one) != dumps(two)

        assert canonical(one) == canonical(two)
        first, second = pair(canonical(two))
        assert first is second

    @pytest.mark.parametrize("text", ["two words", "é", "ключ", "a.b", "<module>"])
    def test_not_what_is_interned(self, text: str) -> None:
        """Whether the process has interned a text that is no name is nothing to it."""
        plain = fresh(text + text)
        before = dumps(plain)
        interned = sys.intern(fresh(text + text))

        assert dumps(interned) != before
        assert canonical(interned) == canonical(fresh(text + text)) == pyc.canonical(before)

    def test_names_are_interned(self) -> None:
        """A text that could be a name is one object in all modules, as the compiler has it."""
        name, words = pair(canonical((fresh("a_name_1"), fresh("two words"))))

        assert name is sys.intern(fresh("a_name_1"))
        assert words is not sys.intern(fresh("two words"))

    def test_not_the_order_of_a_set(self) -> None:
        """What is in a set is in one order, whatever the order of its hashes was."""
        head, parts = b">" + (3).to_bytes(4, "little"), [b"N", b"z\x01b", b"i" + bytes(4)]
        written = {
            pyc.canonical(head + b"".join(order))
            for order in (parts, parts[::-1], [parts[1], parts[2], parts[0]])
        }

        (one,) = written
        assert read(one) == frozenset([None, "b", 0])

    def test_equal_and_not_the_same(self) -> None:
        """Values that are equal and differ in type or sign stay what they are."""
        value = (1, 1.0, True, (1, 2.0), (1.0, 2), 0.0, -0.0, "1", b"1", "a" * 9, b"a" * 9)

        assert repr(read(canonical(value))) == repr(value)

    def test_slice(self) -> None:
        """A slice, which is a constant since Python 3.14, is written once and referred to."""
        rest = b"i\x01\0\0\0" + b"NN"

        assert pyc.canonical(b")\x02" + 2 * (b":" + rest)) == b")\x02\xba" + rest + b"r\0\0\0\0"
        assert pyc.canonical(b")\x01:" + rest) == b")\x01:" + rest

    def test_smaller(self) -> None:
        """What comes twice is written once, as in marshal's own form with references."""
        code = compile(Path(json.__file__).read_bytes(), json.__file__, "exec")
        without = 2  # the last version of the format that has none

        assert len(canonical(code)) <= len(dumps(code))
        assert len(canonical(code)) < len(marshal.dumps(code, without))

    @pytest.mark.parametrize("value", [[], {}, {1}])
    def test_unknown(self, value: object) -> None:
        """What can be in no code object is refused, and not guessed at."""
        with pytest.raises(NotImplementedError, match="unknown type"):
            canonical(value)


class TestCompiled:
    """A module's source -> the content of a `.pyc` file."""

    @pytest.mark.parametrize("path", sorted(Path(dis.__file__).parent.glob("[adr]*.py")), ids=str)
    def test_same_code(self, path: Path) -> None:
        """The code of Python's own modules is what the compiler made of them."""
        source = path.read_bytes()

        data = pyc.compiled(source, str(path))[16:]

        assert read(data) == compile(source, path, "exec", dont_inherit=True, optimize=0)
        assert canonical(read(data)) == data

    def test_not_what_was_compiled_before(self) -> None:
        """The modules compiled before change nothing, though the process has their names."""
        source = b"a = {'zyx', 2, 3}\ndef f():\n    b = {'zyx', 2, 3}\n    return b, 'wvu tsr'\n"
        before = pyc.compiled(source, "a")

        kept = [compile("import zyx", "b", "exec"), sys.intern("wvu tsr")]

        assert pyc.compiled(source, "a") == before
        assert kept

    def test_name(self) -> None:
        """Each code object of a module has the module's path, for tracebacks; no other has."""
        code = module("class A:\n    def f(self):\n        return [lambda: x for x in (1, self)]\n")

        assert {one.co_filename for one in codes(code)} == {"/var/task/a.py"}
        assert len(list(codes(code))) > 3

    def test_no_future(self) -> None:
        """The module's own future statements count, and not those of the compiler's source."""
        source = "def f(a: int): pass\nfound = f.__annotations__['a']\n"
        for future, annotation in (("", int), ("from __future__ import annotations\n", "int")):
            names: dict[str, object] = {}
            exec(module(future + source), names)  # noqa: S102 - the source is right here
            assert names["found"] == annotation

    def test_not_a_number(self) -> None:
        """A constant that is unequal to itself is no reason to skip a module."""
        (found,) = [c for c in module("a = 1e999 - 1e999").co_consts if c is not None]

        assert found != found  # noqa: PLR0124 - that is what it is

    @pytest.mark.parametrize(
        "source", [b"print 1", b"a = {{ b }}\n  c", b"\0", b"# coding: none\n", b"\xff = 1"]
    )
    def test_no_module(self, source: bytes) -> None:
        """What this Python does not read is an error, and what it does read is none."""
        with pytest.raises((SyntaxError, ValueError)):
            pyc.compiled(source, "a.py")
        assert pyc.compiled(b"# coding: latin-1\na = '\xff'\n", "a.py")
