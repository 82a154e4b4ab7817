"""What is copied from an earlier zip, and that it makes no difference to the bytes."""

import hashlib
import io
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
from hashzip.archive.zip_reuse import Earlier
from hashzip.archive.zip_writer import Entry
from hashzip.inputs.files import FileEntry
from tests.support.zips import (
    CONTENTS,
    PATHS,
    entries,
    link_entry,
    pack,
    pack_earlier,
    read_zip,
)


class TestRead:
    """An earlier zip -> its bytes and their digest."""

    @pytest.mark.parametrize("content", [b"", b"PK content"])
    def test_kinds_of_streams(self, tmp_path: Path, content: bytes) -> None:
        """A file and a stream in memory give the same, even if they are empty."""
        (tmp_path / "zip").write_bytes(content)

        for archive in (read_zip(tmp_path / "zip"), zip_reuse.read(io.BytesIO(content))):
            assert archive.data == content
            assert archive.sha256.result() == hashlib.sha256(content).hexdigest()


class TestEarlier:
    """An earlier zip, from which files are copied as they are compressed there."""

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
        """After edits, a build with an earlier zip gives the same bytes as one without."""
        after = dict(before)
        for number, path, content, renames in edits:
            old = sorted(after)[number % len(after)]
            after[path] = after.pop(old) if renames else content
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            earlier = pack_earlier(folder, before)
            (folder / "now").mkdir()
            source = entries(folder / "now", after)
            zip_writer.write(source, folder / "cold.zip", jobs=1)
            artifact = zip_writer.write(source, folder / "warm.zip", jobs=2, earlier=earlier)
            warm = (folder / "warm.zip").read_bytes()
            assert warm == (folder / "cold.zip").read_bytes()
            assert artifact.sha256 == hashlib.sha256(warm).hexdigest()

    @settings(deadline=None, max_examples=100)
    @given(
        files=st.dictionaries(PATHS, CONTENTS, min_size=1, max_size=6),
        offset=st.integers(0),
        value=st.integers(1, 255),
        cut=st.booleans(),
    )
    def test_any_damage(self, files: dict[str, bytes], offset: int, value: int, cut: bool) -> None:  # noqa: FBT001 - drawn
        """Whichever byte of the earlier zip is changed, or its last one, the bytes are the same."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            earlier = pack_earlier(folder, files)
            damaged = bytearray((folder / "before.zip").read_bytes())
            offset %= len(damaged)
            if cut:
                del damaged[offset:]
            else:
                damaged[offset] ^= value
            (folder / "damaged.zip").write_bytes(damaged)
            earlier = earlier._replace(zip=read_zip(folder / "damaged.zip"))
            (folder / "now").mkdir()
            source = entries(folder / "now", files)
            zip_writer.write(source, folder / "out.zip", jobs=1, earlier=earlier)
            assert (folder / "out.zip").read_bytes() == (folder / "before.zip").read_bytes()

    @pytest.mark.parametrize("was_link", [True, False])
    def test_link_and_file_of_one_content(self, tmp_path: Path, *, was_link: bool) -> None:
        """A link never takes the compressed content of a file, nor a file that of a link."""
        content = "a/" * 40  # deflate would shrink it
        file, link = entries(tmp_path, {"x": content.encode()})[0], link_entry("x", content)
        pair = (link, file) if was_link else (file, link)
        artifact = zip_writer.write([pair[0]], tmp_path / "before.zip", jobs=1)
        earlier = Earlier(read_zip(tmp_path / "before.zip"), artifact, zip_writer.LIBRARY)

        zip_writer.write([pair[1]], tmp_path / "warm.zip", jobs=1, earlier=earlier)

        zip_writer.write([pair[1]], tmp_path / "cold.zip", jobs=1)
        cold = (tmp_path / "cold.zip").read_bytes()
        assert (tmp_path / "warm.zip").read_bytes() == cold
        assert (tmp_path / "before.zip").read_bytes() != cold

    def test_links_are_copied(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Unchanged links are copied with the files beside them; a changed one is not."""
        files = entries(tmp_path, {"a": b"1", "c": b"2"})
        links = [link_entry("b", "a"), link_entry("d", "c")]
        source = sorted([*files, *links], key=lambda entry: entry.file.path)
        artifact = zip_writer.write(source, tmp_path / "before.zip", jobs=1)
        earlier = Earlier(read_zip(tmp_path / "before.zip"), artifact, zip_writer.LIBRARY)
        added: list[str] = []
        add = zip_format.Writer.add

        def spy(self: zip_format.Writer, record: FileEntry, packed: Packed) -> None:
            added.append(record.path)
            add(self, record, packed)

        monkeypatch.setattr(zip_format.Writer, "add", spy)
        changed = [*source[:3], link_entry("d", "a")]
        zip_writer.write(changed, tmp_path / "warm.zip", jobs=1, earlier=earlier)
        assert added == ["d"]

        zip_writer.write(changed, tmp_path / "cold.zip", jobs=1)
        assert (tmp_path / "warm.zip").read_bytes() == (tmp_path / "cold.zip").read_bytes()

    def test_runs(self, tmp_path: Path) -> None:
        """Consecutive members of the earlier zip are copied in one piece."""
        files = {f"{n:03}": b"%d" % n * 40 for n in range(300)}
        earlier = pack_earlier(tmp_path, files)
        del files["100"]
        files |= {"050": b"edited", "200.new": b"added", "999": b"10" * 40}
        source = entries(tmp_path, files)
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
            zip_writer.write(source, tmp_path / "out.zip", jobs=2, earlier=earlier)

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
        """Only files that are not in the earlier zip are compressed; without it, all are."""
        earlier = pack_earlier(tmp_path, self.FILES)
        source = entries(tmp_path, {**self.FILES, "b": b"edited"})
        assert _compressed(monkeypatch, source, tmp_path, earlier) == [b"edited"]
        assert len(_compressed(monkeypatch, source, tmp_path, None)) == 3

    @pytest.mark.parametrize("damage", ["cut", "flipped", "foreign", "library", "empty"])
    def test_damaged_zip_is_not_used(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
    ) -> None:
        """Nothing is copied from a zip that is damaged, or compressed by another library."""
        earlier = pack_earlier(tmp_path, self.FILES)
        path = tmp_path / "before.zip"
        content = path.read_bytes()
        if damage == "library":
            earlier = earlier._replace(library="another")
        else:
            (tmp_path / "foreign").mkdir()
            path.write_bytes(
                {
                    "cut": content[:-1],
                    "flipped": content[:40] + bytes([content[40] ^ 1]) + content[41:],
                    "foreign": pack(tmp_path / "foreign", {"x": b"y"}),
                    "empty": b"",
                }[damage]
            )
        earlier = earlier._replace(zip=read_zip(path))
        source = entries(tmp_path, self.FILES)
        assert len(_compressed(monkeypatch, source, tmp_path, earlier)) == 3


def _compressed(
    monkeypatch: pytest.MonkeyPatch,
    source: list[Entry],
    folder: Path,
    earlier: zip_reuse.Earlier | None,
) -> list[bytes]:
    """Pack entries, and return the contents that were compressed for it."""
    seen = []
    original = deflate.deflate_compress

    def deflate_compress(content: bytes, level: int) -> bytearray:
        seen.append(content)
        packed: bytearray = original(content, level)
        return packed

    with monkeypatch.context() as patched:
        patched.setattr(deflate, "deflate_compress", deflate_compress)
        zip_writer.write(source, folder / "out.zip", jobs=1, earlier=earlier)
    return seen
