"""Shared libraries without debug symbols."""

import ctypes
import os
import platform
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hashzip.builders import elf
from hashzip.builders.python import strip
from hashzip.errors import HashzipError
from hashzip.inputs.files import SourceFile

MACHINE = {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine(), "")
SOURCE = "static int twice(int n) { return 2 * n; }\nint answer(int n) { return twice(n) + 2; }\n"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Compile a shared library for this machine, with debug symbols."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if sys.platform != "linux" or not MACHINE or compiler is None:
        pytest.skip("there is no C compiler here that makes libraries for Lambda's machines")
    folder = tmp_path_factory.mktemp("library")
    (folder / "a.c").write_text(SOURCE)
    command = [compiler, "-g", "-shared", "-fPIC", "-Wl,-soname,liba.so.1", "-o", "a.so", "a.c"]
    subprocess.run(command, cwd=folder, check=True)
    return (folder / "a.so").read_bytes()


@pytest.fixture
def tool(library: bytes) -> strip.Tool:
    """Find the tool that strips this machine's libraries."""
    assert library
    try:
        return strip.find_tool(MACHINE)
    except HashzipError as error:
        pytest.skip(error.message)


def source(folder: Path, path: str, content: bytes) -> SourceFile:
    """Write a file of a package."""
    location = folder / path
    location.parent.mkdir(parents=True, exist_ok=True)
    location.write_bytes(content)
    return SourceFile(path, str(location).encode(), executable=False)


def program(folder: Path, name: str, script: str) -> None:
    """Write a program that stands for a tool; the shell's own are called by full path."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def fake(folder: Path, work: str) -> None:
    """Make an `llvm-strip` that runs a script: $3 is the target, $4 the library."""
    says = 'if [ "$1" = --version ]; then echo "Debian LLVM version 99.1"; exit; fi'
    program(folder, "llvm-strip", f"{says}\n{work}")


class TestStrip:
    """Libraries of a package."""

    @pytest.mark.usefixtures("tool")
    def test_smaller_and_alike(self, tmp_path: Path, library: bytes) -> None:
        """Debug symbols are removed, and the library still loads and works."""
        file = source(tmp_path, "lib/a.so", library)
        before = source(tmp_path, "before", library)

        strip.strip([file], MACHINE)

        stripped = (tmp_path / "lib/a.so").read_bytes()
        assert len(stripped) < len(library)
        assert b".debug_info" in library
        assert b".debug_info" not in stripped
        assert elf.loads_alike(before.location, file.location)
        assert ctypes.CDLL(str(tmp_path / "lib/a.so")).answer(20) == 42

    @pytest.mark.usefixtures("tool")
    def test_hard_link(self, tmp_path: Path, library: bytes) -> None:
        """The file that a library was a hard link to stays as it is."""
        file = source(tmp_path, "cache/a.so", library)
        os.link(file.location, tmp_path / "a.so")
        staged = file._replace(location=str(tmp_path / "a.so").encode())

        strip.strip([staged], MACHINE)

        assert (tmp_path / "cache/a.so").read_bytes() == library
        assert (tmp_path / "a.so").read_bytes() != library

    @pytest.mark.usefixtures("tool")
    def test_same_bytes(self, tmp_path: Path, library: bytes) -> None:
        """The same library gets the same bytes in another folder, and nothing is left beside it."""
        for name in ("folder", "another/folder"):
            file = source(tmp_path / name, "a.so", library)
            strip.strip([file], MACHINE)

        folder, other = tmp_path / "folder", tmp_path / "another/folder"
        assert (folder / "a.so").read_bytes() == (other / "a.so").read_bytes()
        assert os.listdir(folder) == ["a.so"]

    @pytest.mark.parametrize(
        "path, smaller",
        [
            ("a.so", True),
            ("a.so.1", True),
            ("a-1f2e.so.5.0.0", True),
            ("a.cpython-313-aarch64-linux-gnu.so", True),
            ("a.so.txt", False),
            ("a.soo", False),
            ("a", False),
            (".so/a", False),
        ],
    )
    @pytest.mark.usefixtures("tool")
    def test_name(self, tmp_path: Path, library: bytes, path: str, *, smaller: bool) -> None:
        """A library is recognised by its name, with or without a version."""
        file = source(tmp_path, path, library)

        strip.strip([file], MACHINE)

        assert ((tmp_path / path).read_bytes() != library) == smaller

    def test_answer(self, tmp_path: Path, library: bytes, tool: strip.Tool) -> None:
        """It returns the tool's version, or nothing without a library."""
        text = source(tmp_path, "text.so", b"INPUT(libc.so.6)")
        other = source(tmp_path, "other.so", library)

        assert strip.strip([other], MACHINE) == tool.version
        assert strip.strip([text], MACHINE) == ""
        assert strip.strip([other], {"arm64": "x86_64"}.get(MACHINE, "arm64")) == ""

    @pytest.mark.usefixtures("tool")
    def test_stripped_already(self, tmp_path: Path, library: bytes) -> None:
        """A library that would not become smaller is not replaced."""
        file = source(tmp_path, "a.so", library)
        before = os.stat(file.location).st_ino
        strip.strip([file], MACHINE)
        once = os.stat(file.location).st_ino

        strip.strip([file], MACHINE)

        assert os.stat(file.location).st_ino == once != before

    @pytest.mark.usefixtures("tool")
    def test_mode(self, tmp_path: Path, library: bytes) -> None:
        """A library keeps its permissions."""
        file = source(tmp_path, "a.so", library)
        (tmp_path / "a.so").chmod(0o744)

        strip.strip([file], MACHINE)

        assert stat.S_IMODE(os.stat(file.location).st_mode) == 0o744
        assert (tmp_path / "a.so").read_bytes() != library


