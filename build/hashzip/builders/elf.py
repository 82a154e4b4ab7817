"""Read ELF files: the machine that a program or shared library is for, its sections and segments.

The format: https://gabi.xinuos.com/elf/
"""

import mmap
import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from hashzip.errors import HashzipError, read_error
from hashzip.inputs.files import SourceFile

MAGIC = b"\x7fELF"

_HEADER = 20  # bytes; up to the machine, and the same in 32 and 64 bit
_ORDERS = {1: "<", 2: ">"}  # as `struct` writes them
_ORDER_NAMES = {"<": "little", ">": "big"}
_BITS = {1: 32, 2: 64}
_USUAL_BITS, _USUAL_ORDER = 64, "little"
_PROGRAM = 2  # ET_EXEC
_LIBRARY = 3  # ET_DYN, which position-independent programs have too
_LOADABLE = (_PROGRAM, _LIBRARY)

# The machines that Linux runs on and that wheels are made for; arm64 and x86_64 have Lambda's
# names. The others are graphics and signal processors and microcontrollers, whose programs are data
# to Linux. https://gabi.xinuos.com/elf/a-emachine.html
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

# The table of sections, by bits. In the header: its offset, the size of a row, the number of rows,
# and the row of the names. A row: name, kind, flags, address, offset, size, link.
_SECTION_TABLES = {64: "40x Q 10x H H H", 32: "32x I 10x H H H"}
_SECTION_ROWS = {64: "I I Q Q Q Q I", 32: "I I I I I I I"}
_MEMORY_ONLY = 8  # SHT_NOBITS: a section that takes no room in the file
_IN_FIRST_ROW = 0xFFFF  # SHN_XINDEX: the number of the names' row is too large for the header

# The 64-bit header: the offset of the table of segments, the size of a row, the number of rows.
_TABLE = struct.Struct("<32x Q 14x H H 6x")
# The parts of the header with the offsets of tables, which the loader does not use: start, end.
_OFFSETS = ((32, 48), (60, 64))
# A row: type, flags, offset, address, physical address, size in the file and in memory, alignment.
_SEGMENT = struct.Struct("<II Q Q Q Q Q Q")
_LOAD = 1  # PT_LOAD
_CHUNK = 1 << 20  # bytes to compare at a time


class Kind(NamedTuple):
    """The kind of machine that a program or shared library is for.

    Attributes:
        machine: The architecture: by Lambda's name, if Lambda has it.
        bits: 64 or 32.
        order: The byte order: `little` or `big`.
    """

    machine: str
    bits: int
    order: str

    def fits(self, architecture: str) -> bool:
        """Return whether Lambda can load it on this architecture."""
        return self == (architecture, _USUAL_BITS, _USUAL_ORDER)

    def __str__(self) -> str:
        """Name the machine: `arm64`, or `x86 (32 bit)`."""
        unusual = [
            *([f"{self.bits} bit"] if self.bits != _USUAL_BITS else []),
            *([f"{self.order}-endian"] if self.order != _USUAL_ORDER else []),
        ]
        return f"{self.machine} ({', '.join(unusual)})" if unusual else self.machine


def kind(start: bytes) -> Kind | None:
    """Return the kind of machine that a program or shared library is for.

    Args:
        start: The first bytes of a file.

    Returns:
        None for a file that Linux loads on no machine: one that is not ELF, an object file, a
        program for the kernel (BPF) or for a graphics processor, or a core dump.
    """
    if len(start) < _HEADER or not start.startswith(MAGIC):
        return None
    order, bits = _ORDERS.get(start[5]), _BITS.get(start[4])
    if order is None or bits is None:
        return None
    form, number = struct.unpack_from(order + "HH", start, 16)
    machine = _MACHINES.get(number)
    if machine is None or form not in _LOADABLE:
        return None
    return Kind(machine, bits, _ORDER_NAMES[order])


def kind_of(file: SourceFile) -> Kind | None:
    """Return the kind of machine that a file is for, as `kind` does.

    Raises:
        HashzipError: The file cannot be read.
    """
    try:
        with open(file.location, "rb", buffering=0) as content:
            return kind(content.read(_HEADER))
    except OSError as error:
        raise read_error(file.location, error) from error


