"""Entries -> zip bytes. That they are the same everywhere is in `test_determinism.py`."""

import base64
import hashlib
import io
import os
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import deflate
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashzip.archive import zip_format, zip_reuse, zip_writer
from hashzip.archive.zip_format import Directory, Packed
from hashzip.archive.zip_writer import Entry
from hashzip.artifacts.manifest import Artifact
from hashzip.errors import HashzipError
from hashzip.inputs import read
from hashzip.inputs.files import FileEntry, SourceFile

NAMES = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="/\\"), min_size=1, max_size=6
)
PATHS = st.lists(NAMES.filter(lambda name: name not in (".", "..")), min_size=1, max_size=3).map(
    "/".join
)
CONTENTS = st.binary(max_size=200) | st.binary(max_size=40).map(lambda chunk: chunk * 50)


def entries(folder: Path, files: Mapping[str, bytes]) -> list[Entry]:
    """Writes files, under names of their own, and answers them as entries in the right order."""
    found = []
    for number, path in enumerate(sorted(files, key=str.encode)):
        location = folder / str(number)
        location.write_bytes(files[path])
        source = SourceFile(path, str(location).encode(), executable=False)
        (expected,) = read.read([source])
        found.append(Entry(source, len(files[path]), expected))
    return found


def pack(folder: Path, files: Mapping[str, bytes], jobs: int = 2) -> bytes:
    """Packs files, and answers the zip."""
    zip_writer.write(entries(folder, files), folder / "out.zip", jobs=jobs)
    return (folder / "out.zip").read_bytes()


def opened(content: bytes) -> zipfile.ZipFile:
    """Opens a zip from memory."""
    return zipfile.ZipFile(io.BytesIO(content))


