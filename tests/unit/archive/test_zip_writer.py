"""Entries -> zip bytes. That they are the same everywhere is in `test_determinism.py`."""

import base64
import hashlib
import os
import tempfile
import zipfile
from pathlib import Path

import deflate
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashzip.archive import zip_writer
from hashzip.archive.zip_writer import Entry
from hashzip.artifacts.manifest import Artifact
from hashzip.errors import HashzipError
from hashzip.inputs.files import SourceFile
from tests.support.zips import CONTENTS, PATHS, entries, link_entry, opened, pack


class TestWrite:
    """Files -> a zip."""

    @settings(deadline=None, max_examples=60)
    @given(files=st.dictionaries(PATHS, CONTENTS, max_size=8))
    def test_round_trip(self, files: dict[str, bytes]) -> None:
        """Python's own reader finds what was packed."""
        with tempfile.TemporaryDirectory() as folder, opened(pack(Path(folder), files)) as archive:
            assert archive.testzip() is None
            assert archive.namelist() == sorted(files, key=str.encode)
            assert {name: archive.read(name) for name in archive.namelist()} == files

    @settings(deadline=None, max_examples=20)
    @given(files=st.dictionaries(PATHS, CONTENTS, max_size=8), jobs=st.integers(1, 5))
    def test_jobs(self, files: dict[str, bytes], jobs: int) -> None:
        """The bytes do not depend on how many threads made them, nor on the run."""
        with tempfile.TemporaryDirectory() as folder:
            assert pack(Path(folder), files, jobs) == pack(Path(folder), files, 1)

    def test_many_tasks(self, tmp_path: Path) -> None:
        """Files are in order even if they are more than one task takes, or than wait at a time."""
        files = {f"{n:04}": b"%d" % n * (n % 50) for n in range(1500)}
        files |= {f"big{n}": hashlib.shake_256(b"%d" % n).digest(700_000) for n in range(6)}

        with opened(pack(tmp_path, files, 2)) as archive:
            assert archive.namelist() == sorted(files)
            assert {name: archive.read(name) for name in files} == files

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
        """Noise is stored, and repetition is deflated."""
        noise = hashlib.shake_256(b"noise").digest(5_000)

        with opened(
            pack(tmp_path, {"noise": noise, "text": b"text" * 500, "empty": b""})
        ) as archive:
            methods = {info.filename: info.compress_type for info in archive.infolist()}
        assert methods == {
            "empty": zipfile.ZIP_STORED,
            "noise": zipfile.ZIP_STORED,
            "text": zipfile.ZIP_DEFLATED,
        }

    def test_artifact(self, tmp_path: Path) -> None:
        """The artifact that is returned describes the zip that is there."""
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

    def test_link(self, tmp_path: Path) -> None:
        """A link is in the artifact with its own mode, and with the size of its target."""
        source = [*entries(tmp_path, {"a": b"x" * 99}), link_entry("é", "a")]

        artifact = zip_writer.write(source, tmp_path / "out.zip", jobs=1)

        file, link = artifact.entries
        assert tuple(link) == ("é", 0o120777, 1, hashlib.sha256(b"a").hexdigest())
        assert artifact.unpacked_size == file.size + 1
        assert artifact.entries[1] == source[1].expected

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
        source = entries(tmp_path, {"a": Path(zip_writer.__file__).read_bytes()})
        usual = zip_writer.write(source, tmp_path / "usual.zip", jobs=1)

        fastest = zip_writer.write(source, tmp_path / "fast.zip", jobs=1, level=zip_writer.fastest)

        assert fastest.size > usual.size
        assert fastest.entries == usual.entries
        with zipfile.ZipFile(tmp_path / "fast.zip") as archive:
            assert archive.read("a") == (tmp_path / "0").read_bytes()

    def test_changed_file(self, tmp_path: Path) -> None:
        """A file that is not what its entry says is an error that names it."""
        source = entries(tmp_path, {"a": b"x"})
        (tmp_path / "0").write_bytes(b"y")

        with pytest.raises(HashzipError, match=f"{tmp_path}/0 changed while"):
            zip_writer.write(source, tmp_path / "out.zip", jobs=1)
        zip_writer.write(
            [entry._replace(expected=None) for entry in source], tmp_path / "out.zip", jobs=1
        )

    def test_vanished_file(self, tmp_path: Path) -> None:
        """A file that is gone is an error that names it."""
        source = entries(tmp_path, {"a": b"x"})
        (tmp_path / "0").unlink()

        with pytest.raises(HashzipError, match=f"{tmp_path}/0 vanished"):
            zip_writer.write(source, tmp_path / "out.zip", jobs=1)


def pack_again(folder: Path) -> bytes:
    """Pack the one file that `pack` left in a folder, as it is now."""
    source = SourceFile("a", str(folder / "0").encode(), executable=False)
    zip_writer.write([Entry(source, 1)], folder / "out.zip", jobs=1)
    return (folder / "out.zip").read_bytes()
