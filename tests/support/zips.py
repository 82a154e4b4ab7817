"""Make zips as builds do, and earlier zips to copy from."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from hypothesis import strategies as st

from hashzip.archive import zip_reuse, zip_writer
from hashzip.archive.zip_writer import Entry
from hashzip.inputs import read
from hashzip.inputs.files import SourceFile

NAMES = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="/\\"), min_size=1, max_size=6
)
PATHS = st.lists(NAMES.filter(lambda name: name not in (".", "..")), min_size=1, max_size=3).map(
    "/".join
)
CONTENTS = st.binary(max_size=200) | st.binary(max_size=40).map(lambda chunk: chunk * 50)


def entries(folder: Path, files: Mapping[str, bytes]) -> list[Entry]:
    """Write files under names of their own, and return their entries in the order of a zip."""
    packed = []
    for number, path in enumerate(sorted(files, key=str.encode)):
        location = folder / str(number)
        location.write_bytes(files[path])
        source = SourceFile(path, str(location).encode(), executable=False)
        (expected,) = read.read([source])
        packed.append(Entry(source, len(files[path]), expected))
    return packed


def link_entry(path: str, target: str) -> Entry:
    """Return the entry of a symbolic link."""
    record = zip_writer.link_record(path, target)
    return Entry(SourceFile(path, b"", executable=False), record.size, record, target)


def pack(folder: Path, files: Mapping[str, bytes], jobs: int = 2) -> bytes:
    """Pack files, and return the zip."""
    zip_writer.write(entries(folder, files), folder / "out.zip", jobs=jobs)
    return (folder / "out.zip").read_bytes()


def opened(content: bytes) -> zipfile.ZipFile:
    """Open a zip in memory."""
    return zipfile.ZipFile(io.BytesIO(content))


def read_zip(path: Path) -> zip_reuse.Zip:
    """Read an earlier zip."""
    with path.open("rb") as stream:
        return zip_reuse.read(stream)


def pack_earlier(folder: Path, files: Mapping[str, bytes]) -> zip_reuse.Earlier:
    """Pack files as an earlier build did."""
    (folder / "before").mkdir()
    path = folder / "before.zip"
    artifact = zip_writer.write(entries(folder / "before", files), path, jobs=1)
    return zip_reuse.Earlier(read_zip(path), artifact, zip_writer.LIBRARY)
