"""Zips with links, as the local AWS unpacks them."""

import os
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from hashzip.archive import zip_writer
from hashzip.emulator import unpack
from tests.support.zips import entries, link_entry


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Make a zip with a program, a file, and links that come before what they lead to."""
    files = entries(tmp_path, {"lib/b": b"1", "z": b"#!/bin/sh\n"})
    links = [link_entry("a", "z"), link_entry("lib/a", "b"), link_entry("l", "lib")]
    zip_writer.write([*links, *files], tmp_path / "links.zip", jobs=1)
    return tmp_path / "links.zip"


def _extractall(archive: zipfile.ZipFile, folder: str) -> None:
    archive.extractall(folder)


@pytest.mark.parametrize("unpacker", [_extractall, unpack.unpack_with_modes])
def test_links(
    tmp_path: Path, archive: Path, unpacker: Callable[[zipfile.ZipFile, str], None]
) -> None:
    """Links are links again, which `zipfile` itself makes files of."""
    with unpack.MODULE.ZipFile(archive) as opened:
        unpacker(opened, str(tmp_path / "ours"))
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path / "plain")

    ours = tmp_path / "ours"
    assert [os.readlink(ours / path) for path in ("a", "lib/a", "l")] == ["z", "b", "lib"]
    assert (ours / "l/a").read_bytes() == b"1"
    assert not (ours / "z").is_symlink()
    assert (tmp_path / "plain/a").read_bytes() == b"z"
    assert not (tmp_path / "plain/a").is_symlink()


def test_modes(tmp_path: Path, archive: Path) -> None:
    """Files get their modes, and a link does not change that of its target."""
    with unpack.ZipFile(archive) as opened:
        unpack.unpack_with_modes(opened, str(tmp_path / "out"))

    modes = {
        path: stat.S_IMODE((tmp_path / "out" / path).stat().st_mode) for path in ("lib/b", "z")
    }
    assert modes == {"lib/b": 0o644, "z": 0o755}


def test_members(tmp_path: Path, archive: Path) -> None:
    """Members can be chosen, as with `zipfile`."""
    with unpack.ZipFile(archive) as opened:
        opened.extractall(tmp_path / "out", ["a"])

    assert os.listdir(tmp_path / "out") == ["a"]


def test_no_file_through_a_link(tmp_path: Path) -> None:
    """A file is never written through a link of the same zip."""
    outside = tmp_path / "outside"
    outside.mkdir()
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        link = zipfile.ZipInfo("l")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, str(outside))
        archive.writestr("l/a", b"1")

    with unpack.ZipFile(tmp_path / "evil.zip") as opened, pytest.raises(OSError, match="directory"):
        opened.extractall(tmp_path / "out")
    assert list(outside.iterdir()) == []
