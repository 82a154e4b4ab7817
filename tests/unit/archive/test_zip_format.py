"""The zip container: the attributes of members, and the offsets that are read back."""

import hashlib
import io
import os
import shutil
import struct
import subprocess
import tracemalloc
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from hashzip.archive import zip_format, zip_writer
from hashzip.archive.zip_format import STORED, Packed
from hashzip.archive.zip_writer import Entry
from hashzip.errors import HashzipError
from hashzip.inputs.files import FileEntry, SourceFile
from tests.support.zips import entries, link_entry, opened, pack


class TestWriter:
    """Members -> a zip."""

    def test_policy(self, tmp_path: Path) -> None:
        """Each member has the same attributes: 1980, Unix, its mode, and no extras."""
        files = {"a.py": b"x" * 99, "b.sh": b"#!/bin/sh\n", "empty": b"", "é": b"\x7fELF"}

        with opened(pack(tmp_path, files)) as archive:
            assert archive.comment == b""
            for info in archive.infolist():
                assert info.date_time == (1980, 1, 1, 0, 0, 0)
                assert info.create_system == 3
                assert info.create_version == info.extract_version == 20
                assert (info.extra, info.comment, info.internal_attr) == (b"", b"", 0)
                assert info.flag_bits == (0 if info.filename.isascii() else 0x800)
            modes = {info.filename: oct(info.external_attr >> 16) for info in archive.infolist()}
        assert modes == {
            "a.py": "0o100644",
            "b.sh": "0o100755",
            "empty": "0o100644",
            "é": "0o100755",
        }

    def test_memory(self, tmp_path: Path) -> None:
        """A large member is written as it is, and not copied in memory first; a small one is."""
        large, small = bytes(32 << 20), b"small"
        with (tmp_path / "out.zip").open("wb") as stream, zip_format.Writer(stream) as writer:
            tracemalloc.start()
            for path, content in {"a": large, "b": small, "c": large}.items():
                record = FileEntry(path, 0o644, len(content), "")
                writer.add(record, Packed(zlib.crc32(content), STORED, content))
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            digest = writer.finish()

        assert peak < 4 << 20
        content = (tmp_path / "out.zip").read_bytes()
        assert digest == hashlib.sha256(content).digest()
        with zipfile.ZipFile(tmp_path / "out.zip") as archive:
            assert [archive.read(name) for name in "abc"] == [large, small, large]

    def test_link(self, tmp_path: Path) -> None:
        """A link is a member of its own type, whose content is its target; all else is alike."""
        target = "a/" * 40 + "b"  # deflate would shrink it
        zip_writer.write(
            [*entries(tmp_path, {"a": target.encode()}), link_entry("l", target)],
            tmp_path / "out.zip",
            jobs=1,
        )

        with zipfile.ZipFile(tmp_path / "out.zip") as archive:
            file, link = archive.infolist()
            assert archive.read("a") == archive.read("l") == target.encode()
        assert [oct(info.external_attr >> 16) for info in (file, link)] == ["0o100644", "0o120777"]
        assert (file.compress_type, link.compress_type) == (zipfile.ZIP_DEFLATED, STORED)
        assert link.date_time == file.date_time == (1980, 1, 1, 0, 0, 0)
        assert (link.create_system, link.extra, link.flag_bits) == (3, b"", 0)

    def test_link_to_the_byte(self, tmp_path: Path) -> None:
        """The bytes of a zip with a link are the same on every machine."""
        files = entries(tmp_path, {"lib/a.js": b"1\n"})
        artifact = zip_writer.write(
            [link_entry("a.js", "lib/a.js"), *files], tmp_path / "z", jobs=1
        )

        assert artifact.sha256 == "d39003bcca342e1aded1342095e6b4d4bc82e517c0b2cecc9a70ed579620a33e"

    def test_link_of_another_tool(self, tmp_path: Path) -> None:
        """`unzip` restores a link; the file beside it is no link."""
        unzip = shutil.which("unzip")
        if unzip is None:
            pytest.skip("unzip is not on the PATH")
        files = entries(tmp_path, {"a/b": b"1"})
        links = [link_entry("a/l", "b"), link_entry("z", "a")]
        zip_writer.write([*files, *links], tmp_path / "out.zip", jobs=1)

        subprocess.run([unzip, "-q", "out.zip", "-d", "unzipped"], cwd=tmp_path, check=True)

        folder = tmp_path / "unzipped"
        assert [os.readlink(folder / name) for name in ("a/l", "z")] == ["b", "a"]
        assert (folder / "z/l").read_bytes() == b"1"
        assert not (folder / "a/b").is_symlink()

    @pytest.mark.parametrize("count", [65_534, 65_535])
    def test_more_files_than_two_bytes_count(self, tmp_path: Path, count: int) -> None:
        """A zip is complete around 65,535 members, the most that the format's short count holds."""
        (location,) = [entry.file.location for entry in entries(tmp_path, {"a": b""})]
        many = [Entry(SourceFile(f"{n:05}", location, executable=False), 0) for n in range(count)]
        zip_writer.write(many, tmp_path / "out.zip", jobs=1)

        with zipfile.ZipFile(tmp_path / "out.zip") as archive:
            names = archive.namelist()
        assert (len(names), names[-1]) == (count, f"{count - 1:05}")
        data = memoryview((tmp_path / "out.zip").read_bytes())
        records = [FileEntry(name, 0o644, 0, "") for name in names]
        assert len(zip_format.directory(data, records)) == count
        long_count = b"PK\x06\x06" in (tmp_path / "out.zip").read_bytes()[-200:]
        assert long_count == (count >= 65_535)

    @pytest.mark.parametrize("size", [(1 << 32) - 1, 1 << 32])
    def test_over_4_gib(self, size: int) -> None:
        """A directory that would begin beyond 4 GiB is refused, with the last file's name."""
        writer = zip_format.Writer(io.BytesIO())  # to write 4 GiB would take long
        writer.records.append(FileEntry("big", 0o644, size, ""))
        writer.offset = size

        with pytest.raises(HashzipError, match="with big, the package is over 4 GiB"):
            writer.finish()
        writer.offset = (1 << 32) - 2
        writer.finish()

    @pytest.mark.parametrize("size, offset", [((1 << 32) - 1, 0), (1, (1 << 32) - 1)])
    def test_member_over_4_gib(self, size: int, offset: int) -> None:
        """A member that is too large, or would begin beyond 4 GiB, is refused by its name."""
        writer = zip_format.Writer(io.BytesIO())
        writer.offset = offset
        record, packed = FileEntry("big", 0o644, size, ""), Packed(0, STORED, b"x")

        with pytest.raises(HashzipError, match="with big, the package is over 4 GiB"):
            writer.add(record, packed)
        writer.offset = 0
        writer.add(record._replace(size=1), packed)

    def test_copy_over_4_gib(self, tmp_path: Path) -> None:
        """Copied members that would begin beyond 4 GiB are refused by the last one's name."""
        data = memoryview(pack(tmp_path, {"a": b"1", "b": b"22"}))
        records = [FileEntry("a", 0o644, 1, ""), FileEntry("b", 0o644, 2, "")]
        directory = zip_format.directory(data, records)
        writer = zip_format.Writer(io.BytesIO())
        writer.offset = (1 << 32) - 1 - directory.members[1]

        with pytest.raises(HashzipError, match="with b, the package is over 4 GiB"):
            writer.copy(records, directory, range(2))
        writer.copy(records[:1], directory, range(1))


