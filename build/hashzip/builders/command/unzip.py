"""Unpack a zip that programs made, so that it can be packed again like a folder. Build time.

Nothing that depends on the tool that wrote it is kept: order, times, modes, compression. Nothing in
it is trusted either: the name of an entry never becomes a path on this machine.
"""

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple

from hashzip.errors import HashzipError, escape
from hashzip.inputs import paths
from hashzip.project import runtimes

SUFFIXES = (".zip", ".jar")
MAX_UNPACKED = runtimes.MOST_UNPACKED

_MAX_LINK = 4096  # bytes: the longest path on Linux
_CHUNK = 1 << 20  # bytes
_ENCRYPTED = 1  # https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.4.4
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DRIVE = re.compile(r"[A-Za-z]:")
# What `zipfile` raises, which documents only the first.
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError),
    *(OSError, OverflowError, ValueError),
)


class Unpacked(NamedTuple):
    """The content of a zip.

    Attributes:
        files: The location of each file on this machine, by its path in the zip.
        links: The path that each symbolic link leads to, as it is in the zip, by the link's path.
    """

    files: Mapping[str, bytes]
    links: Mapping[str, str]


class _Problem(NamedTuple):
    """Why an entry cannot be unpacked, and what the program that writes the zip should do."""

    description: str
    remedy: str


_BAD_PATH = "store paths that are relative to the root of the package, with / between folders"
_BAD_NAME = "store names without control characters, in UTF-8"


def unpack(archive: Path, folder: Path) -> Unpacked:
    """Unpack a zip.

    Args:
        archive: The zip, or a jar, which is one.
        folder: An empty folder for the files, which get numbers for names there.

    Raises:
        HashzipError: It is not a zip, or is damaged; an entry has a name that leads elsewhere, or
            the name of another, is encrypted, or is too large for Lambda. The error names it.
        OSError: The folder cannot be written.
    """
    files, links = {}, {}
    with archive.open("rb") as stream, _opened(archive, stream) as opened:
        for number, (path, member) in enumerate(_members(archive, opened).items()):
            content = _content(archive, opened, member)
            if _type(member) == stat.S_IFLNK:
                links[path] = _link(archive, member, b"".join(content))
            else:
                location = folder / str(number)
                with location.open("xb") as file:
                    file.writelines(content)
                files[path] = bytes(location)
    return Unpacked(files, links)


def _opened(archive: Path, stream: BinaryIO) -> zipfile.ZipFile:
    try:
        # Most tools write names in UTF-8, even those that do not set the flag for it.
        return zipfile.ZipFile(stream, metadata_encoding="utf-8")
    except UnicodeDecodeError as error:
        raise _refused(archive, error.object, _Problem("is not UTF-8", _BAD_NAME)) from error
    except _DAMAGED as error:
        raise HashzipError(
            f"{archive} is not a zip, or is damaged: {error}",
            "check the program that writes it; a file that is not a zip needs another name",
        ) from error


def _members(archive: Path, opened: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return the entries that are files or links, by their paths in the package."""
    members: dict[str, zipfile.ZipInfo] = {}
    size = 0
    for member in opened.infolist():
        name = member.orig_filename
        problem = _problem_of_name(name) or _problem_of_content(member, size)
        if problem:
            raise _refused(archive, name, problem)
        if name.endswith("/") or _type(member) == stat.S_IFDIR:
            continue
        path = _path(archive, name)
        if path in members:
            raise _refused(archive, path, _Problem("is there twice", "store each path once"))
        members[path] = member
        size += member.file_size
    for path in members:
        while path := path.rpartition("/")[0]:
            if path in members:
                problem = _Problem("is a file, and a folder of others", "store each path once")
                raise _refused(archive, path, problem)
    return members


def _problem_of_name(name: str) -> _Problem | None:
    if name.startswith("/"):
        return _Problem("has an absolute path", _BAD_PATH)
    if ".." in name.split("/"):
        return _Problem("has a path that leads out of the zip", _BAD_PATH)
    if "\\" in name:
        return _Problem("has a backslash in its name", _BAD_PATH)
    if _DRIVE.match(name):
        return _Problem("has a drive letter in its name", _BAD_PATH)
    return None


def _problem_of_content(member: zipfile.ZipInfo, before: int) -> _Problem | None:
    """Return why an entry cannot be unpacked after others of a size in bytes."""
    size = member.file_size
    if member.flag_bits & _ENCRYPTED:
        return _Problem("is encrypted", "pack without a password")
    if member.compress_type not in _METHODS:
        method = member.compress_type
        return _Problem(f"is compressed by method {method}", "compress by deflate, as Lambda needs")
    kind = _type(member)
    if kind not in (0, stat.S_IFREG, stat.S_IFLNK, stat.S_IFDIR):
        return _Problem("is neither a file nor a link", "leave it out")
    if kind == stat.S_IFLNK and size > _MAX_LINK:
        return _Problem(f"is a link of {size:,} bytes", "store where the link leads to")
    if before + size > MAX_UNPACKED:
        return _Problem(
            f"has {size:,} bytes, with which the zip has {before + size:,} bytes unpacked; "
            f"Lambda's limit is {MAX_UNPACKED:,} bytes",
            "leave files out",
        )
    return None


def _type(member: zipfile.ZipInfo) -> int:
    """Return the type of an entry, as file systems have it; 0 in a zip that has no types."""
    return stat.S_IFMT(member.external_attr >> 16)


def _path(archive: Path, name: str) -> str:
    """Return the path in the package of an entry, without needless parts."""
    path = "/".join(part for part in name.split("/") if part not in ("", "."))
    if not path:
        raise _refused(archive, name, _Problem("has no name", _BAD_NAME))
    try:
        return paths.decode(path.encode(), b"")
    except HashzipError as error:
        problem = _Problem("has a control character in its name", _BAD_NAME)
        raise _refused(archive, name, problem) from error


def _link(archive: Path, member: zipfile.ZipInfo, content: bytes) -> str:
    try:
        return paths.decode(content, b"")
    except HashzipError as error:
        problem = _Problem("is a link to a name that is not UTF-8 or not printable", _BAD_NAME)
        raise _refused(archive, member.orig_filename, problem) from error


def _content(archive: Path, opened: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield the content of an entry in chunks, no more than its size says."""
    try:
        with opened.open(member) as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk
    except _DAMAGED as error:
        problem = _Problem(f"is damaged: {error}", "write it completely")
        raise _refused(archive, member.orig_filename, problem) from error


def _refused(archive: Path, name: str | bytes, problem: _Problem) -> HashzipError:
    text = escape(name if isinstance(name, bytes) else name.encode())
    return HashzipError(
        f"the entry {text} of {archive} {problem.description}",
        f"let the program that writes it {problem.remedy}",
    )