class TestWrite:
    """Files -> a zip."""

    @settings(deadline=None, max_examples=60)
    @given(files=st.dictionaries(PATHS, CONTENTS, max_size=8))
    def test_round_trip(self, files: dict[str, bytes]) -> None:
        """What goes in comes out, by Python's own reader."""
        with tempfile.TemporaryDirectory() as folder, opened(pack(Path(folder), files)) as found:
            assert found.testzip() is None
            assert found.namelist() == sorted(files, key=str.encode)
            assert {name: found.read(name) for name in found.namelist()} == files

    @settings(deadline=None, max_examples=20)
    @given(files=st.dictionaries(PATHS, CONTENTS, max_size=8), jobs=st.integers(1, 5))
    def test_jobs(self, files: dict[str, bytes], jobs: int) -> None:
        """The bytes do not depend on how many threads made them, nor on the run."""
        with tempfile.TemporaryDirectory() as folder:
            assert pack(Path(folder), files, jobs) == pack(Path(folder), files, 1)

    def test_many_tasks(self, tmp_path: Path) -> None:
        """More files than one task, and than wait at a time, come in order."""
        files = {f"{n:04}": b"%d" % n * (n % 50) for n in range(1500)}
        files |= {f"big{n}": hashlib.shake_256(b"%d" % n).digest(700_000) for n in range(6)}

        with opened(pack(tmp_path, files, 2)) as found:
            assert found.namelist() == sorted(files)
            assert {name: found.read(name) for name in files} == files

    def test_policy(self, tmp_path: Path) -> None:
        """Each entry says the same of itself: 1980, Unix, its mode, and no extras."""
        files = {"a.py": b"x" * 99, "b.sh": b"#!/bin/sh\n", "empty": b"", "é": b"\x7fELF"}

        with opened(pack(tmp_path, files)) as found:
            assert found.comment == b""
            for info in found.infolist():
                assert info.date_time == (1980, 1, 1, 0, 0, 0)
                assert info.create_system == 3
                assert info.create_version == info.extract_version == 20
                assert (info.extra, info.comment, info.internal_attr) == (b"", b"", 0)
                assert info.flag_bits == (0 if info.filename.isascii() else 0x800)
            modes = {info.filename: oct(info.external_attr >> 16) for info in found.infolist()}
        assert modes == {
            "a.py": "0o100644",
            "b.sh": "0o100755",
            "empty": "0o100644",
            "é": "0o100755",
        }

    def test_no_time_of_a_file(self, tmp_path: Path) -> None:
        """A file's time is in the zip of Python's writer, and not in this one."""
        ours, pythons = set(), set()
        for time in (1_000_000_000, 2_000_000_000):
            content = pack(tmp_path, {"a": b"x"})
            os.utime(tmp_path / "0", (time, time))
            ours.add(pack_again(tmp_path))
            with zipfile.ZipFile(tmp_path / "python.zip", "w") as writer:
                writer.write(tmp_path / "0", "a")
            pythons.add((tmp_path / "python.zip").read_bytes())
            assert content in ours

        assert len(ours) == 1
        assert len(pythons) == 2

    def test_stored_where_deflate_does_not_shrink(self, tmp_path: Path) -> None:
        """Noise is stored, and what repeats is deflated."""
        noise = hashlib.shake_256(b"noise").digest(5_000)

        with opened(pack(tmp_path, {"noise": noise, "text": b"text" * 500, "empty": b""})) as found:
            methods = {info.filename: info.compress_type for info in found.infolist()}
        assert methods == {
            "empty": zipfile.ZIP_STORED,
            "noise": zipfile.ZIP_STORED,
            "text": zipfile.ZIP_DEFLATED,
        }

    @pytest.mark.parametrize("count", [65_534, 65_535])
    def test_more_files_than_two_bytes_count(self, tmp_path: Path, count: int) -> None:
        """Around 65,535 entries, where the format's short count ends, a zip is whole."""
        (location,) = [entry.file.location for entry in entries(tmp_path, {"a": b""})]
        many = [Entry(SourceFile(f"{n:05}", location, executable=False), 0) for n in range(count)]
        zip_writer.write(many, tmp_path / "out.zip", jobs=1)

        with zipfile.ZipFile(tmp_path / "out.zip") as found:
            names = found.namelist()
        assert (len(names), names[-1]) == (count, f"{count - 1:05}")
        data = memoryview((tmp_path / "out.zip").read_bytes())
        assert len(zip_format.directory(data)) == count
        long_count = b"PK\x06\x06" in (tmp_path / "out.zip").read_bytes()[-200:]
        assert long_count == (count >= 65_535)

    def test_artifact(self, tmp_path: Path) -> None:
        """What is answered is what is there."""
        progress: list[int] = []
        files = {"a": b"x" * 99, "run": b"#!"}
        artifact = zip_writer.write(
            entries(tmp_path, files), tmp_path / "out.zip", jobs=1, progress=progress.append
        )

        content = (tmp_path / "out.zip").read_bytes()
        digest = hashlib.sha256(content)
        assert artifact == Artifact(
            file="out.zip",
            size=len(content),
            unpacked_size=101,
            sha256=digest.hexdigest(),
            code_sha256=base64.b64encode(digest.digest()).decode(),
            entries=artifact.entries,
        )
        assert [tuple(entry) for entry in artifact.entries] == [
            ("a", 0o644, 99, hashlib.sha256(files["a"]).hexdigest()),
            ("run", 0o755, 2, hashlib.sha256(files["run"]).hexdigest()),
        ]
        assert progress == [99, 2]

    def test_levels(self, tmp_path: Path) -> None:
        """From 1 MiB on, a file is compressed at level 6, and a smaller one at level 7."""
        text = Path(zip_writer.__file__).read_bytes() * 200
        for size, level, other in (((1 << 20) - 1, 7, 6), (1 << 20, 6, 7)):
            content = text[:size]
            stored = pack(tmp_path, {"a": content})
            assert deflate.deflate_compress(content, level) in stored
            assert deflate.deflate_compress(content, other) not in stored

    def test_fastest(self, tmp_path: Path) -> None:
        """At the fastest level a zip is larger, and holds the same."""
        found = entries(tmp_path, {"a": Path(zip_writer.__file__).read_bytes()})
        usual = zip_writer.write(found, tmp_path / "usual.zip", jobs=1)

        fastest = zip_writer.write(found, tmp_path / "fast.zip", jobs=1, level=zip_writer.fastest)

        assert fastest.size > usual.size
        assert fastest.entries == usual.entries
        with zipfile.ZipFile(tmp_path / "fast.zip") as opened:
            assert opened.read("a") == (tmp_path / "0").read_bytes()

    def test_changed_file(self, tmp_path: Path) -> None:
        """A file that is not what its entry says is an error that names it."""
        found = entries(tmp_path, {"a": b"x"})
        (tmp_path / "0").write_bytes(b"y")

        with pytest.raises(HashzipError, match=f"{tmp_path}/0 changed while"):
            zip_writer.write(found, tmp_path / "out.zip", jobs=1)
        zip_writer.write(
            [entry._replace(expected=None) for entry in found], tmp_path / "out.zip", jobs=1
        )

    def test_vanished_file(self, tmp_path: Path) -> None:
        """A file that is gone is an error that names it."""
        found = entries(tmp_path, {"a": b"x"})
        (tmp_path / "0").unlink()

        with pytest.raises(HashzipError, match=f"{tmp_path}/0 vanished"):
            zip_writer.write(found, tmp_path / "out.zip", jobs=1)

    @pytest.mark.parametrize("size", [(1 << 32) - 1, 1 << 32])
    def test_over_4_gib(self, size: int) -> None:
        """A package whose directory would lie beyond what the format holds is refused by name."""
        writer = zip_format.Writer(io.BytesIO())  # 4 GiB for real would take long
        writer.records.append(FileEntry("big", 0o644, size, ""))
        writer.offset = size

        with pytest.raises(HashzipError, match="big takes the package over 4 GiB"):
            writer.finish()
        writer.offset = (1 << 32) - 2
        writer.finish()


