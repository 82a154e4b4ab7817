"""The fingerprint of a package: a digest of everything that decides its bytes."""

import json
from collections.abc import Iterable, Mapping

from hashzip.inputs.files import BY_PATH, FileEntry

# Raised whenever the same inputs would give another zip. It is part of every fingerprint.
FORMAT = "hashzip/3"

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)

_LENGTH_OF_MODE = (4).to_bytes(8)
_LENGTH_OF_DIGEST = (32).to_bytes(8)

# What is done with the inputs: anything that JSON can hold, by name.
Recipe = Mapping[str, object]


def fingerprint(recipe: Recipe, inputs: Iterable[FileEntry]) -> str:
    """Return the fingerprint of a recipe and its inputs, in whatever order they come.

    Each field follows its length, so that no two lists of fields are the same bytes.

    Args:
        recipe: What is done with the inputs.
        inputs: The files that decide the package.

    Returns:
        A SHA-256, as 64 hex digits.
    """
    import hashlib

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
    """Return a value as JSON, in which equal values are equal text."""
    return _CANONICAL.encode(value)


def _field(content: bytes) -> bytes:
    return len(content).to_bytes(8) + content
