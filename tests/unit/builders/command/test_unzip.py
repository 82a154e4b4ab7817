"""Zips that other tools wrote, and those that must not be unpacked."""

import io
import os
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashzip.artifacts import limits
from hashzip.builders.command import unzip
from hashzip.errors import HashzipError

GOOD = {"a": b"1", "lib/b": b"2" * 1_000}


def write(path: Path, entries: Mapping[str, bytes], **attributes: int) -> Path:
    """Write a zip, whose entries have these attributes."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name)
            for attribute, value in attributes.items():
                setattr(info, attribute, value)
            info.filename = info.orig_filename = name  # as it is, even with a backslash
            archive.writestr(info, content)
    return path


def unpack(archive: Path) -> dict[str, bytes]:
    """Unpack a zip, and return the content of its files, by path."""
    folder = archive.with_suffix(".unpacked")
    folder.mkdir()
    unpacked = unzip.unpack(archive, folder)
    locations = {path: Path(os.fsdecode(location)) for path, location in unpacked.files.items()}
    # Wherever an entry wants to go, its content is in the folder.
    assert {location.parent for location in locations.values()} <= {folder}
    return {path: location.read_bytes() for path, location in locations.items()}


def refused(archive: Path) -> HashzipError:
    """Check that a zip is refused by name, and that nothing was written beside the folder."""
    before = sorted(archive.parent.iterdir())
    with pytest.raises(HashzipError) as caught:
        unpack(archive)
    assert str(archive) in caught.value.message
    assert sorted(archive.parent.iterdir()) == sorted([*before, archive.with_suffix(".unpacked")])
    return caught.value


class TestUnpacked:
    """Zips that are good."""

    @pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    def test_files(self, tmp_path: Path, method: int) -> None:
        """Files are unpacked, however they are compressed; entries of folders are not."""
        entries = {"lib/": b"", **GOOD, "empty/": b"", "none": b""}

        assert unpack(write(tmp_path / "x.zip", entries, compress_type=method)) == {
            **GOOD,
            "none": b"",
        }

    def test_folder_by_its_type(self, tmp_path: Path) -> None:
        """An entry of a folder may have no slash; a file of that name is one."""
        assert unpack(write(tmp_path / "x.zip", {"lib": b""}, external_attr=0o040755 << 16)) == {}
        assert unpack(write(tmp_path / "y.zip", {"lib": b""})) == {"lib": b""}

    def test_links(self, tmp_path: Path) -> None:
        """Links are returned by their targets, and are no files."""
        archive = write(tmp_path / "x.zip", {"l": b"lib/\xc3\xa9"}, external_attr=0o120777 << 16)
        (tmp_path / "folder").mkdir()

        assert unzip.unpack(archive, tmp_path / "folder") == ({}, {"l": "lib/é"})
        assert list((tmp_path / "folder").iterdir()) == []

    def test_needless_parts(self, tmp_path: Path) -> None:
        """A path is without `.` and doubled slashes."""
        assert unpack(write(tmp_path / "x.zip", {"./a": b"1", "lib//./b": b"2"})) == {
            "a": b"1",
            "lib/b": b"2",
        }

    def test_case(self, tmp_path: Path) -> None:
        """Paths may differ in case alone, as those of jars do."""
        entries = {"META-INF/LICENSE": b"1", "META-INF/license/a": b"2", "a.class": b"3"}
        entries["A.class"] = b"4"

        assert unpack(write(tmp_path / "x.jar", entries)) == entries

    @pytest.mark.parametrize("flag", [0, 0x800])
    def test_utf8_without_the_flag(self, tmp_path: Path, flag: int) -> None:
        """Names are read as UTF-8, whether or not the tool has set the flag for it."""
        path = write(tmp_path / "x.zip", {"é": b"1"})
        content = path.read_bytes()
        assert content.count(b"\x00\x08\x00\x00") == 2  # version, flags, method: of both headers
        flags = struct.pack("<HH", flag, 0)
        path.write_bytes(content.replace(b"\x00\x08\x00\x00", flags))

        assert unpack(path) == {"é": b"1"}

    def test_decomposed_name(self, tmp_path: Path) -> None:
        """A name has one form, whatever the system of the tool prefers."""
        assert unpack(write(tmp_path / "x.zip", {"e\u0301": b"1"})) == {"\u00e9": b"1"}


class TestRefused:
    """Zips that are not."""

    @pytest.mark.parametrize(
        "name, problem",
        [
            ("../a", "has a path that leads out of the zip"),
            ("lib/../../a", "has a path that leads out of the zip"),
            ("lib/..", "has a path that leads out of the zip"),
            ("/etc/a", "has an absolute path"),
            ("//host/a", "has an absolute path"),
            ("C:/a", "has a drive letter in its name"),
            ("c:a", "has a drive letter in its name"),
            ("..\\a", "has a backslash in its name"),
            ("lib\\a", "has a backslash in its name"),
            (".", "has no name"),
            ("a\nb", "has a control character in its name"),
        ],
    )
    def test_name(self, tmp_path: Path, name: str, problem: str) -> None:
        """An entry whose name leads elsewhere is refused; two dots in a name are no harm."""
        attributes = {"external_attr": 0o100644 << 16}
        error = refused(write(tmp_path / "x.zip", {**GOOD, name: b"3"}, **attributes))

        escaped = name.replace("\n", "\\n")
        assert error.message == f"the entry {escaped} of {tmp_path}/x.zip {problem}"
        assert error.hint.startswith("let the program that writes it store ")
        assert unpack(write(tmp_path / "y.zip", {**GOOD, "..a/b..": b"3"}))["..a/b.."] == b"3"

    @pytest.mark.parametrize(
        "names, problem",
        [
            (("a", "a"), "the entry a of .* is there twice"),
            (("lib/a", "./lib/a"), "the entry lib/a of .* is there twice"),
            (("\u00e9", "e\u0301"), "the entry é of .* is there twice"),
            (("lib", "lib/a"), "the entry lib of .* is a file, and a folder of others"),
            (("lib/a/b/c", "lib/a"), "the entry lib/a of .* is a file, and a folder of others"),
        ],
    )
    @pytest.mark.filterwarnings("ignore:Duplicate name")
    def test_same_path(self, tmp_path: Path, names: tuple[str, ...], problem: str) -> None:
        """Two entries of one path are refused, even if they are equal."""
        path = tmp_path / "x.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, b"1")

        with pytest.raises(HashzipError, match=problem):
            unpack(path)

    def test_encrypted(self, tmp_path: Path) -> None:
        """An encrypted entry is refused by its name."""
        path = write(tmp_path / "x.zip", GOOD)
        content = bytearray(path.read_bytes())
        record = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 1)
        content[record + 8] |= 1
        path.write_bytes(content)

        assert refused(path).message == f"the entry lib/b of {path} is encrypted"

    def test_method(self, tmp_path: Path) -> None:
        """A method of compression that Lambda does not know is refused."""
        error = refused(write(tmp_path / "x.zip", {"a": b"1"}, compress_type=zipfile.ZIP_BZIP2))

        assert "is compressed by method 12" in error.message

    @pytest.mark.parametrize("kind", [0o010000, 0o060000, 0o140000])
    def test_type(self, tmp_path: Path, kind: int) -> None:
        """A pipe, a device or a socket is refused."""
        error = refused(write(tmp_path / "x.zip", {"a": b""}, external_attr=kind << 16))

        assert "the entry a of" in error.message
        assert "is neither a file nor a link" in error.message

    def test_long_link(self, tmp_path: Path) -> None:
        """A link to a path that is longer than Linux allows is refused."""
        attributes = {"external_attr": 0o120777 << 16}
        good = write(tmp_path / "x.zip", {"a": b"x" * 4096}, **attributes)
        assert unpack(good) == {}

        error = refused(write(tmp_path / "y.zip", {"a": b"x" * 4097}, **attributes))
        assert "is a link of 4,097 bytes" in error.message

    @pytest.mark.parametrize("target", [b"\xff", b"a\nb"])
    def test_target(self, tmp_path: Path, target: bytes) -> None:
        """A link to a name that cannot be in a package is refused."""
        attributes = {"external_attr": 0o120777 << 16}

        assert (
            "the entry l" in refused(write(tmp_path / "x.zip", {"l": target}, **attributes)).message
        )

    @pytest.mark.parametrize("sizes", [(262_144_000,), (1, 262_143_999)])
    def test_bomb(self, tmp_path: Path, sizes: tuple[int, ...]) -> None:
        """More than Lambda unpacks is refused before it is written, by the entry's name."""
        path = tmp_path / "x.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for number, size in enumerate(sizes):
                archive.writestr(f"f{number}", bytes(size))
            archive.writestr("last", b"1")
        assert path.stat().st_size < 1_000_000

        error = refused(path)

        assert error.message.startswith(f"the entry last of {path} has 1 bytes")
        assert "262,144,001 bytes unpacked; Lambda's limit is 262,144,000 bytes" in error.message
        assert list((tmp_path / "x.unpacked").iterdir()) == []

    def test_limit(self) -> None:
        """The limit is that of packages."""
        assert unzip.MAX_UNPACKED == limits.UNPACKED

    def test_size_that_is_a_lie(self, tmp_path: Path) -> None:
        """No more is written than an entry's size says, which is then damaged."""
        path = write(tmp_path / "x.zip", {"a": bytes(100_000)}, compress_type=zipfile.ZIP_DEFLATED)
        real, lie = struct.pack("<L", 100_000), struct.pack("<L", 10)
        path.write_bytes(path.read_bytes().replace(real, lie))

        assert "the entry a of" in refused(path).message
        assert [file.stat().st_size for file in (tmp_path / "x.unpacked").iterdir()] in ([0], [10])

    @pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04" + b"x" * 100])
    def test_no_zip(self, tmp_path: Path, content: bytes) -> None:
        """A file that is not a zip, whatever its name and start, is refused."""
        (tmp_path / "x.zip").write_bytes(content)

        error = refused(tmp_path / "x.zip")

        assert "is not a zip, or is damaged" in error.message
        assert "a file that is not a zip needs another name" in error.hint

    def test_name_that_is_not_utf8(self, tmp_path: Path) -> None:
        """A name in another encoding is refused, and shown escaped."""
        path = write(tmp_path / "x.zip", {"XX": b"1"})
        path.write_bytes(path.read_bytes().replace(b"XX", b"\xff\xfe"))

        assert r"the entry \xff\xfe of" in refused(path).message

    @settings(deadline=None, max_examples=200)
    @given(offset=st.integers(0), value=st.integers(1, 255), cut=st.booleans())
    def test_any_damage(
        self, tmp_path_factory: pytest.TempPathFactory, offset: int, value: int, *, cut: bool
    ) -> None:
        """Whatever is damaged, the result is an error or some files, and nothing else."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in GOOD.items():
                archive.writestr(name, content)
        damaged = bytearray(buffer.getvalue())
        offset %= len(damaged)
        if cut:
            del damaged[offset:]
        else:
            damaged[offset] ^= value
        path = tmp_path_factory.mktemp("damaged") / "x.zip"
        path.write_bytes(damaged)

        try:
            files = unpack(path)
        except HashzipError as error:
            assert str(path) in error.message  # noqa: PT017 - either is fine
        else:
            assert len(files) <= len(GOOD)
