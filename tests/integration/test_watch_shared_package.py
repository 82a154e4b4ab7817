"""`hashzip watch` with functions that share a package, on the Python of their runtime."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import project as projects
from tests.support import pythons, shared_package, watch_process

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = b"""
import sys
import boto3
import words

def handler(event, context):
    return [__name__, words.WORD, sys.version_info[:2], boto3.__name__]
"""


def other_python() -> tuple[int, int] | None:
    """Return a version of Python that pyenv has and that is not this one's."""
    versions = map(pythons.minor, pythons.of_pyenv())
    others = (version for version in versions if (3, 10) <= version != sys.version_info[:2])
    return next(others, None)


def test_one_save(tmp_path: Path) -> None:
    """One save updates both functions, which run on their runtime's version, with boto3."""
    version = other_python()
    if version is None:
        pytest.skip("pyenv has no other Python")
    root = shared_package.make(tmp_path / "project")
    runtime = ".".join(map(str, version))
    shared_package.configure(root, api={"runtime": f"python{runtime}"})
    sources = {"read.py": SOURCE, "write.py": SOURCE, "words.py": b"WORD = 'first'\n"}
    projects.write_files(root / "src", sources)

    # To import boto3 for the first time takes a while.
    with watch_process.watching(root, "--timeout", "60") as watch:
        watch.wait_for("watching for changes; press Ctrl-C to stop")
        start = len(watch.text)
        projects.write_files(root, {"src/words.py": b"WORD = 'second'\n"})
        line = watch.wait_for(r"api \(read, write\): 1 file changed .* live in .*\n", start)[0]
        answers = [watch_process.answer(watch.url(name)) for name in ("read", "write")]

    assert "words.py" in line
    assert answers == [
        ["read", "second", list(version), "boto3"],
        ["write", "second", list(version), "boto3"],
    ]
    assert "which runs hashzip" not in watch.text
