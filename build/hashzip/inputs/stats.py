"""What the file system says of files without reading them: size, times, inode and device.

Standard library only.
"""

import os
import struct
from collections.abc import Iterable, Sequence

from hashzip.errors import read_error
from hashzip.system import atomic, parallel

# All that an edit changes: size, time of content, time of anything, inode, device. A time from
# before 1970 is negative.
RECORD = struct.Struct("=Q2q2Q")

_BLOCK = 1_000  # files that one process looks at in a row
_MANY = 20_000  # files; from here on it pays to share them among processes


def look(locations: Sequence[bytes]) -> bytes:
    """Looks at files, in their order, through links; at very many in several processes.

    Returns:
        A record a file.

    Raises:
        HashzipError: A file is gone.
    """
    if len(locations) < _MANY:
        return _look(locations)
    starts = range(0, len(locations), _BLOCK)
    found: list[bytes] = [b""] * len(starts)
    size = _BLOCK * RECORD.size
    for share, part in parallel.shares(lambda some: _look_all(locations, some), starts):
        found[share] = [part[at : at + size] for at in range(0, len(part), size)]
    return b"".join(found)


def pack(status: os.stat_result) -> bytes:
    """Writes a status as a record."""
    return RECORD.pack(
        status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev
    )


def clock(folder: str) -> os.stat_result | None:
    """Answers the status of a file made in a folder at this moment; None where none can be."""
    try:
        descriptor, path = atomic.create(folder)
        try:
            return os.fstat(descriptor)
        finally:
            os.close(descriptor)
            os.unlink(path)
    except OSError:
        return None


def is_older(status: os.stat_result, begun: os.stat_result) -> bool:
    """Tells whether a file was last touched before a moment, by one and the same clock."""
    return (
        status.st_dev == begun.st_dev
        and status.st_mtime_ns < begun.st_mtime_ns
        and status.st_ctime_ns < begun.st_mtime_ns
    )


def _look_all(locations: Sequence[bytes], starts: Iterable[int]) -> bytes:
    return b"".join(_look(locations[start : start + _BLOCK]) for start in starts)


def _look(locations: Sequence[bytes]) -> bytes:
    found = bytearray()
    location = b""
    try:
        for location in locations:
            found += pack(os.stat(location))
    except OSError as error:
        raise read_error(location, error) from error
    return bytes(found)
