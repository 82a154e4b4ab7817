"""Programs and shared libraries: for which machine they are, and what the loader sees of them.

The format: https://gabi.xinuos.com/elf/
"""

import mmap
import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from hashzip.errors import HashzipError, read_error
from hashzip.inputs.files import SourceFile

MAGIC = b"\x7fELF"

_HEADER = 20  # bytes; up to the machine, and alike in 32 and 64 bit
_ORDERS = {1: "little", 2: "big"}
_BYTE_ORDERS = {1: "<", 2: ">"}  # the same, for `struct`
_BITS = {1: 32, 2: 64}
_PROGRAM = 2  # ET_EXEC
_LIBRARY = 3  # ET_DYN: and programs that can lie anywhere
_LOADABLE = (_PROGRAM, _LIBRARY)

# What Linux runs on, and wheels are made for; arm64 and x86_64 as Lambda names them. The others are
# graphics and signal processors and microcontrollers, whose programs are data to Linux.
# https://gabi.xinuos.com/elf/a-emachine.html
_MACHINES = {
    3: "x86",
    8: "mips",
    20: "powerpc",
    21: "powerpc64",
    22: "s390x",
    40: "arm",
    62: "x86_64",
    183: "arm64",
    243: "riscv",
    258: "loongarch",
}

# The table of sections, by bits. In the header: where it is, the size of a row, how many there are,
# and which has the names. A row: name, kind, flags, address, offset, size, link.
_SECTION_TABLES = {64: "40x Q 10x H H H", 32: "32x I 10x H H H"}
_SECTION_ROWS = {64: "I I Q Q Q Q I", 32: "I I I I I I I"}
_MEMORY_ONLY = 8  # SHT_NOBITS: a section that takes no room in the file
_IN_FIRST_ROW = 0xFFFF  # SHN_XINDEX: the number of the names' row is too large for the header

# The header of 64 bit: where the table of segments is, the size of a row, and how many there are.
_TABLE = struct.Struct("<32x Q 14x H H 6x")
# What of the header is about the places of tables, which the loader sees nothing of: first, end.
_PLACES = ((32, 48), (60, 64))
_SEGMENT = struct.Struct("<II Q Q Q Q Q Q")
_LOAD = 1  # PT_LOAD
_COMPARED = 1 << 20  # bytes at a time


class Kind(NamedTuple):
    """For what an ELF file is made.

    Attributes:
        machine: Lambda's name of the architecture, where it is one of Lambda's.
        bits: 64 or 32.
        order: Of bytes: `little` or `big`.
    """

    machine: str
    bits: int
    order: str

    def fits(self, architecture: str) -> bool:
        """Answers whether a Lambda of this architecture can load it."""
        return self == (architecture, 64, "little")

    def __str__(self) -> str:
        """Names the machine: `arm64`, or `x86 (32 bit)`."""
        odd = [
            *([f"{self.bits} bit"] if self.bits != 64 else []),  # noqa: PLR2004 - bits
            *([f"{self.order}-endian"] if self.order != "little" else []),
        ]
        return f"{self.machine} ({', '.join(odd)})" if odd else self.machine


def kind(start: bytes) -> Kind | None:
    """Reads for what a program or shared library is made.

    Args:
        start: The first bytes of a file.

    Returns:
        What it is made for; or None where it is nothing that Linux on any machine would load. Such
        are object files, programs for the kernel (BPF) or for a graphics processor, and dumps.
    """
    if len(start) < _HEADER or not start.startswith(MAGIC):
        return None
    order, bits = _ORDERS.get(start[5]), _BITS.get(start[4])
    if order is None or bits is None:
        return None
    form, number = struct.unpack_from("<HH" if order == "little" else ">HH", start, 16)
    machine = _MACHINES.get(number)
    if machine is None or form not in _LOADABLE:
        return None
    return Kind(machine, bits, order)


def kind_of(file: SourceFile) -> Kind | None:
    """Reads for what a file is made, as `kind` does.

    Raises:
        HashzipError: It cannot be read.
    """
    try:
        with open(file.location, "rb", buffering=0) as content:
            return kind(content.read(_HEADER))
    except OSError as error:
        raise read_error(file.location, error) from error


def check_architecture(
    files: Iterable[SourceFile], architecture: str, owners: Mapping[str, str]
) -> None:
    """Refuses programs and shared libraries that the function's machine cannot load.

    It would be found out in Lambda, by an import that fails. What is nothing that Linux loads is
    data, whatever machine it is for: see `kind`. And some packages bring a library for each of
    several machines, and choose when they run; so what is for another machine is right where it
    has a sibling, from the same requirement, that fits. A file that no requirement brought must
    fit in any case: whoever wrote it there can leave it out.

    Args:
        files: Of the package.
        architecture: `arm64` or `x86_64`.
        owners: By path in the package, the requirement that brought the file: `numpy 2.3.1`.

    Raises:
        HashzipError: There is such a file; the first is named, with its package and machine.
    """
    foreign = []
    served = set()
    for file in files:
        found = kind_of(file)
        if found is None:
            continue
        owner = owners.get(file.path, "")
        if found.fits(architecture):
            served.add(owner)
        else:
            foreign.append((file.path, found, owner))
    refused = [one for one in foreign if not one[2] or one[2] not in served]
    if refused:
        raise _foreign(*min(refused), len(refused) - 1, architecture)