def pack_again(folder: Path) -> bytes:
    """Packs the one file that `pack` left in a folder, as it lies there now."""
    source = SourceFile("a", str(folder / "0").encode(), executable=False)
    zip_writer.write([Entry(source, 1)], folder / "out.zip", jobs=1)
    return (folder / "out.zip").read_bytes()


class TestEarlier:
    """An earlier zip, from which what is known is copied."""

    FILES: Mapping[str, bytes] = {"a": b"a" * 100, "b": b"b" * 5_000, "é/c": bytes(range(256))}

    @settings(deadline=None, max_examples=60)
    @given(
        before=st.dictionaries(PATHS, CONTENTS, min_size=1, max_size=12),
        edits=st.lists(
            st.tuples(st.integers(0, 11), PATHS, CONTENTS, st.booleans()), min_size=1, max_size=4
        ),
    )
    def test_same_bytes_as_a_cold_build(
        self, before: dict[str, bytes], edits: list[tuple[int, str, bytes, bool]]
    ) -> None:
        """After files are changed, added, renamed or removed, both ways give the same bytes."""
        after = dict(before)
        for number, path, content, renames in edits:
            old = sorted(after)[number % len(after)]
            after[path] = after.pop(old) if renames else content
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            earlier = _earlier(folder, before)
            (folder / "now").mkdir()
            found = entries(folder / "now", after)
            zip_writer.write(found, folder / "cold.zip", jobs=1)
            artifact = zip_writer.write(found, folder / "warm.zip", jobs=2, earlier=earlier)
            warm = (folder / "warm.zip").read_bytes()
            assert warm == (folder / "cold.zip").read_bytes()
            assert artifact.sha256 == hashlib.sha256(warm).hexdigest()

    @settings(deadline=None, max_examples=100)
    @given(
        files=st.dictionaries(PATHS, CONTENTS, min_size=1, max_size=6),
        place=st.integers(0),
        value=st.integers(1, 255),
        cut=st.booleans(),
    )
    def test_any_damage(self, files: dict[str, bytes], place: int, value: int, cut: bool) -> None:  # noqa: FBT001 - drawn
        """Whatever byte of the earlier zip is another, or its last, the bytes are the same."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            earlier = _earlier(folder, files)
            damaged = bytearray((folder / "before.zip").read_bytes())
            place %= len(damaged)
            if cut:
                del damaged[place:]
            else:
                damaged[place] ^= value
            (folder / "damaged.zip").write_bytes(damaged)
            earlier = earlier._replace(zip=read_zip(folder / "damaged.zip"))
            (folder / "now").mkdir()
            found = entries(folder / "now", files)
            zip_writer.write(found, folder / "out.zip", jobs=1, earlier=earlier)
            assert (folder / "out.zip").read_bytes() == (folder / "before.zip").read_bytes()

    @pytest.mark.parametrize("offset", [0, 1 << 31])
    def test_offset_that_cannot_be(self, tmp_path: Path, offset: int) -> None:
        """A directory that has members elsewhere than one behind the other is not followed."""
        data = bytearray(_earlier(tmp_path, self.FILES).zip.data)
        found = zip_format.directory(memoryview(data))
        place = found.records[2] - 5  # the end of the second record, before a name of one letter
        assert int.from_bytes(data[place : place + 4], "little") == found.members[1]
        data[place : place + 4] = offset.to_bytes(4, "little")

        with pytest.raises(ValueError, match="not written by hashzip"):
            zip_format.directory(memoryview(data))

    def test_runs(self, tmp_path: Path) -> None:
        """What is side by side in the earlier zip is copied in one piece, between what is new."""
        files = {f"{n:03}": b"%d" % n * 40 for n in range(300)}
        earlier = _earlier(tmp_path, files)
        del files["100"]
        files |= {"050": b"edited", "200.new": b"added", "999": b"10" * 40}
        found = entries(tmp_path, files)
        written: list[range | bytes] = []

        class Writer(zip_format.Writer):
            def copy(self, records: Sequence[FileEntry], source: Directory, run: range) -> None:
                written.append(run)
                super().copy(records, source, run)

            def add(self, record: FileEntry, packed: Packed) -> None:
                written.append(record.path.encode())
                super().add(record, packed)

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(zip_format, "Writer", Writer)
            zip_writer.write(found, tmp_path / "out.zip", jobs=2, earlier=earlier)

        assert written == [
            range(50),
            b"050",
            *(range(51, 100), range(101, 201)),
            b"200.new",
            range(201, 300),
            b"999",
        ]
        with zipfile.ZipFile(tmp_path / "out.zip") as opened:
            assert opened.testzip() is None
            assert {name: opened.read(name) for name in opened.namelist()} == files

    def test_known_content_is_not_compressed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Only what the earlier zip has not is compressed; without it, all is."""
        earlier = _earlier(tmp_path, self.FILES)
        found = entries(tmp_path, {**self.FILES, "b": b"edited"})
        assert _compressed(monkeypatch, found, tmp_path, earlier) == [b"edited"]
        assert len(_compressed(monkeypatch, found, tmp_path, None)) == 3

    @pytest.mark.parametrize("damage", ["cut", "flipped", "foreign", "library", "empty"])
    def test_damaged_zip_is_not_used(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
    ) -> None:
        """From an earlier zip that is not what it should be, nothing is copied."""
        earlier = _earlier(tmp_path, self.FILES)
        path = tmp_path / "before.zip"
        whole = path.read_bytes()
        if damage == "library":
            earlier = earlier._replace(library="another")
        else:
            (tmp_path / "foreign").mkdir()
            path.write_bytes(
                {
                    "cut": whole[:-1],
                    "flipped": whole[:40] + bytes([whole[40] ^ 1]) + whole[41:],
                    "foreign": pack(tmp_path / "foreign", {"x": b"y"}),
                    "empty": b"",
                }[damage]
            )
        earlier = earlier._replace(zip=read_zip(path))
        found = entries(tmp_path, self.FILES)
        assert len(_compressed(monkeypatch, found, tmp_path, earlier)) == 3


def read_zip(path: Path) -> zip_reuse.Zip:
    """Read an earlier zip."""
    with path.open("rb") as stream:
        return zip_reuse.read(stream)


def _earlier(folder: Path, files: Mapping[str, bytes]) -> zip_reuse.Earlier:
    """Packs files as an earlier build did."""
    (folder / "before").mkdir()
    path = folder / "before.zip"
    artifact = zip_writer.write(entries(folder / "before", files), path, jobs=1)
    return zip_reuse.Earlier(read_zip(path), artifact, zip_writer.LIBRARY)


def _compressed(
    monkeypatch: pytest.MonkeyPatch,
    found: list[Entry],
    folder: Path,
    earlier: zip_reuse.Earlier | None,
) -> list[bytes]:
    """Packs, and answers what was compressed for it."""
    seen = []
    original = deflate.deflate_compress

    def deflate_compress(content: bytes, level: int) -> bytearray:
        seen.append(content)
        packed: bytearray = original(content, level)
        return packed

    with monkeypatch.context() as patched:
        patched.setattr(deflate, "deflate_compress", deflate_compress)
        zip_writer.write(found, folder / "out.zip", jobs=1, earlier=earlier)
    return seen
