"""The store in the project: an artifact that is damaged counts for nothing, and is built again."""

import json
import os
import re
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from hashzip import pipeline, planning
from hashzip.artifacts.local_store import LocalStore
from hashzip.artifacts.store import latest_manifest
from hashzip.builders.build_plan import BuildPlan
from hashzip.errors import HashzipError
from hashzip.inputs import read
from tests.support import project as projects


def examine(project: Path) -> BuildPlan:
    """Return the plan of hello."""
    return planning.plan(planning.load_project(str(project)), "hello")


@dataclass(frozen=True)
class Artifact:
    """An artifact in the store."""

    zip: Path
    manifest: Path

    def damage(self, path: Path, change: Callable[[bytes], bytes]) -> None:
        """Change one of the two files."""
        path.write_bytes(change(path.read_bytes()))


@pytest.fixture
def artifact(project: Path) -> Artifact:
    """Return the artifact of a build."""
    plan = examine(project)
    pipeline.build(plan)
    reference = plan.store.reference(plan.fingerprint)
    return Artifact(Path(reference["zip"]), Path(reference["manifest"]))


def foreign(artifact: Artifact) -> None:
    """Put a complete artifact of other inputs at an artifact's path."""
    project = projects.make(artifact.zip.parents[2].with_name("other"))
    (project / "src" / "hello.py").write_bytes(b"other")
    plan = examine(project)
    pipeline.build(plan)
    reference = plan.store.reference(plan.fingerprint)
    os.replace(reference["zip"], artifact.zip)
    os.replace(reference["manifest"], artifact.manifest)


def folder(path: Path) -> None:
    """Put an empty folder at a file's path."""
    path.unlink()
    path.mkdir()


DAMAGE: dict[str, Callable[[Artifact], None]] = {
    "a zip cut short": lambda a: a.damage(a.zip, lambda content: content[:-1]),
    "an empty zip": lambda a: a.damage(a.zip, lambda _content: b""),
    "a flipped bit": lambda a: a.damage(
        a.zip, lambda content: bytes([content[0] ^ 1]) + content[1:]
    ),
    "a longer zip": lambda a: a.damage(a.zip, lambda content: content + b"\0"),
    "a missing zip": lambda a: a.zip.unlink(),
    "a foreign zip": lambda a: a.damage(a.zip, lambda _content: b"PK\x05\x06" + bytes(18)),
    "a missing manifest": lambda a: a.manifest.unlink(),
    "a manifest cut short": lambda a: a.damage(a.manifest, lambda content: content[:-9]),
    "a manifest of other text": lambda a: a.damage(a.manifest, lambda _content: b"\xff"),
    "a manifest of wrong types": lambda a: a.damage(
        a.manifest, lambda content: re.sub(rb'"size": \d+', b'"size": "1"', content)
    ),
    "a manifest that is nested too deep": lambda a: a.damage(
        a.manifest, lambda _content: b"[" * 100_000
    ),
    "another artifact's manifest and zip": foreign,
}


class TestFind:
    """Finding an artifact."""

    def test_whole(self, project: Path, artifact: Artifact) -> None:
        """The control: an artifact that was not touched is found, and not built again."""
        before = projects.listing(artifact.zip.parent)

        assert not pipeline.build(examine(project)).reason
        assert projects.listing(artifact.zip.parent) == before

    def test_not_read_again(
        self, project: Path, artifact: Artifact, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An artifact that was complete is not read again until it is touched."""
        plan = examine(project)
        projects.grow_older(project)
        locations: list[bytes] = []
        original = read.content

        def content(location: bytes) -> tuple[read.Content, os.stat_result]:
            locations.append(location)
            return original(location)

        monkeypatch.setattr(read, "content", content)

        results = [plan.store.find(plan.fingerprint) for _ in range(2)]
        first = len(locations)
        artifact.zip.touch()
        results.append(plan.store.find(plan.fingerprint))

        size = artifact.zip.stat().st_size
        assert [sizes.zip for sizes in results if sizes] == [size] * 3
        assert (first, len(locations)) == (3, 4)

    @pytest.mark.parametrize("known", [False, True], ids=["unknown", "complete before"])
    @pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
    def test_damaged(
        self, project: Path, artifact: Artifact, damage: Callable[[Artifact], None], *, known: bool
    ) -> None:
        """An artifact that is damaged in any way is built again, to the same bytes."""
        content, manifest = artifact.zip.read_bytes(), artifact.manifest.read_bytes()
        if known:
            projects.grow_older(project)
            pipeline.build(examine(project))
        damage(artifact)
        plan = examine(project)
        assert plan.store.find(plan.fingerprint) is None

        assert pipeline.build(plan).reason

        assert artifact.zip.read_bytes() == content
        assert artifact.manifest.read_bytes() == manifest
        assert projects.artifacts(project) == [artifact.manifest.name, artifact.zip.name]

    def test_folder_in_the_way(self, project: Path, artifact: Artifact) -> None:
        """A folder at the artifact's path is not removed, but an error that names the place."""
        folder(artifact.zip)

        with pytest.raises(HashzipError, match=str(artifact.zip.parent)):
            pipeline.build(examine(project))
        assert artifact.zip.is_dir()

    @pytest.mark.parametrize("latest", [b"", b"\xff", b"../../hashzip.toml", b"\0", b"0" * 64])
    def test_latest(self, project: Path, artifact: Artifact, latest: bytes) -> None:
        """A damaged note of the last build is no last build."""
        store = LocalStore(str(project), "hello")
        assert latest_manifest(store) is not None
        (artifact.zip.parent / "latest").write_bytes(latest)

        assert latest_manifest(store) is None


class TestFingerprints:
    """The builds that there are."""

    def test_none(self, project: Path) -> None:
        """Before the first build there is none."""
        store = LocalStore(str(project), "hello")

        assert (store.fingerprints(), store.latest()) == ([], None)

    def test_all(self, project: Path, artifact: Artifact) -> None:
        """Each build is listed by its manifest, and the last one is the latest."""
        (project / "src" / "hello.py").write_bytes(b"edited")
        plan = examine(project)
        pipeline.build(plan)
        for name in ("notes.json", f"{'x' * 64}.json", f"{'0' * 64}.zip", f"{'1' * 64}.cdx.json"):
            (artifact.zip.parent / name).touch()

        store = LocalStore(str(project), "hello")

        assert store.fingerprints() == sorted([artifact.zip.stem, plan.fingerprint])
        assert store.latest() == plan.fingerprint


class TestManifest:
    """The manifest beside a zip."""

    def test_no_machine_in_it(self, project: Path, artifact: Artifact) -> None:
        """It contains no absolute path, time, host or user, nor anything else of a machine."""
        text = artifact.manifest.read_text(encoding="utf-8")
        document = json.loads(text)

        assert str(project) not in text
        assert socket.gethostname() not in text
        assert sys.prefix not in text
        assert re.search(r"\d\d:\d\d|20\d\d-\d\d", text) is None
        assert document["artifact"]["file"] == artifact.zip.name
        assert document["function"] == "hello"

    def test_same_from_two_projects(self, artifact: Artifact, tmp_path: Path) -> None:
        """Two machines write the same manifest and the same zip."""
        other = projects.make(tmp_path / "at another place")
        plan = examine(other)
        pipeline.build(plan, jobs=1)

        reference = plan.store.reference(plan.fingerprint)
        assert Path(reference["manifest"]).read_bytes() == artifact.manifest.read_bytes()
        assert Path(reference["zip"]).read_bytes() == artifact.zip.read_bytes()
