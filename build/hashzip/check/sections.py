"""The sections of programs and shared libraries, by name: where in one two differ. Pure.

The format: https://gabi.xinuos.com/elf/03-sheader.html
"""

import struct
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from hashzip.builders.elf import MAGIC

# By bits, in the header: where the table is, the size of a row, how many there are, and which has
# the names.
_TABLE = {64: "40x Q 10x H H H", 32: "32x I 10x H H H"}
# A row: name, type, flags, address, offset, size, link. In 64 bit, four of them are longer.
_ROW = {64: "I I Q Q Q Q I", 32: "I I I I I I I"}
_BITS = {1: 32, 2: 64}
_ORDERS = {1: "<", 2: ">"}
_NO_BITS = 8  # SHT_NOBITS: takes room in memory alone
_ELSEWHERE = 0xFFFF  # SHN_XINDEX: the number is too large, and in the first row


class Section(NamedTuple):
    """A part of a file.

    Attributes:
        name: As `readelf --sections` has it.
        offset: Where it begins, in bytes.
        size: In bytes; 0 where it takes no room in the file.
    """

    name: str
    offset: int
    size: int


def read(content: bytes) -> Sequence[Section]:
    """Reads the sections of a file; none where it has none, is cut off, or is no such file."""
    try:
        return _read(content)
    except (struct.error, IndexError, ValueError):
        return []


def differing(first: bytes, second: bytes) -> Sequence[str]:
    """Answers the names of sections that two files do not both have, or not alike."""
    one, two = _contents(first), _contents(second)
    keys = dict.fromkeys((*one, *two))
    return [key[0] for key in keys if one.get(key) != two.get(key)]


def content_of(content: bytes, name: str) -> bytes:
    """Answers what is in the section of a name, or nothing."""
    return _contents(content).get((name, 1), b"")


def _contents(content: bytes) -> dict[tuple[str, int], bytes]:
    """Answers what is in each section, by its name and how many there were of that name."""
    seen: Counter[str] = Counter()
    found = {}
    for name, offset, size in read(content):
        seen[name] += 1
        found[name, seen[name]] = content[offset : offset + size]
    return found


def _read(content: bytes) -> Sequence[Section]:
    order, bits = _ORDERS.get(content[5]), _BITS.get(content[4])
    if not content.startswith(MAGIC) or order is None or bits is None:
        return []
    table, size, count, names = struct.unpack_from(order + _TABLE[bits], content)
    if not table:
        return []
    first = struct.unpack_from(order + _ROW[bits], content, table)
    count = count or first[5]
    names = first[6] if names == _ELSEWHERE else names
    rows = [
        struct.unpack_from(order + _ROW[bits], content, table + size * number)
        for number in range(1, count)  # the first is none
    ]
    *_, start, length, _ = struct.unpack_from(order + _ROW[bits], content, table + size * names)
    texts = content[start : start + length]
    return [
        Section(
            texts[name : texts.index(b"\0", name)].decode(errors="backslashreplace"),
            offset,
            0 if kind == _NO_BITS else length,
        )
        for name, kind, _, _, offset, length, _ in rows
    ]
