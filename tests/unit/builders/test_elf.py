"""ELF files: their machine, sections and segments."""

import shutil
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from hashzip.builders import elf
from hashzip.errors import HashzipError
from hashzip.inputs.files import SourceFile
from tests.support import elf_files

X86, ARM, X86_64, ARM64, CUDA, BPF = 3, 40, 62, 183, 190, 247
RELOCATABLE, PROGRAM, LIBRARY, DUMP = 1, 2, 3, 4


def start(
    machine: int = ARM64, form: int = LIBRARY, *, bits: int = 64, order: str = "little"
) -> bytes:
    """Return the first bytes of an ELF file."""
    ident = b"\x7fELF" + bytes((bits // 32, 1 if order == "little" else 2, 1))
    numbers = struct.pack("<HH" if order == "little" else ">HH", form, machine)
    return ident.ljust(16, b"\0") + numbers


def library(
    *, content: bytes = b"code", at: int = 0x1000, address: int = 0x7000, rest: bytes = b""
) -> bytes:
    """Return a library with one segment, and more bytes after it that are not loaded."""
    table = struct.pack("<IIQQQQQQ", 1, 5, at, address, address, len(content), 99, 0x1000)
    header = start() + struct.pack("<IQQQIHHH", 1, 0, 64, at + len(content), 0, 64, 56, 1)
    return (header.ljust(64, b"\0") + table).ljust(at, b"\0") + content + rest


def check(
    folder: Path,
    files: Mapping[str, bytes],
    architecture: str = "arm64",
    owners: Mapping[str, str] | None = None,
) -> None:
    """Write the files of a package, and check them."""
    source_files = []
    for number, (path, content) in enumerate(files.items()):
        location = folder / str(number)
        location.write_bytes(content)
        source_files.append(SourceFile(path, str(location).encode(), executable=False))
    elf.check_architecture(source_files, architecture, owners or {})


class TestCheckArchitecture:
    """Files for another machine than the function's."""

    @pytest.mark.parametrize("form", [PROGRAM, LIBRARY])
    @pytest.mark.parametrize("architecture, machine", [("arm64", ARM64), ("x86_64", X86_64)])
    def test_machine(self, tmp_path: Path, architecture: str, machine: int, form: int) -> None:
        """A program or library passes for its own architecture, and not for the other."""
        other = ARM64 + X86_64 - machine
        check(tmp_path, {"a.so": start(machine, form)}, architecture)

        with pytest.raises(HashzipError, match=f"runs on {architecture}"):
            check(tmp_path, {"a.so": start(other, form)}, architecture)

    @pytest.mark.parametrize(
        "content, machine",
        [
            (start(X86, bits=32), "x86 (32 bit)"),
            (start(ARM, PROGRAM, bits=32), "arm (32 bit)"),
            (start(ARM64, bits=32), "arm64 (32 bit)"),
            (start(ARM64, order="big"), "arm64 (big-endian)"),
            (start(20, bits=32, order="big"), "powerpc (32 bit, big-endian)"),
        ],
    )
    def test_words(self, tmp_path: Path, content: bytes, machine: str) -> None:
        """The error names the file and both machines, and the hint says what to do."""
        with pytest.raises(HashzipError) as caught:
            check(tmp_path, {"lib/a.so": content})

        assert caught.value.message == f"lib/a.so is for {machine}, and the function runs on arm64"
        assert "exclude" in caught.value.hint

    def test_owner(self, tmp_path: Path) -> None:
        """The error names the file's requirement, and the number of further files."""
        files = {"np/b.so": start(X86_64), "np/a.so": start(X86_64), "np/c.py": b"x"}
        owners = dict.fromkeys(files, "numpy 2.3.1")

        with pytest.raises(HashzipError) as caught:
            check(tmp_path, files, owners=owners)

        assert caught.value.message == (
            "np/a.so of numpy 2.3.1 is for x86_64, and the function runs on arm64 "
            "(and 1 more file does not fit)"
        )
        assert "lock a version of numpy that has a wheel for arm64" in caught.value.hint

    def test_sibling(self, tmp_path: Path) -> None:
        """A requirement may have libraries for several machines, if one of them fits."""
        files = {"x.so": start(X86_64), "y.so": start(ARM64)}
        both = dict.fromkeys(files, "sql 1.0")
        check(tmp_path, files, owners=both)

        for owners in ({**both, "y.so": "other 1.0"}, {}):
            with pytest.raises(HashzipError, match=r"^x\.so"):
                check(tmp_path, files, owners=owners)

    @pytest.mark.parametrize(
        "content",
        [
            start(X86_64, RELOCATABLE),
            start(X86_64, DUMP),
            start(BPF, RELOCATABLE),
            start(CUDA, PROGRAM),
            start(X86_64)[:19],
            start(X86_64).replace(b"\x7fELF\x02", b"\x7fELF\x09"),
            start(X86_64).replace(b"\x7fELF", b"\x7fELG"),
            b"\x7fELF",
            b"",
        ],
    )
    def test_data(self, tmp_path: Path, content: bytes) -> None:
        """A file that no Linux loads is data, and passes."""
        check(tmp_path, {"a.so": content})
        with pytest.raises(HashzipError):
            check(tmp_path, {"a.so": start(X86_64)})

    def test_vanished(self, tmp_path: Path) -> None:
        """The error for an unreadable file names it."""
        gone = SourceFile("gone.so", str(tmp_path / "gone").encode(), executable=False)

        with pytest.raises(HashzipError, match="gone vanished"):
            elf.check_architecture([gone], "arm64", {})


class TestLoadsAlike:
    """Two libraries as the loader sees them."""

    def alike(self, folder: Path, before: bytes, after: bytes) -> bool:
        """Write two files and compare them."""
        for name, content in (("before", before), ("after", after)):
            (folder / name).write_bytes(content)
        return elf.loads_alike(str(folder / "before").encode(), str(folder / "after").encode())

    def test_not_loaded(self, tmp_path: Path) -> None:
        """Bytes outside the segments make no difference, nor does the offset of a segment."""
        before = library(rest=b"debug")

        assert self.alike(tmp_path, before, library())
        assert self.alike(tmp_path, before, library(at=0x2000))

    @pytest.mark.parametrize(
        "after",
        [
            library(content=b"c0de"),
            library(content=b"code, and more"),
            library(address=0x8000),
            library(at=0x1800),  # not mappable from there
            library()[:-1],
            library()[:80],
            library()[:20],
            library().replace(struct.pack("<Q", 99), struct.pack("<Q", 98)),
            b"",
        ],
    )
    def test_loaded(self, tmp_path: Path, after: bytes) -> None:
        """A library that loads differently, or not at all, differs."""
        assert not self.alike(tmp_path, library(), after)
        assert self.alike(tmp_path, library(), library())

    def test_large(self, tmp_path: Path) -> None:
        """The last byte of a large segment counts."""
        content = bytes((1 << 21) + 5)

        assert self.alike(tmp_path, library(content=content), library(content=content, rest=b"x"))
        other = library(content=content[:-1] + b"x")
        assert not self.alike(tmp_path, library(content=content), other)


class TestSections:
    """What each section of a file holds."""

    PARTS: ClassVar[dict[str, bytes]] = {".text": b"code", ".data": b"some data"}

    @pytest.mark.parametrize("order", ["<", ">"])
    @pytest.mark.parametrize("bits", [64, 32])
    def test_all_kinds(self, bits: int, order: str) -> None:
        """They are read in 32 and 64 bit, and in both orders of bytes."""
        sections = elf.sections(elf_files.make(self.PARTS, bits=bits, order=order))

        assert list(sections) == [".text", ".data", ".names"]
        assert {name: sections[name] for name in self.PARTS} == self.PARTS

    @pytest.mark.parametrize("size", [0, 3, 30, 70, 200])
    def test_cut_off(self, size: int) -> None:
        """A file that is cut off has none, and is no error."""
        assert elf.sections(elf_files.make(self.PARTS)[:size]) == {}

    def test_no_program(self) -> None:
        """Another file has none."""
        assert elf.sections(b"x" + elf_files.make(self.PARTS)[1:]) == {}

    def test_one_name(self) -> None:
        """Sections of one name are joined."""
        content = elf_files.make({".a": b"one", ".b": b", two"}).replace(b".b\0", b".a\0")

        assert elf.sections(content)[".a"] == b"one, two"

    def test_very_many(self) -> None:
        """Numbers that are too large for the header are read from the first row."""
        content = bytearray(elf_files.make(self.PARTS))
        (table,) = struct.unpack_from("<Q", content, 40)
        count, names = struct.unpack_from("<HH", content, 60)
        struct.pack_into("<HH", content, 60, 0, 0xFFFF)
        assert elf.sections(bytes(content)) == {}

        struct.pack_into("<QI", content, table + 32, count, names)

        assert elf.sections(bytes(content)) == elf.sections(elf_files.make(self.PARTS))

    @pytest.mark.skipif(not shutil.which("cc"), reason="there is no C compiler (cc)")
    def test_of_a_compiler(self, tmp_path: Path) -> None:
        """A real program has those that it was given; some take room in memory alone."""
        source = 'char text[] = "at 10:22", zero[999]; int main(void) { return text[0]; }'
        (tmp_path / "main.c").write_text(source, encoding="utf-8")
        subprocess.run(["cc", "-o", "main", "main.c"], cwd=tmp_path, check=True)

        sections = elf.sections((tmp_path / "main").read_bytes())

        assert b"at 10:22" in sections[".data"]
        assert sections[".text"]
        assert sections[".bss"] == b""


class TestDebugInformation:
    """What only a debugger reads."""

    def test_section(self) -> None:
        """It is there where a section has its name; the same word elsewhere says nothing."""
        assert elf.has_debug_information(elf_files.make({".debug_info": b"x"}))
        assert not elf.has_debug_information(elf_files.make({".text": b"\0.debug_info\0"}))

    @pytest.mark.parametrize("content", [b"", start(), start().ljust(64, b"\0")])
    def test_none(self, content: bytes) -> None:
        """Nor is it in what has no sections, or is cut off."""
        assert not elf.has_debug_information(content)

    def test_no_names(self) -> None:
        """Nor where the section of names is not there."""
        content = elf_files.make({".debug_info": b"x"})
        assert not elf.has_debug_information(content[:62] + b"\7\0" + content[64:])
