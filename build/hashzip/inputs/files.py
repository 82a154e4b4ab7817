"""The values that stand for a file: where it is, and what it holds. Pure."""

from operator import attrgetter
from typing import NamedTuple

PROGRAM, DATA = 0o755, 0o644  # the modes that there are


# A tuple and no dataclass: there may be 100,000 of them on every plan.
class SourceFile(NamedTuple):
    """A file that goes into a package.

    Attributes:
        path: Where it lies in the package: `/`-separated, Unicode NFC.
        location: Where it lies on this machine.
        executable: Whether an `executable` pattern matches it.
    """

    path: str
    location: bytes
    executable: bool


class FileEntry(NamedTuple):
    """A file that a package is made from.

    Attributes:
        path: Where it lies in the package; or, after `//`, where in the project, for a file that
            decides what is packed and is not packed itself, such as a lock file.
        mode: `PROGRAM` or `DATA`.
        size: In bytes.
        sha256: Of the content, as 64 hex digits.
    """

    path: str
    mode: int
    size: int
    sha256: str


# By the bytes of the path: UTF-8 sorts as the code points that it stands for.
BY_PATH = attrgetter("path")
