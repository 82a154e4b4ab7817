"""Unpack a zip as Lambda does: a symbolic link in it becomes one on the disk.

Python's `zipfile` makes a file of it instead, which holds the path that the link leads to.
"""

from __future__ import annotations

import os
import stat
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class ZipFile(zipfile.ZipFile):
    """A zip that is unpacked with its links."""

    def extract(
        self,
        member: str | zipfile.ZipInfo,
        path: str | os.PathLike[str] | None = None,
        pwd: bytes | None = None,
    ) -> str:
        """Unpack a file or link, and return where it is."""
        location = super().extract(member, path, pwd)
        if is_link(self._info(member)):
            link = Path(location)
            target = link.read_bytes().decode()
            link.unlink()
            link.symlink_to(target)
        return location

    def extractall(
        self,
        path: str | os.PathLike[str] | None = None,
        members: Iterable[str | zipfile.ZipInfo] | None = None,
        pwd: bytes | None = None,
    ) -> None:
        """Unpack all files, and then the links, so that no file is written through a link."""
        for info in sorted(map(self._info, members or self.namelist()), key=is_link):
            self.extract(info, path, pwd)

    def _info(self, member: str | zipfile.ZipInfo) -> zipfile.ZipInfo:
        return member if isinstance(member, zipfile.ZipInfo) else self.getinfo(member)


# The module `zipfile`, for programs that use its `ZipFile`.
MODULE = SimpleNamespace(**{**vars(zipfile), "ZipFile": ZipFile})


def is_link(info: zipfile.ZipInfo) -> bool:
    """Return whether an entry is a symbolic link."""
    return stat.S_ISLNK(info.external_attr >> 16)


def unpack_with_modes(archive: zipfile.ZipFile, folder: str) -> None:
    """Unpack a zip with the modes of its files; on a link, a mode would be that of its target."""
    for info in sorted(archive.infolist(), key=is_link):
        location = archive.extract(info, folder)
        mode = stat.S_IMODE(info.external_attr >> 16)
        if mode and not is_link(info):
            os.chmod(location, mode)
