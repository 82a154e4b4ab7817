"""Write ELF files with sections, so that no test needs a compiler."""

import struct
from collections.abc import Mapping


def make(sections: Mapping[str, bytes], *, bits: int = 64, order: str = "<") -> bytes:
    """Return an ELF file with sections and no segments.

    https://gabi.xinuos.com/elf/02-eheader.html

    Args:
        sections: The content of each section, by its name.
        bits: 64 or 32.
        order: The byte order: `<` for little-endian, `>` for big-endian.
    """
    word = "Q" if bits == 64 else "I"
    row = struct.calcsize(f"<2I4{word}2I2{word}")
    head = 16 + struct.calcsize(f"<HHI3{word}I6H")
    texts = b"\0" + b"".join(name.encode() + b"\0" for name in (*sections, ".names"))
    contents = [*sections.values(), texts]
    table = head + sum(map(len, contents))
    identity = b"\x7fELF" + bytes((bits // 32, 1 if order == "<" else 2, 1))
    counts = (head, 0, 0, row, len(contents) + 1, len(contents))
    file = identity.ljust(16, b"\0")
    file += struct.pack(f"{order}HHI3{word}I6H", 3, 62, 1, 0, 0, table, 0, *counts)
    file += b"".join(contents) + bytes(row)
    at = head
    for name, content in zip((*sections, ".names"), contents, strict=True):
        start = texts.index(b"\0" + name.encode() + b"\0") + 1
        fields = (start, 1, 0, 0, at, len(content), 0, 0, 1, 0)
        file += struct.pack(f"{order}2I4{word}2I2{word}", *fields)
        at += len(content)
    return file
