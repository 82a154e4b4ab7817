"""The values that stand for files: where a file is, and what it holds."""

from operator import attrgetter
from typing import NamedTuple

PROGRAM, DATA = 0o755, 0o644  # the only modes of files in a package
LINK = 0o120777  # of a symbolic link in a zip: its type, and the mode that links have on Linux


# A tuple and not a dataclass: each plan may make 100,000 of them.
class SourceFile(NamedTuple):
    """A file that may go into a package.

    Attributes:
        path: Its path in the package: `/`-separated, Unicode NFC. After `//`, its path in the
            project, for a file that decides the package and is not packed, such as a lock.
        location: Its path on this machine.
        executable: Whether an `executable` pattern matches it.
    """

    path: str
    location: bytes
    executable: bool


class FileEntry(NamedTuple):
    """A file that decides the bytes of a package, or is in it, as manifests have it.

    In a zip, it may be a symbolic link, whose content is the path that it leads to.

    Attributes:
        path: As in `SourceFile`.
        mode: `PROGRAM` or `DATA`; in a zip also `LINK`.
        size: In bytes.
        sha256: The digest of its content, as 64 hex digits.
    """

    path: str
    mode: int
    size: int
    sha256: str


class Listing(NamedTuple):
    """The files of a folder.

    Attributes:
        folder: Its path on this machine.
        files: The paths of the files on this machine, below the folder, in no order.
        unused: The patterns of `include` and `exclude` that matched nothing.
    """

    folder: bytes
    files: list[bytes]
    unused: frozenset[str] = frozenset()


# The key to sort by the bytes of paths: UTF-8 sorts as its code points do.
BY_PATH = attrgetter("path")