class TestDirectory:
    """A zip -> the offsets of its members."""

    RECORDS = (
        FileEntry("a", 0o644, 1, ""),
        FileEntry("b", 0o644, 2, ""),
        FileEntry("c", 0o644, 3, ""),
    )

    @pytest.mark.parametrize("offset", [0, 1 << 31])
    def test_offset_that_cannot_be(self, tmp_path: Path, offset: int) -> None:
        """A directory whose members are not one after the other is refused."""
        data = bytearray(pack(tmp_path, {"a": b"1", "b": b"22", "c": b"333"}))
        directory = zip_format.directory(memoryview(data), self.RECORDS)
        field = directory.records[2] - 5  # the end of the second record, before a name of one byte
        assert int.from_bytes(data[field : field + 4], "little") == directory.members[1]
        data[field : field + 4] = offset.to_bytes(4, "little")

        with pytest.raises(ValueError, match="not written by hashzip"):
            zip_format.directory(memoryview(data), self.RECORDS)

    @pytest.mark.parametrize(
        "records",
        [
            RECORDS[:2],
            [*RECORDS, RECORDS[0]],
            [*RECORDS[:2], RECORDS[2]._replace(path="d")],
            [RECORDS[0]._replace(size=2), *RECORDS[1:]],
        ],
        ids=["fewer", "more", "another name", "another size"],
    )
    def test_other_members(self, tmp_path: Path, records: Sequence[FileEntry]) -> None:
        """A zip whose members are not its entries is refused."""
        data = memoryview(pack(tmp_path, {"a": b"1", "b": b"22", "c": b"333"}))

        with pytest.raises((ValueError, struct.error)):
            zip_format.directory(data, records)
        assert len(zip_format.directory(data, self.RECORDS)) == 3  # the control

    @pytest.mark.parametrize("at", [14, 22, 26, 28, 30])
    def test_two_headers_that_differ(self, tmp_path: Path, at: int) -> None:
        """A member whose CRC, size or name is another in its own header is refused."""
        data = bytearray(pack(tmp_path, {"a": b"1", "b": b"22", "c": b"333"}))
        data[at] ^= 1

        with pytest.raises(ValueError, match="two headers of a member differ"):
            zip_format.directory(memoryview(data), self.RECORDS)
