"""Compiles modules to bytes that depend on their source alone. A program, run by `bytecode`.

It is run by the Python that a function runs on, and not by the one that runs hashzip: it imports
nothing of hashzip, and keeps to what Python 3.9 knows.

`marshal`, which writes a code object, is not reproducible by itself. An object is written once,
and referred to where it comes again; but whether an object can be referred to (FLAG_REF) is decided
by its reference count, and whether two equal constants are one object, by what the process has
interned, so by the files compiled before. See https://github.com/python/cpython/issues/78274 and
https://github.com/python/cpython/issues/129724. So what marshal wrote is read and written again,
by rules that see values only:

- Equal constants and names become one object. They cannot be changed, and the compiler itself makes
  them one wherever it notices.
- Code objects stay apart: tools count and trace each by itself.
- A text is marked as interned where it has nothing but ASCII letters, digits and underscores,
  which is the compiler's rule for constants. Whoever loads a code object interns its names.
- What is in a frozenset is sorted: Python 3.9 and 3.10 leave it in the order of hashes, and that of
  None is its address.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    del sys.path[0]  # else a module beside this one could be taken for one of Python's own

import gc
import json
import marshal
import os
import re
import warnings
from collections import Counter
from importlib.util import MAGIC_NUMBER, source_hash
from typing import NamedTuple

# How marshal writes: https://github.com/python/cpython/blob/main/Python/marshal.c
_FLAG_REF = 0x80
_REFERENCE = ord("r")
_REFERENCE_SIZE = 5  # bytes; what is no larger is not referred to
_CODE = ord("c")
_LONG = ord("l")
_FROZENSET = ord(">")
_FIXED = {**dict.fromkeys(b"NTF.S", 0), ord("i"): 4, ord("g"): 8, ord("y"): 16}  # bytes behind it
_LENGTHS = {**dict.fromkeys(b"sutaA", 4), **dict.fromkeys(b"zZ", 1)}  # bytes of the length
_COUNTS = {ord("("): 4, ord(")"): 1, _FROZENSET: 4, ord(":"): 0}  # bytes of the count
_PARTS_OF_A_SLICE = 3
_INTERNED = dict(zip(b"uaz", b"tAZ"))  # noqa: B905 - strict came with Python 3.10
_PLAIN = {interned: plain for plain, interned in _INTERNED.items()}
_IS_NAME = re.compile(rb"[A-Za-z0-9_]*").fullmatch

# Of a code object: the numbers, the objects, one number more, and the objects behind it.
_NUMBERS, _OBJECTS, _LAST_OBJECTS = (5, 8, 2) if sys.version_info >= (3, 11) else (6, 8, 1)

# The source's hash is in the file, and nobody compares it: https://peps.python.org/pep-0552/
_UNCHECKED_HASH = (1).to_bytes(4, "little")


class _Node(NamedTuple):
    """An object as marshal writes it, or a number in a code object.

    Attributes:
        flat: All of it, written without references: its identity. None where a code object is in
            it, or is it.
        head: What is written before its parts.
        parts: The objects in it.
    """

    flat: bytes | None
    head: bytes
    parts: tuple[_Node, ...] = ()


class _Reader:
    """Reads what marshal wrote."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0
        self.known: list[_Node] = []  # what can be referred to

    def node(self) -> _Node:
        kind = self._take(1)[0]
        if kind == _REFERENCE:
            return self.known[self._number(4)]
        if not kind & _FLAG_REF:
            return self._new(kind)
        place = len(self.known)
        self.known.append(_Node(None, b""))  # an object is counted before those in it
        self.known[place] = node = self._new(kind ^ _FLAG_REF)
        return node

    def _take(self, size: int) -> bytes:
        start = self.position
        self.position = start + size
        return self.data[start : self.position]

    def _number(self, width: int) -> int:
        return int.from_bytes(self._take(width), "little")

    def _new(self, kind: int) -> _Node:
        if kind in _LENGTHS:
            leaf = self._text(kind)
        elif kind in _FIXED:
            leaf = bytes((kind,)) + self._take(_FIXED[kind])
        elif kind in _COUNTS:
            return self._tree(kind)
        elif kind == _CODE:
            return self._code()
        elif kind == _LONG:
            count = self._take(4)
            digits = abs(int.from_bytes(count, "little", signed=True))
            leaf = b"l" + count + self._take(2 * digits)
        else:
            raise NotImplementedError(f"marshal wrote an object of the unknown type {kind}")
        return _Node(leaf, leaf)

    def _text(self, kind: int) -> bytes:
        length = self._take(_LENGTHS[kind])
        text = self._take(int.from_bytes(length, "little"))
        kind = _PLAIN.get(kind, kind)
        if _IS_NAME(text):
            kind = _INTERNED.get(kind, kind)
        return bytes((kind,)) + length + text

    def _tree(self, kind: int) -> _Node:
        count = self._take(_COUNTS[kind])
        number = int.from_bytes(count, "little") if count else _PARTS_OF_A_SLICE
        parts = [self.node() for _ in range(number)]
        if kind == _FROZENSET:
            parts.sort()
        head = bytes((kind,)) + count
        flats = [part.flat for part in parts if part.flat is not None]
        flat = head + b"".join(flats) if len(flats) == len(parts) else None
        return _Node(flat, head, tuple(parts))

    def _code(self) -> _Node:
        head = b"c" + self._take(4 * _NUMBERS)
        parts = [self.node() for _ in range(_OBJECTS)]
        parts.append(_Node(None, self._take(4)))
        parts += [self.node() for _ in range(_LAST_OBJECTS)]
        return _Node(None, head, tuple(parts))


