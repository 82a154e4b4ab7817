"""Which files of two zips differ, and where."""

import importlib.util
import io
import marshal
import zipfile
from collections.abc import Mapping

import pytest

from hashzip.check import zip_diff
from hashzip.check.zip_diff import Difference
from tests.support import elf_files
from tests.support.causes import CAUSES, FIRST, SECOND, TIME


def explain(path: str, first: bytes, second: bytes) -> tuple[str, list[str]]:
    """Return where two contents differ, and the probable causes."""
    where, looks_like = zip_diff.explain(path, first, second, CAUSES)
    return where, list(looks_like)


def compare(first: Mapping[str, bytes], second: Mapping[str, bytes]) -> list[Difference]:
    """Compare two zips of some files."""
    return zip_diff.compare(io.BytesIO(zipped(first)), io.BytesIO(zipped(second)), CAUSES)


def zipped(files: Mapping[str, bytes], year: int = 1980, mode: int = 0o644) -> bytes:
    """Make a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in files.items():
            entry = zipfile.ZipInfo(path, (year, 1, 1, 0, 0, 0))
            entry.external_attr = mode << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def bytecode(source: str, path: str, *, time: int = 0, flags: int = 0) -> bytes:
    """Return the bytecode of a module as Python writes it."""
    head = importlib.util.MAGIC_NUMBER + flags.to_bytes(4, "little") + time.to_bytes(8, "little")
    return head + marshal.dumps(compile(source, path, "exec"))


class TestZips:
    """Entry by entry."""

    def test_same(self) -> None:
        """The same zip has no difference, and another has."""
        assert compare({"a": b"1"}, {"a": b"1"}) == []
        assert compare({"a": b"1"}, {"a": b"2"}) != []

    def test_only_in_one(self) -> None:
        """A file that is missing in a zip has no size there."""
        differences = compare({"a": b"1", "b": b""}, {"b": b"", "c": b"22"})

        assert [(each.path, each.sizes) for each in differences] == [
            ("a", (1, None)),
            ("c", (None, 2)),
        ]

    def test_mode(self) -> None:
        """Two modes are a difference, though the bytes are the same."""
        first, second = (io.BytesIO(zipped({"a": b"1"}, mode=mode)) for mode in (0o644, 0o755))

        (difference,) = zip_diff.compare(first, second, CAUSES)

        assert (difference.modes, difference.offset) == ((0o644, 0o755), None)

    def test_link(self) -> None:
        """A link is no file of the same bytes and permissions."""
        modes = (0o100777, 0o120777)
        first, second = (io.BytesIO(zipped({"a": b"b"}, mode=mode)) for mode in modes)

        (difference,) = zip_diff.compare(first, second, CAUSES)

        assert (difference.modes, difference.offset) == ((0o777, 0o120777), None)
        assert zip_diff.compare(second, second, CAUSES) == []

    def test_zip_alone(self) -> None:
        """Zips that differ are reported even if all of their entries are equal."""
        first, second = (io.BytesIO(zipped({"a": b"1"}, year=year)) for year in (1980, 1981))

        (difference,) = zip_diff.compare(first, second, CAUSES)

        assert difference.path == "the zip itself"
        assert "not compressed alike" in difference.where

    @pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 200_000])
    def test_offset(self, size: int) -> None:
        """The offset is that of the first byte that differs, or the end of the shorter content."""
        alike = b"x" * size

        assert zip_diff.first_difference(alike + b"1", alike + b"2") == size
        assert zip_diff.first_difference(alike, alike + b"2") == size
        assert zip_diff.first_difference(alike, alike) is None


class TestText:
    """Line by line."""

    def test_line(self) -> None:
        """The first line that differs is shown from both."""
        where, _ = explain("x", b"same\nold\n", b"same\nnew\n")

        assert where == "line 2: 'old' and 'new'"

    def test_long_line(self) -> None:
        """Of a long line, the part around the difference is shown, escaped for a terminal."""
        where, _ = explain("x", b"x" * 999 + b"\x1b" + b"y" * 999, b"x" * 999 + b"z" * 1000)

        assert len(where) < 200
        assert r"x\x1by" in where
        assert "\x1b" not in where

    def test_missing_line(self) -> None:
        """One text may be longer."""
        assert explain("x", b"a\n", b"a\nb\n")[0] == "line 2: no such line and 'b'"

    @pytest.mark.parametrize("pair", [(b"a\nb\n", b"b\na\n"), (b"a b", b"b a")])
    def test_order(self, pair: tuple[bytes, bytes]) -> None:
        """The same lines or words in another order are an order."""
        assert explain("x", *pair)[1] == ["an order, as of files in a folder"]
        assert explain("x", pair[0], pair[1] + b"c\n")[1] == []

    def test_folder_further_down(self) -> None:
        """The folder is reported even if another line is the first that differs."""
        first, second = (f"{n}\n{folder}\n".encode() for n, folder in enumerate((FIRST, SECOND)))

        assert explain("x", first, second)[1] == ["the folder that it was built in"]


class TestPrograms:
    """Section by section."""

    def test_section(self) -> None:
        """The section is named, and its probable cause."""
        first, second = (
            elf_files.make({".text": b"same", ".rodata": f"{folder}/main.rs".encode()})
            for folder in (FIRST, SECOND)
        )

        where, looks_like = explain("bootstrap", first, second)

        assert where == "section .rodata"
        assert looks_like == ["the folder that it was built in"]

    def test_moved(self) -> None:
        """A section that has only moved, since the one before it is longer, is not named."""
        first, second = (
            elf_files.make({".text": code, ".data": b"same"}) for code in (b"1", b"longer")
        )

        assert explain("bootstrap", first, second)[0] == "section .text"

    def test_only_in_one(self) -> None:
        """A section that a file lacks is named, and the section of the names differs with it."""
        first, second = (
            elf_files.make({".text": b"same", **more}) for more in ({}, {".note": b""})
        )

        assert explain("bootstrap", first, second)[0] == "sections .names, .note"

    def test_time(self) -> None:
        """A number that may be a time is reported as one."""
        first, second = (
            elf_files.make({".data": b"\xff\xff" + time.to_bytes(4, "little")})
            for time in (TIME, TIME + 500)
        )

        assert explain("bootstrap", first, second) == ("section .data", ["a time"])

    def test_build_id(self) -> None:
        """A build-id is recognized by the name of its section."""
        first, second = (elf_files.make({".note.gnu.build-id": id_}) for id_ in (b"\1\2", b"\3\4"))

        assert explain("x", first, second) == ("section .note.gnu.build-id", ["the build-id"])

    def test_many(self) -> None:
        """Of many sections, five are named."""
        first, second = (
            elf_files.make({f".s{n}": content for n in range(8)}) for content in (b"1", b"2")
        )

        assert explain("x", first, second)[0] == "sections .s0, .s1, .s2, .s3, .s4, 3 more"

    def test_cause_first(self) -> None:
        """Sections with a cause come first, before those whose addresses have moved."""
        first, second = (
            elf_files.make({".text": code, ".rodata": folder.encode()})
            for code, folder in ((b"1", FIRST), (b"2", SECOND))
        )

        assert explain("x", first, second)[0] == "sections .rodata, .text"

    def test_headers(self) -> None:
        """If no section differs, the rest of the file is named."""
        first = elf_files.make({".text": b"same"})

        assert explain("x", first, first + b"\0")[0] == "in the headers, or between sections"


class TestBytecode:
    """Part by part."""

    def test_time(self) -> None:
        """The time of the source is in the header, by default."""
        first, second = (bytecode("x = 1", "/a.py", time=time) for time in (TIME, TIME + 1))

        where, looks_like = explain("a.pyc", first, second)

        assert where == "header: the time and size of its source"
        assert looks_like == ["a time"]

    def test_hash(self) -> None:
        """Or its hash, as the flags say."""
        first, second = (bytecode("x = 1", "/a.py", time=time, flags=1) for time in (1, 2))

        assert explain("a.pyc", first, second) == ("header: the hash of its source", [])

    def test_flags(self) -> None:
        """Flags are shown by their values."""
        first, second = (bytecode("x = 1", "/a.py", flags=flags) for flags in (1, 3))

        assert explain("a.pyc", first, second)[0] == "header: flags, 1 and 3"

    def test_version(self) -> None:
        """Another Python is reported before anything else."""
        first = bytecode("x = 1", "/a.py")

        assert (
            explain("a.pyc", first, b"\0\0\r\n" + first[4:])[0] == "header: the version of Python"
        )

    def test_path(self) -> None:
        """The path of the source is found in the code."""
        first, second = (bytecode("x = 1", f"{folder}/a.py") for folder in (FIRST, SECOND))

        where, looks_like = explain("a.pyc", first, second)

        assert where == f"co_filename: '{FIRST}/a.py' and '{SECOND}/a.py'"
        assert looks_like == ["a path"]

    def test_many_slashes(self) -> None:
        """A crafted constant full of slashes takes no time, and the path behind it is found."""
        source = f"x = {'/' * 1_000_000 + chr(0)!r}"
        first, second = (bytecode(source, f"{folder}/a.py") for folder in (FIRST, SECOND))

        assert explain("a.pyc", first, second)[0] == (
            f"co_filename: '{FIRST}/a.py' and '{SECOND}/a.py'"
        )

    def test_code(self) -> None:
        """The rest is code."""
        first, second = (bytecode(source, "/a.py") for source in ("x = 1", "x = 2"))

        assert explain("a.pyc", first, second) == ("code", [])


class TestArchives:
    """A zip in the zip, such as a `.jar`."""

    def test_entry(self) -> None:
        """The entry that differs is named, and how."""
        first, second = (zipped({"same": b"", "x": content}) for content in (b"10:22", b"10:23"))

        assert explain("a.jar", first, second) == (
            "x in it, line 1: '10:22' and '10:23'",
            ["a time"],
        )

    def test_times(self) -> None:
        """Times of entries are reported if the entries are equal."""
        first, second = (zipped({"x": b""}, year=year) for year in (1980, 2026))

        assert explain("a.jar", first, second) == ("the times of its entries", ["a time"])

    def test_order(self) -> None:
        """And so is their order."""
        first, second = (zipped(dict.fromkeys(names, b"")) for names in ("ab", "ba"))

        assert explain("a.jar", first, second)[0] == "the order of its entries"

    def test_damaged(self) -> None:
        """A zip that is none is compared by its bytes."""
        first, second = (zipped({"x": content})[:-9] for content in (b"1", b"2"))

        assert explain("a.jar", first, second) == ("", [])
