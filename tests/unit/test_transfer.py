"""Artifacts move between the store in the project and the shared one, and nothing damaged does."""

import dataclasses
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hashzip import pipeline, planning, transfer
from hashzip.artifacts.s3_store import S3Store
from hashzip.artifacts.store import DamagedError, SharedStores
from hashzip.builders.build_plan import BuildPlan
from hashzip.errors import HashzipError
from hashzip.project import user_cache, user_key
from hashzip.system import phases
from tests.support import commands, program
from tests.support import project as projects
from tests.support.phase_record import Record
from tests.support.s3 import Shared


@dataclasses.dataclass
class Machine:
    """A project, whose user has a key of their own, and the store."""

    root: Path
    shared: Shared

    @property
    def plan(self) -> BuildPlan:
        """The plan of hello."""
        return planning.plan(planning.load_project(str(self.root)), "hello")

    @property
    def stores(self) -> SharedStores:
        """The shared stores, of which nothing is known yet."""
        return self.shared.stores()

    def zips(self) -> list[Path]:
        """Return the zips in the project."""
        return sorted(self.root.rglob("dist/**/*.zip"))


@pytest.fixture
def machine(project: Path, shared: Shared) -> Machine:
    """Return a machine that has built nothing."""
    return Machine(project, shared)


@pytest.fixture
def other(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """Build and push on a machine, and return another one, with a cache and a key of its own."""
    assert pipeline.build(machine.plan, shared=machine.stores).is_pushed
    with monkeypatch.context() as patch:
        patch.setenv(user_cache.FOLDER_VARIABLE, str(tmp_path / "cache"))
        user_key.forget()
        yield Machine(projects.make(tmp_path / "other"), machine.shared)
    user_key.forget()


def test_build_elsewhere(machine: Machine, other: Machine) -> None:
    """What one machine has pushed, another neither builds nor fetches; it knows the manifest."""
    assert machine.zips()
    plan = other.plan
    built = pipeline.build(plan, shared=other.stores)

    assert (built.reason, built.stored, built.is_pushed) == ("", True, False)
    assert other.zips() == []
    manifest = plan.store.manifest(plan.fingerprint)
    assert manifest is not None
    assert manifest.to_json().encode() == other.shared.objects()[other.shared.key(".json")]
    # The control: an edit is built, and pushed.
    (other.root / "src/hello.py").write_bytes(b"edited")
    built = pipeline.build(other.plan, shared=other.stores)
    assert (built.reason, built.is_pushed) == ("first build here", True)
    assert len(other.zips()) == 1


def test_build_again(machine: Machine) -> None:
    """What is here and in the store is neither built nor pushed."""
    first = pipeline.build(machine.plan, shared=machine.stores)
    again = pipeline.build(machine.plan, shared=machine.stores)
    assert (first.is_pushed, again.is_pushed, again.stored) == (True, False, True)
    assert pipeline.build(machine.plan).stored is False


def test_pull(machine: Machine, other: Machine) -> None:
    """A zip is fetched once, to the byte; its members are not taken for a later build."""
    record = Record()
    with phases.listening(record):
        assert transfer.pull(other.plan, other.stores)
    assert not transfer.pull(other.plan, other.stores)

    (zip_file,) = other.zips()
    assert record.events[1:] == [("hello", zip_file.stat().st_size), ("hello", "end")]
    assert zip_file.read_bytes() == machine.zips()[0].read_bytes()
    plan = other.plan
    assert plan.store.find(plan.fingerprint)
    assert not plan.store.is_own(plan.fingerprint)
    assert plan.store.latest() == plan.fingerprint
    assert [path.name for path in zip_file.parent.iterdir() if ".partial" in path.name] == []


def test_pull_links(shared: Shared, tmp_path: Path) -> None:
    """A zip with links and programs is compared with its manifest, too."""
    script = "mkdir -p out && printf '#!/bin/sh\\n' > out/run && ln -s run out/link"
    roots = [commands.make(tmp_path / name, script, output="out") for name in ("a", "b")]
    first, second = (Machine(root, shared) for root in roots)
    pipeline.build(first.plan, shared=first.stores)
    assert transfer.pull(second.plan, second.stores)
    assert second.zips()[0].read_bytes() == first.zips()[0].read_bytes()


def test_pull_nothing(machine: Machine) -> None:
    """What is not there is an error that says how to build it."""
    with pytest.raises(HashzipError, match="the store has no") as caught:
        transfer.pull(machine.plan, machine.stores)
    assert caught.value.hint == "build it: hashzip build hello"
    assert machine.zips() == []


def test_pull_liar(other: Machine) -> None:
    """A manifest that lies about the members of its zip is refused, and nothing is kept."""
    shared = other.shared
    key = shared.key(".json")
    document = json.loads(shared.objects()[key])
    document["artifact"]["entries"] = [
        {**entry, "sha256": 64 * "0"} for entry in document["artifact"]["entries"]
    ]
    shared.write(key, json.dumps(document).encode())

    with pytest.raises(DamagedError, match="does not hold what its manifest says"):
        transfer.pull(other.plan, other.stores)
    assert other.zips() == []
    assert other.plan.store.manifest(other.plan.fingerprint) is None


class CutOff(io.BytesIO):
    """A body whose connection is cut."""

    def read(self, size: int | None = -1) -> bytes:
        """Return some bytes, and then an error as that of the store."""
        content = super().read(min(size or 0, 100))
        if not content:
            raise HashzipError("the connection was cut", "check the network")
        return content


def test_pull_cut(other: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a zip whose download is cut, nothing is kept, and the next one is whole."""
    stores = other.stores
    content = other.shared.objects()[other.shared.key(".zip")]
    with monkeypatch.context() as patch:
        patch.setattr(S3Store, "open_zip", lambda *_: CutOff(content))
        with pytest.raises(HashzipError, match="the connection was cut"):
            transfer.pull(other.plan, stores)
    left = {path.name for path in (other.root / "dist/hello").iterdir()}
    assert left == {".lock"}
    assert transfer.pull(other.plan, stores)
    assert other.zips()[0].read_bytes() == content


def test_handler_of_what_only_the_store_has(other: Machine) -> None:
    """A handler that was changed is checked by the manifest alone."""
    projects.configure(other.root, handler="nobody.handler")

    finished = program.call("build", "--store", other.shared.url, cwd=other.root)

    assert finished.code == 1
    assert "nobody" in finished.err
    assert other.zips() == []


def test_push(machine: Machine) -> None:
    """What is built is pushed once; what is not built is an error."""
    with pytest.raises(HashzipError, match="hello is not built") as caught:
        transfer.push(machine.plan, machine.stores)
    assert caught.value.hint == "run: hashzip build hello"
    pipeline.build(machine.plan)
    assert transfer.push(machine.plan, machine.stores)
    assert not transfer.push(machine.plan, machine.stores)


@pytest.mark.parametrize("suffix", [".zip", ".json"])
def test_push_over_damage(machine: Machine, suffix: str) -> None:
    """What is damaged stays, and is named, unless it is to be replaced."""
    pipeline.build(machine.plan, shared=machine.stores)
    objects = machine.shared.objects()
    machine.shared.write(machine.shared.key(suffix), b"damaged")

    with pytest.raises(DamagedError, match="is damaged in the store"):
        transfer.push(machine.plan, machine.stores)
    assert machine.shared.objects() != objects
    assert transfer.push(machine.plan, machine.stores, force=True)
    assert machine.shared.objects() == objects


def test_orphan(machine: Machine) -> None:
    """A zip without a manifest that has other bytes is named, and replaced on request."""
    pipeline.build(machine.plan)
    key = f"lambda/hello/{machine.plan.fingerprint}.zip"
    machine.shared.write(key, b"other")

    with pytest.raises(DamagedError, match="has other bytes"):
        transfer.push(machine.plan, machine.stores)
    assert transfer.push(machine.plan, machine.stores, force=True)
    assert machine.shared.objects()[key] == machine.zips()[0].read_bytes()


def test_zip_lost_while_pushed(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A zip that disappears is an error that names it, and nothing is put there."""
    pipeline.build(machine.plan)
    plan = machine.plan
    sizes = plan.store.find(plan.fingerprint)
    monkeypatch.setattr(type(plan.store), "find", lambda *_: sizes)
    os.remove(machine.zips()[0])

    with pytest.raises(HashzipError, match="cannot read"):
        transfer.push(plan, machine.stores)
    assert machine.shared.objects() == {}


def test_states(machine: Machine) -> None:
    """The state of an artifact is that of the store, whatever is here."""
    assert transfer.states([machine.plan], machine.stores) == {"hello": "no"}
    pipeline.build(machine.plan, shared=machine.stores)
    assert transfer.states([machine.plan], machine.stores) == {"hello": "yes"}
    assert transfer.find_all([machine.plan], machine.stores)["hello"] is not None
    machine.shared.write(machine.shared.key(".zip"), b"")
    assert transfer.states([machine.plan], machine.stores) == {"hello": "damaged"}