class _Writer:
    """Writes each object once. What comes once is not marked, which makes loading faster."""

    def __init__(self, root: _Node) -> None:
        self.data = bytearray()
        self.places: dict[bytes, int] = {}
        self.uses: Counter[bytes] = Counter()
        self._count(root)
        self._write(root)

    def _count(self, node: _Node) -> None:
        flat, _, parts = node
        if flat is not None and len(flat) > _REFERENCE_SIZE:
            self.uses[flat] += 1
            if self.uses[flat] > 1:
                return
        for part in parts:
            self._count(part)

    def _write(self, node: _Node) -> None:
        flat, head, parts = node
        if flat is None or self.uses[flat] <= 1:
            self.data += head
        elif flat in self.places:
            self.data.append(_REFERENCE)
            self.data += self.places[flat].to_bytes(4, "little")
            return
        else:
            self.places[flat] = len(self.places)
            self.data.append(head[0] | _FLAG_REF)
            self.data += head[1:]
        for part in parts:
            self._write(part)


def canonical(data: bytes) -> bytes:
    """Writes a code object as its values alone demand.

    Args:
        data: The code object, as the `marshal` of this very Python wrote it.

    Returns:
        The same code object for `marshal.loads`.

    Raises:
        NotImplementedError: It has an object of a type that no code object has.
    """
    return bytes(_Writer(_Reader(data).node()).data)


def compiled(source: bytes, name: str) -> bytes:
    """Compiles a module.

    Args:
        source: Its text.
        name: Its path, for tracebacks.

    Returns:
        The content of its `.pyc` file.

    Raises:
        SyntaxError: It is none in this Python.
        ValueError: It has a null byte, or a value that `marshal` cannot write.
        RecursionError: It is nested too deeply. So are MemoryError and OverflowError, at times.
    """
    # As the interpreter would: no optimization, and no future statement of this module.
    code = compile(source, name, "exec", dont_inherit=True, optimize=0)
    data = canonical(marshal.dumps(code))
    # Rather no bytecode than a wrong one. Not a number is unequal to itself, hence the second.
    loaded = marshal.loads(data)  # noqa: S302 - it was written three lines above
    if loaded != code and canonical(marshal.dumps(loaded)) != data:
        raise ValueError("its bytecode cannot be written again")
    return MAGIC_NUMBER + _UNCHECKED_HASH + source_hash(source) + data


def main() -> None:
    """Compiles files. Gets location, name and target of each, and answers what did not compile."""
    gc.disable()  # there is nothing in circles, and much of it
    warnings.simplefilter("ignore")  # it is no business of who packs it
    skipped = {}
    fields = sys.stdin.buffer.read().split(b"\0")
    for location, name, target in zip(fields[::3], fields[1::3], fields[2::3]):  # noqa: B905
        with open(location, "rb") as file:
            source = file.read()
        try:
            data = compiled(source, name.decode())
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
            line = f"line {error.lineno}: " if isinstance(error, SyntaxError) else ""
            skipped[name.decode()] = line + str(getattr(error, "msg", error))
            continue
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(data)
    print(json.dumps({"version": sys.version.split()[0], "skipped": skipped}))  # noqa: T201 - a program


if __name__ == "__main__":
    main()
