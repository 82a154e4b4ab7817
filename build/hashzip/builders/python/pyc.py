"""Compile modules to bytes that depend only on their source. A program, run by `bytecode`.

The Python that a function runs on runs it, not the one that runs hashzip. So it imports nothing of
hashzip, and uses nothing newer than Python 3.9.

`marshal`, which writes code objects, is not reproducible. It writes an object once, and refers to
it where it occurs again; but whether an object can be referred to (FLAG_REF) depends on its
reference count, and whether two equal constants are one object depends on what the process has
interned, so on the files compiled before. See https://github.com/python/cpython/issues/78274 and
https://github.com/python/cpython/issues/129724. So marshal's output is read and written again, by
rules that depend only on values:

- Equal constants and names become one object. They are immutable, and the compiler merges them
  itself where it can.
- Code objects stay separate, because tools count and trace each of them.
- A string is marked as interned if it has only ASCII letters, digits and underscores: the
  compiler's rule for constants. Loading a code object interns its names.
- The elements of a frozenset are sorted: Python 3.9 and 3.10 leave them in the order of their
  hashes, and the hash of None is its address.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    del sys.path[0]  # so that no module beside this one shadows the standard library

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
_REFERENCE_SIZE = 5  # bytes; smaller objects are not worth a reference
_CODE = ord("c")
_LONG = ord("l")
_FROZENSET = ord(">")
_FIXED = {**dict.fromkeys(b"NTF.S", 0), ord("i"): 4, ord("g"): 8, ord("y"): 16}  # bytes behind it
_LENGTHS = {**dict.fromkeys(b"sutaA", 4), **dict.fromkeys(b"zZ", 1)}  # bytes of the length
_COUNTS = {ord("("): 4, ord(")"): 1, _FROZENSET: 4, ord(":"): 0}  # bytes of the count
_PARTS_OF_A_SLICE = 3
_INTERNED = {ord("u"): ord("t"), ord("a"): ord("A"), ord("z"): ord("Z")}
_PLAIN = {interned: plain for plain, interned in _INTERNED.items()}
_IS_NAME = re.compile(rb"[A-Za-z0-9_]*").fullmatch

# How many numbers a code object has, then objects, and objects after one more number.
_NUMBERS, _OBJECTS, _LAST_OBJECTS = (5, 8, 2) if sys.version_info >= (3, 11) else (6, 8, 1)

# The source's hash is in the file, but the loader does not check it: PEP 552.
_UNCHECKED_HASH = (1).to_bytes(4, "little")


class _Node(NamedTuple):
    """An object as marshal writes it, or a number in a code object.

    Attributes:
        flat: The whole object, written without references: its identity. None for a code object
            and for what contains one.
        head: The bytes before its parts.
        parts: The objects in it.
    """

    flat: bytes | None
    head: bytes
    parts: tuple[_Node, ...] = ()


class _Reader:
    """A parser of marshal's output."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0
        self.known: list[_Node] = []  # objects that can be referred to

    def node(self) -> _Node:
        kind = self._take(1)[0]
        if kind == _REFERENCE:
            return self.known[self._number(4)]
        if not kind & _FLAG_REF:
            return self._new(kind)
        number = len(self.known)
        self.known.append(_Node(None, b""))  # an object is numbered before those in it
        self.known[number] = node = self._new(kind ^ _FLAG_REF)
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
    """A writer of each object once. Objects used once get no flag, so loading is faster."""

    def __init__(self, root: _Node) -> None:
        self.data = bytearray()
        self.numbers: dict[bytes, int] = {}
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
        elif flat in self.numbers:
            self.data.append(_REFERENCE)
            self.data += self.numbers[flat].to_bytes(4, "little")
            return
        else:
            self.numbers[flat] = len(self.numbers)
            self.data.append(head[0] | _FLAG_REF)
            self.data += head[1:]
        for part in parts:
            self._write(part)


def canonical(data: bytes) -> bytes:
    """Rewrite a marshalled code object so that its bytes depend only on its value.

    Args:
        data: The code object, written by the `marshal` of the running Python.

    Returns:
        Bytes that `marshal.loads` reads as the same code object.

    Raises:
        NotImplementedError: It contains an object of a type that no code object has.
    """
    return bytes(_Writer(_Reader(data).node()).data)


def compiled(source: bytes, name: str) -> bytes:
    """Compile a module.

    Args:
        source: The module's source.
        name: The module's path, for tracebacks.

    Returns:
        The content of its `.pyc` file.

    Raises:
        SyntaxError: The source is not valid in the running Python.
        ValueError: The source has a null byte, or a value that `marshal` cannot write.
        RecursionError: The source is nested too deeply, for which Python may also raise MemoryError
            or OverflowError.
    """
    # Like the interpreter: without optimization, and without this module's future statements.
    code = compile(source, name, "exec", dont_inherit=True, optimize=0)
    data = canonical(marshal.dumps(code))
    # No bytecode is better than wrong bytecode. NaN does not equal itself, hence the second check.
    loaded = marshal.loads(data)  # noqa: S302 - it was written three lines above
    if loaded != code and canonical(marshal.dumps(loaded)) != data:
        raise ValueError("its bytecode cannot be rewritten")
    return MAGIC_NUMBER + _UNCHECKED_HASH + source_hash(source) + data


def main() -> None:
    """Compile files: read the location, name and target of each, print which do not compile."""
    gc.disable()  # many objects, and no cycles
    warnings.simplefilter("ignore")  # they are for the author of a module
    skipped = {}
    fields = iter(sys.stdin.buffer.read().split(b"\0"))
    for location in fields:
        name, target = next(fields), next(fields)
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
    json.dump({"version": sys.version.split()[0], "skipped": skipped}, sys.stdout)


if __name__ == "__main__":
    main()
