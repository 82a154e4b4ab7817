"""An artifact that another user built counts only if every byte of it can be told from sources."""

import json
import re
import shutil
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from hashzip import pipeline
from hashzip.archive import comparison
from hashzip.archive.zip_format import Packed
from hashzip.artifacts.store import Sizes
from tests.support import project as projects


class Foreign:
    """The artifact of another user.

    Attributes:
        root: The project.
        zip: Its zip.
        manifest: Its manifest.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.zip = projects.make_zip(root)
        self.manifest = self.zip.with_suffix(".json")
        self.forget()

    def forget(self) -> None:
        """Remove what says that this user built it."""
        self.zip.with_suffix(".mac").unlink(missing_ok=True)
        shutil.rmtree(self.root / ".hashzip", ignore_errors=True)

    def adopt(self) -> Sizes | None:
        """Compare it with the sources."""
        return comparison.adopt(projects.examine(self.root))

    def edit_manifest(self, pattern: str, replacement: str) -> None:
        """Change the text of the manifest."""
        text = self.manifest.read_text(encoding="utf-8")
        edited = re.sub(pattern, replacement, text, count=1)
        assert edited != text
        self.manifest.write_text(edited, encoding="utf-8")

    def pack(self, change: Callable[[dict[str, bytes]], object]) -> None:
        """Write another zip in its place, and the manifest that fits to it."""
        plan = projects.examine(self.root)
        other = self.root.with_name("other")
        projects.make(other)
        files = dict(projects.SOURCES)
        change(files)
        shutil.rmtree(other / "src")
        projects.write_files(other / "src", files)
        made = projects.make_zip(other)
        document = json.loads(made.with_suffix(".json").read_bytes())
        own = json.loads(self.manifest.read_bytes())
        own["artifact"] = document["artifact"] | {"file": own["artifact"]["file"]}
        self.manifest.write_text(json.dumps(own), encoding="utf-8")
        shutil.copy(made, self.zip)
        assert plan.store.untrusted_manifest(plan.fingerprint)  # all but the code is in order


@pytest.fixture
def foreign(project: Path) -> Foreign:
    """Return an artifact that is right, and that this user did not build."""
    return Foreign(project)


def test_right(foreign: Foreign) -> None:
    """The artifact of another user with the sources alone counts, and is no reason to build."""
    content, text = foreign.zip.read_bytes(), foreign.manifest.read_bytes()
    plan = projects.examine(foreign.root)
    assert plan.store.find(plan.fingerprint) is None

    sizes = foreign.adopt()

    assert sizes == plan.store.find(plan.fingerprint)
    assert sizes
    assert sizes.zip == len(content)
    assert not pipeline.build(plan).reason
    assert (foreign.zip.read_bytes(), foreign.manifest.read_bytes()) == (content, text)
    # Its compression may not be that of a build, so nothing is copied from it.
    assert not plan.store.is_own(plan.fingerprint)


def _repack(foreign: Foreign) -> None:
    with zipfile.ZipFile(foreign.zip, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in projects.SOURCES.items():
            archive.writestr(name, content)


def _append(foreign: Foreign) -> None:
    foreign.zip.write_bytes(b"#!/bin/sh\n" + foreign.zip.read_bytes())


def _swap_names(foreign: Foreign) -> None:
    content = foreign.zip.read_bytes()
    at = content.index(b"hello.py")
    foreign.zip.write_bytes(content[:at] + b"h_llo.py" + content[at + 8 :])


WRONG: dict[str, Callable[[Foreign], object]] = {
    "other code": lambda it: it.pack(lambda files: files.update({"hello.py": b"EVIL = 1\n"})),
    "one file more": lambda it: it.pack(lambda files: files.update({"json.py": b"EVIL = 1\n"})),
    "one file less": lambda it: it.pack(lambda files: files.pop("run.sh")),
    "another mode": lambda it: it.pack(lambda files: files.update({"run.sh": b"exit 0\n"})),
    "another tool's zip": _repack,
    "bytes before the zip": _append,
    "another name in one of two headers": _swap_names,
    "no zip": lambda it: it.zip.unlink(),
    "a zip cut short": lambda it: it.zip.write_bytes(it.zip.read_bytes()[:-5]),
    "packages": lambda it: it.edit_manifest(
        r'"packages": \[\]', '"packages": [{"name": "x", "version": "1"}]'
    ),
    "the hash of other code": lambda it: it.edit_manifest(
        r'"code_sha256": "....', '"code_sha256": "AAAA'
    ),
    "another size": lambda it: it.edit_manifest(r'"unpacked_size": \d', '"unpacked_size": 9'),
    "another function": lambda it: it.edit_manifest(r'"function": "hello"', '"function": "other"'),
    "another tool": lambda it: it.edit_manifest(r'"tools": {', '"tools": {"evil": "1", '),
    "a text as version": lambda it: it.edit_manifest(
        r'"tools": {"hashzip": "', r'"tools": {"hashzip": "\\u001b[2J'
    ),
}


@pytest.mark.parametrize("spoil", WRONG.values(), ids=WRONG)
def test_wrong(foreign: Foreign, spoil: Callable[[Foreign], object]) -> None:
    """Anything in zip or manifest that no build of these sources gives is built again."""
    content, text = foreign.zip.read_bytes(), foreign.manifest.read_bytes()
    spoil(foreign)

    assert foreign.adopt() is None

    assert pipeline.build(projects.examine(foreign.root)).reason
    assert (foreign.zip.read_bytes(), foreign.manifest.read_bytes()) == (content, text)


def test_more_than_sources(foreign: Foreign) -> None:
    """A package with bytecode is not compared, even if it is right."""
    runtime = f"python3.{sys.version_info.minor}"
    projects.configure(foreign.root, bytecode=True, runtime=runtime)
    with_bytecode = Foreign(foreign.root)

    assert with_bytecode.adopt() is None


@pytest.mark.parametrize(
    "method, data",
    [(8, zlib.compress(bytes(100), wbits=-15)), (0, bytes(100))],
    ids=["compressed", "stored"],
)
def test_unpack(method: int, data: bytes) -> None:
    """A member with another size than its source, or with bytes behind it, is none."""
    assert comparison.unpack(Packed(0, method, data), 100) == bytes(100)  # the control
    assert comparison.unpack(Packed(0, method, data), 99) is None
    assert comparison.unpack(Packed(0, method, data), 101) is None
    assert comparison.unpack(Packed(0, method, data + b"\0"), 100) is None
    assert comparison.unpack(Packed(0, method, data[:-1]), 100) is None
    assert comparison.unpack(Packed(0, 12, data), 100) is None