def check_architecture(
    files: Iterable[SourceFile], architecture: str, owners: Mapping[str, str]
) -> None:
    """Check that the function's machine can load the programs and shared libraries of a package.

    Otherwise an import would fail in Lambda. Some packages have a library for each of several
    machines and choose at run time, so a file for another machine passes if another file of its
    requirement fits. A file without a requirement must fit, because it can be left out.

    Args:
        files: The files of the package.
        architecture: `arm64` or `x86_64`.
        owners: The requirement that a file is from, as `numpy 2.3.1`, by the file's path.

    Raises:
        HashzipError: A file does not fit.
    """
    misfits: list[tuple[str, Kind, str]] = []
    fitting_owners = set()
    for file in files:
        file_kind = kind_of(file)
        if file_kind is None:
            continue
        owner = owners.get(file.path, "")
        if file_kind.fits(architecture):
            fitting_owners.add(owner)
        else:
            misfits.append((file.path, file_kind, owner))
    refused = [misfit for misfit in misfits if not misfit[2] or misfit[2] not in fitting_owners]
    if refused:
        raise _misfit(*min(refused), len(refused) - 1, architecture)


def _misfit(path: str, kind: Kind, owner: str, others: int, architecture: str) -> HashzipError:
    of_owner = f" of {owner}" if owner else ""
    files = "file does" if others == 1 else "files do"
    more = f" (and {others} more {files} not fit)" if others else ""
    hint = f"build it for {architecture}, name it in exclude, or set the function's architecture"
    if owner:
        hint = (
            f"lock a version of {owner.partition(' ')[0]} that has a wheel for {architecture}, "
            "or set the function's architecture"
        )
    return HashzipError(
        f"{path}{of_owner} is for {kind}, and the function runs on {architecture}{more}", hint
    )


def sections(content: bytes) -> dict[str, bytes]:
    """Return the content of each section of a file, by its name and in the file's order.

    Sections of the same name are joined. A file that is truncated, or not ELF, has none.
    """
    parts: dict[str, bytes] = {}
    try:
        for name, start, size in _sections(content):
            parts[name] = parts.get(name, b"") + content[start : start + size]
    except (struct.error, IndexError, ValueError):
        return {}
    return parts


def has_debug_information(content: bytes) -> bool:
    """Return whether a program has debug information, which contains paths."""
    return ".debug_info" in sections(content)


def _sections(content: bytes) -> Iterator[tuple[str, int, int]]:
    """Yield the name, the offset and the size in bytes of each section."""
    order, bits = _ORDERS.get(content[5]), _BITS.get(content[4])
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
    for number in range(1, count or count_if_many):  # the first row is not a section
        name, kind, _, _, start, size, _ = row.unpack_from(content, table + stride * number)
        text = texts[name : texts.index(b"\0", name)].decode(errors="backslashreplace")
        yield text, start, 0 if kind == _MEMORY_ONLY else size


def loads_alike(before: bytes, after: bytes) -> bool:
    """Return whether the loader sees no difference between two 64-bit little-endian files.

    It sees the segments: their addresses in memory, and their content with the library's name and
    the symbols. It does not matter where in the file a segment is, if it can be mapped from there:
    its offset in a page is the same as in memory.

    Args:
        before: The path of one file.
        after: The path of the other.
    """
    with open(before, "rb") as old_file, open(after, "rb") as new_file:
        try:
            with (
                mmap.mmap(old_file.fileno(), 0, access=mmap.ACCESS_COPY) as old,
                mmap.mmap(new_file.fileno(), 0, access=mmap.ACCESS_COPY) as new,
            ):
                return _load_alike(old, new)
        except (ValueError, IndexError, struct.error):  # an empty file; a truncated table
            return False


def _load_alike(old: mmap.mmap, new: mmap.mmap) -> bool:
    old_segments, new_segments = _segments(old), _segments(new)
    if old[: _TABLE.size] != new[: _TABLE.size] or len(old_segments) != len(new_segments):
        return False
    for old_row, new_row in zip(old_segments, new_segments, strict=True):
        (form, flags, old_start, *rest), new_start = old_row, new_row[2]
        if new_row != (form, flags, new_start, *rest):
            return False
        address, _, size, _, alignment = rest
        if form == _LOAD and (new_start - address) % max(alignment, 1):
            return False
        for offset in range(0, size, _CHUNK):
            length = min(size - offset, _CHUNK)
            old_at, new_at = old_start + offset, new_start + offset
            if old[old_at : old_at + length] != new[new_at : new_at + length]:
                return False
    return True


def _segments(file: mmap.mmap) -> list[tuple[int, ...]]:
    """Return the rows of the table of segments, and zero in memory all offsets of tables."""
    table, size, count = _TABLE.unpack_from(file)
    rows = [_SEGMENT.unpack_from(file, table + size * number) for number in range(count)]
    for start, end in (*_OFFSETS, (table, table + size * count)):
        file[start:end] = bytes(end - start)
    return rows
