"""Computes the fingerprint of a package: a digest of all that decides its bytes. Third stage.

Pure; standard library only.
"""

import json
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import NamedTuple

# Raised whenever the same inputs would give another zip. It is part of every fingerprint.
FORMAT = "hashzip/2"

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)

_LENGTH_OF_MODE = (4).to_bytes(8)
_LENGTH_OF_DIGEST = (32).to_bytes(8)

PROGRAM, DATA = 0o755, 0o644  # the modes that there are

Recipe = Mapping[str, object]


# A tuple and no dataclass: there may be 100,000 of them on every plan.
class Input(NamedTuple):
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


def fingerprint(recipe: Recipe, inputs: Iterable[Input]) -> str:
    """Computes the fingerprint of a recipe and its inputs, in whatever order they come.

    Each field is written behind its length, so that no two lists of fields are the same bytes.

    Args:
        recipe: What is done with the inputs; anything that JSON can hold.
        inputs: All files that are read.

    Returns:
        A SHA-256, as 64 hex digits.
    """
    import hashlib  # noqa: PLC0415 - slow, and not needed where nothing has changed

    digest = hashlib.sha256()
    digest.update(_field(FORMAT.encode()) + _field(canonical_json(recipe).encode()))
    for path, mode, size, sha256 in sorted(inputs, key=BY_PATH):
        name, digits = path.encode(), b"%d" % size
        digest.update(
            b"%b%b%b%04o%b%b%b%b"
            % (
                *(len(name).to_bytes(8), name),
                *(_LENGTH_OF_MODE, mode),
                *(len(digits).to_bytes(8), digits),
                *(_LENGTH_OF_DIGEST, bytes.fromhex(sha256)),
            )
        )
    return digest.hexdigest()


def canonical_json(value: object) -> str:
    """Writes JSON so that equal values are equal text."""
    return _CANONICAL.encode(value)


def _field(content: bytes) -> bytes:
    return len(content).to_bytes(8) + content
