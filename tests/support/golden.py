"""A tree with a file of each kind, and the digests of its package on every machine and Python.

Another digest means that every package of every user is built and deployed again. Such a change
must raise `fingerprint.FORMAT` too.
"""

import hashlib
from pathlib import Path

from tests.support import project

FINGERPRINT = "8bf3a3b7c3aec30e2e4684c471abf50feadea238af342f614e6d884dfaa65ecf"
SHA256 = "34879b335dbfb90ad428a9f6777e8fbc2e7ae3fb36da2d4566d6bc89ef6975d4"

FILES = {
    "empty.txt": b"",
    "hello.py": b"def lambda_handler(event, context):\n    return {}\n",
    "bin/script": b"#!/bin/sh\nexit 0\n",
    "bin/program": b"\x7fELF\x02\x01\x01" + bytes(57),
    "bin/named": b"executable by its pattern\n",
    "caf\u00e9/\u65e5\u672c.txt": b"non-ASCII names\n",
    "deep/er/and/deeper/__init__.py": b"\n",
    "deep.py": b"sorts between deep/ and its files\n",
    "noise.bin": hashlib.shake_256(b"noise").digest(10_000),
    "noise-large.bin": hashlib.shake_256(b"large noise").digest(200_000),
    "text.csv": b"".join(b"%d,%d,line\n" % (n, n * n) for n in range(20_000)),
    "text-large.csv": b"".join(b"%d,%d,line\n" % (n, n * n) for n in range(60_000)),
    "zeros.bin": bytes(1 << 21),
    "CAPITAL.txt": b"sorts before small letters\n",
}


def configure(root: Path, **changes: object) -> None:
    """Write the project's `hashzip.toml`, with changed or added keys."""
    project.configure(root, **{"executable": ["bin/named"]} | changes)


def make(root: Path) -> Path:
    """Make the project, with one function, "hello", in a new folder; return the folder."""
    root.mkdir(parents=True)
    configure(root)
    project.write_files(root / "src", FILES)
    return root
