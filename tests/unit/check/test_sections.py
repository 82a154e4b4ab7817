"""The sections of programs and shared libraries."""

import shutil
import subprocess
from pathlib import Path

import pytest

from hashzip.check import sections
from tests.support import elves

PARTS = {".text": b"code", ".data": b"some data"}


class TestRead:
    """Which there are."""

    @pytest.mark.parametrize("order", ["<", ">"])
    @pytest.mark.parametrize("bits", [64, 32])
    def test_all_kinds(self, bits: int, order: str) -> None:
        """They are read in 32 and 64 bit, and in both orders of bytes."""
        content = elves.make(PARTS, bits=bits, order=order)

        found = sections.read(content)

        assert [section.name for section in found] == [".text", ".data", ".names"]
        assert {name: content[offset : offset + size] for name, offset, size in found[:2]} == PARTS

    @pytest.mark.parametrize("size", [0, 3, 30, 70, 200])
    def test_cut_off(self, size: int) -> None:
        """A file that is cut off has none, and is no error."""
        assert sections.read(elves.make(PARTS)[:size]) == []

    def test_no_program(self) -> None:
        """Another file has none."""
        assert sections.read(b"x" + elves.make(PARTS)[1:]) == []

    @pytest.mark.skipif(not shutil.which("cc"), reason="there is no C compiler (cc)")
    def test_of_a_compiler(self, tmp_path: Path) -> None:
        """A real program has those that it was given."""
        compile_c(tmp_path, "one", "int main(void) { return 0; }")

        names = [section.name for section in sections.read((tmp_path / "one").read_bytes())]

        assert {".text", ".data", ".bss"} <= set(names)


class TestDiffering:
    """Which two files do not have alike."""

    def test_content(self) -> None:
        """The one is named that has other bytes, though those behind it have moved."""
        other = elves.make({**PARTS, ".text": b"longer code"})

        assert sections.differing(elves.make(PARTS), other) == [".text"]
        assert sections.differing(other, other) == []

    def test_only_in_one(self) -> None:
        """One that a file lacks differs, and so do the names of all."""
        more = elves.make({**PARTS, ".note": b""})

        assert sections.differing(elves.make(PARTS), more) == [".names", ".note"]

    @pytest.mark.skipif(not shutil.which("cc"), reason="there is no C compiler (cc)")
    def test_of_a_compiler(self, tmp_path: Path) -> None:
        """In real programs, another text changes the section of such data alone."""
        for name, text in (("one", "at 10:22"), ("two", "at 10:23")):
            source = f'char text[] = "{text}"; int main(void) {{ return text[0]; }}'
            compile_c(tmp_path, name, source)

        one, two = ((tmp_path / name).read_bytes() for name in ("one", "two"))

        assert sections.differing(one, two) == [".data"]
        assert b"at 10:22" in sections.content_of(one, ".data")


def compile_c(folder: Path, name: str, source: str) -> None:
    """Compiles a program, without what names it or its source."""
    (folder / "main.c").write_text(source, encoding="utf-8")
    words = ["cc", "-Wl,--build-id=none", "-o", name, "main.c"]
    subprocess.run(words, cwd=folder, check=True)