class TestBrokenTool:
    """A tool that fails; one that works is the control."""

    SHORTEN = '/bin/dd if="$4" of="$3" bs=524288 count=1 2>/dev/null'

    def run(
        self, folder: Path, library: bytes, work: str, monkeypatch: pytest.MonkeyPatch
    ) -> bytes:
        """Strip a library, with data appended, with a tool that runs a script."""
        fake(folder / "bin", work)
        monkeypatch.setenv("PATH", str(folder / "bin"))
        file = source(folder, "a.so", library.ljust(1 << 20, b"\0"))
        assert strip.strip([file], MACHINE) == "llvm-strip 99.1"
        return (folder / "a.so").read_bytes()

    @pytest.mark.parametrize(
        "work",
        [
            "exit 1",
            f"{SHORTEN}; exit 1",
            "exit 0",
            ': > "$3"',
            '/bin/dd if="$4" of="$3" bs=512 count=1 2>/dev/null',
            '/bin/dd if="$4" bs=524288 count=1 2>/dev/null | /bin/sed s/answer/answeR/ > "$3"',
            '/bin/cat "$4" "$4" > "$3"',
            '/bin/cat "$4" > "$3"',
        ],
    )
    def test_kept(
        self, tmp_path: Path, library: bytes, work: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A library that a tool rejects, breaks or does not make smaller stays as it was."""
        before = library.ljust(1 << 20, b"\0")
        assert len(library) < 524288  # so that what is cut off is behind all segments

        assert self.run(tmp_path, library, work, monkeypatch) == before
        assert len(self.run(tmp_path, library, self.SHORTEN, monkeypatch)) == 524288

    def test_killed(self, tmp_path: Path, library: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
        """A tool that is killed is an error that names the library."""
        with pytest.raises(HashzipError, match=r"signal 9.*a\.so"):
            self.run(tmp_path, library, "kill -9 $$", monkeypatch)


class TestFind:
    """The choice of the tool."""

    GNU = (
        'case "$1" in --version) echo "GNU strip (GNU Binutils) 2.40";;'
        ' --help) echo "strip: supported targets: {} elf64-little";; esac'
    )

    @pytest.fixture
    def path(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Make a folder that is the entire PATH."""
        (tmp_path / "bin").mkdir()
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        return tmp_path / "bin"

    @pytest.mark.parametrize(
        "architecture, form, other",
        [
            ("arm64", "elf64-littleaarch64", "elf64-x86-64"),
            ("x86_64", "elf64-x86-64", "elf64-littleaarch64"),
        ],
    )
    def test_gnu(self, path: Path, architecture: str, form: str, other: str) -> None:
        """GNU's is used if it supports the architecture."""
        program(path, "strip", self.GNU.format(form))
        assert strip.find_tool(architecture).version == "GNU strip (GNU Binutils) 2.40"

        program(path, "strip", self.GNU.format(other))
        with pytest.raises(HashzipError):
            strip.find_tool(architecture)

    def test_order(self, path: Path) -> None:
        """LLVM's is used first, then the cross strip, then the machine's own."""
        program(path, "strip", self.GNU.format("elf64-littleaarch64"))
        assert strip.find_tool("arm64").program == str(path / "strip")

        program(path, "aarch64-linux-gnu-strip", self.GNU.format("elf64-littleaarch64"))
        assert strip.find_tool("arm64").program == str(path / "aarch64-linux-gnu-strip")

        fake(path, "exit 1")
        assert strip.find_tool("arm64") == (str(path / "llvm-strip"), "llvm-strip 99.1")

    @pytest.mark.parametrize("script", ["exit 1", "echo strip", "echo LLVM; exit 1", "kill -9 $$"])
    def test_none(self, path: Path, script: str) -> None:
        """Without a known tool the error names those that would do."""
        program(path, "strip", script)
        program(path, "llvm-strip", script)

        with pytest.raises(HashzipError, match="aarch64-linux-gnu-strip") as caught:
            strip.find_tool("arm64")
        assert "strip = false" in caught.value.hint