def _foreign(path: str, found: Kind, owner: str, others: int, architecture: str) -> HashzipError:
    whose = f" of {owner}" if owner else ""
    more = f" (and {others} more files are not for it)" if others else ""
    hint = f"build it for {architecture}, name it in exclude, or set the function's architecture"
    if owner:
        hint = (
            f"lock a version of {owner.partition(' ')[0]} that has a wheel for {architecture}, "
            "or set the function's architecture"
        )
    return HashzipError(
        f"{path}{whose} is for {found}, and the function runs on {architecture}{more}", hint
    )


def sections(content: bytes) -> dict[str, bytes]:
    """Read the sections of a program or shared library.

    Args:
        content: The file.

    Returns:
        What each section holds in the file, by its name, in the file's order; sections of one name
        are joined. Empty if there are none, the file is cut off, or it is not an ELF file.
    """
    parts: dict[str, bytes] = {}
    try:
        for name, start, size in _sections(content):
            parts[name] = parts.get(name, b"") + content[start : start + size]
    except (struct.error, IndexError, ValueError):
        return {}
    return parts


def has_debug_information(content: bytes) -> bool:
    """Return whether a program has what only a debugger reads, which names folders."""
    return ".debug_info" in sections(content)


def _sections(content: bytes) -> Iterator[tuple[str, int, int]]:
    """Read the table of sections: the name, offset and size in bytes of each."""
    order, bits = _BYTE_ORDERS.get(content[5]), _BITS.get(content[4])
    if not content.startswith(MAGIC) or order is None or bits is None:
        return
    row = struct.Struct(order + _SECTION_ROWS[bits])
    table, stride, count, names = struct.unpack_from(order + _SECTION_TABLES[bits], content)
    if not table:
        return
    *_, count_if_many, names_if_many = row.unpack_from(content, table)
    names = names_if_many if names == _IN_FIRST_ROW else names
    *_, texts_at, texts_size, _ = row.unpack_from(content, table + stride * names)
    texts = content[texts_at : texts_at + texts_size]
    for number in range(1, count or count_if_many):  # the first row is no section
        name, kind, _, _, start, size, _ = row.unpack_from(content, table + stride * number)
        text = texts[name : texts.index(b"\0", name)].decode(errors="backslashreplace")
        yield text, start, 0 if kind == _MEMORY_ONLY else size


def loads_alike(before: bytes, after: bytes) -> bool:
    """Answers whether the loader sees the same in two files of 64 bit, in little-endian order.

    It sees the segments: where each goes in memory, and what is in it, down to the name of the
    library and the symbols by which it is linked. Where a segment lies in the file does not matter,
    if only it can be mapped from there: as far into a page as in memory.

    Args:
        before: Where one file is.
        after: Where the other is.
    """
    with open(before, "rb") as one, open(after, "rb") as other:
        try:
            with (
                mmap.mmap(one.fileno(), 0, access=mmap.ACCESS_COPY) as old,
                mmap.mmap(other.fileno(), 0, access=mmap.ACCESS_COPY) as new,
            ):
                return _alike(old, new)
        except (ValueError, IndexError, struct.error):  # an empty file; a table that is cut off
            return False


def _alike(old: mmap.mmap, new: mmap.mmap) -> bool:
    old_segments, new_segments = _segments(old), _segments(new)
    if old[: _TABLE.size] != new[: _TABLE.size] or len(old_segments) != len(new_segments):
        return False
    for was, now in zip(old_segments, new_segments, strict=True):
        (kind, flags, old_start, *rest), (_, _, new_start, *_) = was, now
        if now != (kind, flags, new_start, *rest):
            return False
        address, _, size, _, alignment = rest
        if kind == _LOAD and (new_start - address) % max(alignment, 1):
            return False
        for offset in range(0, size, _COMPARED):
            length = min(size - offset, _COMPARED)
            begin, start = old_start + offset, new_start + offset
            if old[begin : begin + length] != new[start : start + length]:
                return False
    return True


def _segments(file: mmap.mmap) -> list[tuple[int, ...]]:
    """Answers the rows of the table, and blots out (not on disk) all that tells places in a file.

    A row is type, flags, offset, address, physical address, size in the file, in memory, alignment.
    """
    table, size, count = _TABLE.unpack_from(file)
    rows = [_SEGMENT.unpack_from(file, table + size * number) for number in range(count)]
    for start, end in (*_PLACES, (table, table + size * count)):
        file[start:end] = bytes(end - start)
    return rows
