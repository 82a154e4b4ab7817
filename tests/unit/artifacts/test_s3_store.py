"""The store in S3: an artifact is complete or does not count, and what is damaged is named."""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hashzip import pipeline, planning
from hashzip.artifacts.manifest import Manifest
from hashzip.artifacts.s3_store import S3Store, S3Stores
from hashzip.artifacts.store import DamagedError, SharedStore, Sizes, Store
from tests.support import project as projects
from tests.support import s3
from tests.support.s3 import Shared

if TYPE_CHECKING:
    from hashzip.builders.build_plan import BuildPlan


class Built:
    """A package that is built, and not in the store."""

    def __init__(self, root: Path) -> None:
        self.plan: BuildPlan = planning.plan(planning.load_project(str(root)), "hello")
        pipeline.build(self.plan)
        self.fingerprint = self.plan.fingerprint
        self.zip = Path(self.plan.store.reference(self.fingerprint)["zip"])

    @property
    def manifest(self) -> Manifest:
        """Its manifest."""
        manifest = self.plan.store.manifest(self.fingerprint)
        assert manifest is not None
        return manifest

    def commit(self, store: SharedStore, sbom: str = "") -> None:
        """Put it into a store."""
        store.commit(self.manifest, str(self.zip), sbom)


@pytest.fixture
def built(project: Path) -> Built:
    """Build hello."""
    return Built(project)


def store(shared: Shared, function: str = "hello") -> S3Store:
    """Return the store of a function, which has not seen anything yet."""
    return shared.stores().store(function)


def test_commit(shared: Shared, built: Built) -> None:
    """What is put there is found, to the byte, under the contract's names."""
    assert store(shared).find(built.fingerprint) is None

    built.commit(store(shared), "{}")

    fingerprint, artifact = built.fingerprint, built.manifest.artifact
    assert shared.objects() == {
        f"lambda/hello/{fingerprint}.zip": built.zip.read_bytes(),
        f"lambda/hello/{fingerprint}.json": built.manifest.to_json().encode(),
        f"lambda/hello/{fingerprint}.cdx.json": b"{}",
    }
    there: Store = store(shared)
    assert there.find(fingerprint) == Sizes(artifact.size, artifact.unpacked_size)
    assert there.manifest(fingerprint) == built.manifest
    assert there.fingerprints() == [fingerprint]
    assert there.reference(fingerprint) == {
        "zip": f"{shared.url}/hello/{fingerprint}.zip",
        "manifest": f"{shared.url}/hello/{fingerprint}.json",
    }
    with there.open_zip(fingerprint) as file:
        assert file.read() == built.zip.read_bytes()
    built.commit(store(shared), "{}")  # the loser of a race finds the same
    assert store(shared, "other").find(fingerprint) is None
    assert store(shared, "other").fingerprints() == []


def test_everybody_counts(shared: Shared, built: Built) -> None:
    """The bucket's policy decides who may write: nothing there is foreign, own or the last."""
    there = store(shared)
    built.commit(there)
    there.trust(built.manifest)

    assert not there.is_doubtful(built.fingerprint)
    assert there.untrusted_manifest(built.fingerprint) is None
    assert not there.is_own(built.fingerprint)
    assert there.latest() is None
    with there.stage() as folder:
        assert list(Path(folder).iterdir()) == []
    assert not Path(folder).exists()


def test_order(monkeypatch: pytest.MonkeyPatch, built: Built) -> None:
    """The zip is put first and the manifest last; where the manifest is removed, it goes first."""
    with s3.fake((200, b"")) as served:
        for name, value in served.environment().items():
            monkeypatch.setenv(name, value)
        there = S3Stores(served.settings).store("hello")
        built.commit(there, "{}")
        there.remove(built.fingerprint)
    requests = [(verb, path.partition(".")[2]) for verb, path, _ in served.requests]
    assert requests == [
        *(("PUT", "zip"), ("PUT", "cdx.json"), ("PUT", "json")),
        *(("DELETE", "json"), ("DELETE", "cdx.json"), ("DELETE", "zip")),
    ]


def test_zip_alone_counts_for_nothing(shared: Shared, built: Built) -> None:
    """Without its manifest, a zip is not there; the same zip can be completed."""
    built.commit(store(shared))
    shared.client.delete_object(Bucket=shared.bucket, Key=shared.key(".json"))
    assert store(shared).find(built.fingerprint) is None

    built.commit(store(shared))

    assert store(shared).find(built.fingerprint)


def other_function(text: bytes) -> bytes:
    """Return a manifest that is that of another function."""
    return json.dumps({**json.loads(text), "function": "other"}).encode()


def other_digest(text: bytes) -> bytes:
    """Return a manifest that is contradictory."""
    document = json.loads(text)
    document["artifact"]["code_sha256"] = "AAAA"
    return json.dumps(document).encode()


def other_file(text: bytes) -> bytes:
    """Return a manifest that names another zip."""
    document = json.loads(text)
    document["artifact"]["file"] = "../other.zip"
    return json.dumps(document).encode()


def other_inputs(text: bytes) -> bytes:
    """Return a manifest whose fingerprint is not that of its inputs."""
    document = json.loads(text)
    document["inputs"][0]["path"] = "other.py"
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    "suffix, damage, words",
    [
        (".zip", lambda content: content[:-1], "is not what its manifest says"),
        (".zip", lambda _: b"", "is not what its manifest says"),
        (".zip", lambda content: bytes([*content[:-1], 1]), "is not what its manifest says"),
        (".json", lambda content: content[:-9], "is no manifest of it"),
        (".json", lambda _: b"", "is no manifest of it"),
        (".json", lambda _: b"\xff", "is no manifest of it"),
        (".json", other_function, "it is that of other"),
        (".json", other_digest, "its sha256 and code_sha256 differ"),
        (".json", other_file, "it names the zip ../other.zip"),
        (".json", other_inputs, "the fingerprint is not that of the inputs"),
    ],
)
def test_damaged(
    shared: Shared, built: Built, suffix: str, damage: Callable[[bytes], bytes], words: str
) -> None:
    """An object that is damaged, or another one's, is named, with what replaces it."""
    built.commit(store(shared))
    key = shared.key(suffix)
    shared.write(key, damage(shared.objects()[key]))

    with pytest.raises(DamagedError) as caught:
        store(shared).find(built.fingerprint)
    assert f"s3://{shared.bucket}/{key}" in caught.value.message
    assert words in caught.value.message
    assert f"hashzip build hello --force --store {shared.url}" in caught.value.hint


def test_other_artifact(shared: Shared, built: Built, tmp_path: Path) -> None:
    """A complete artifact of other inputs at the place of this one is named."""
    built.commit(store(shared))
    root = projects.make(tmp_path / "other")
    (root / "src/hello.py").write_bytes(b"other")
    theirs = Built(root)
    shared.write(shared.key(".json"), theirs.manifest.to_json().encode())

    with pytest.raises(DamagedError, match="it is that of another fingerprint"):
        store(shared).find(built.fingerprint)


def test_missing_zip(shared: Shared, built: Built) -> None:
    """A manifest whose zip is gone is named."""
    built.commit(store(shared))
    shared.client.delete_object(Bucket=shared.bucket, Key=shared.key(".zip"))

    with pytest.raises(DamagedError, match=r"\.zip is missing"):
        store(shared).find(built.fingerprint)


@pytest.mark.parametrize("suffix", [".zip", ".json"])
def test_loser_of_a_race(shared: Shared, built: Built, suffix: str) -> None:
    """Who comes second and has other bytes says so, and replaces nothing; `remove` makes room."""
    built.commit(store(shared))
    objects = shared.objects()
    key = shared.key(suffix)
    other = b"other" if suffix == ".zip" else objects[key].replace(b'"size": ', b'"size": 1')
    shared.write(key, other)

    with pytest.raises(DamagedError, match=r"other bytes than|is no manifest") as caught:
        built.commit(store(shared))
    assert "--force" in caught.value.hint
    assert shared.objects()[key] == other
    store(shared).remove(built.fingerprint)
    assert shared.objects() == {}
    built.commit(store(shared))
    assert shared.objects() == objects


class Dying:
    """A client that dies before its next request, or after it, once it has sent some.

    Args:
        client: The client.
        requests: How many requests succeed.
        sends: Whether the next one arrives.
    """

    def __init__(self, client: Any, requests: int, *, sends: bool) -> None:  # noqa: ANN401 - boto3
        self._client = client
        self._left = requests
        self._sends = sends

    def __getattr__(self, name: str) -> Callable[..., object]:
        """Return a method of the client."""

        def send(**arguments: object) -> object:
            self._left -= 1
            answer = getattr(self._client, name)(**arguments) if self._lives() else None
            if self._left < 0:
                raise KeyboardInterrupt
            return answer

        return send

    def _lives(self) -> bool:
        return self._left >= 0 or (self._left == -1 and self._sends)


@pytest.mark.parametrize("is_forced", [False, True])
def test_killed_at_each_request(shared: Shared, built: Built, *, is_forced: bool) -> None:
    """Whenever a process ends, no manifest is there without its zip, and a new one completes it."""
    seen = set()
    for requests in range(6):
        for sends in (False, True):
            store(shared).remove(built.fingerprint)
            if is_forced:  # another artifact is replaced
                built.commit(store(shared))
            dying = Dying(shared.client, requests, sends=sends)
            theirs = S3Stores(shared.settings, dying).store("hello")
            with contextlib.suppress(KeyboardInterrupt):
                if is_forced:
                    theirs.remove(built.fingerprint)
                built.commit(theirs, "{}")

            seen.add(len(shared.objects()))
            store(shared).find(built.fingerprint)  # no `DamagedError`
            built.commit(store(shared), "{}")
            assert store(shared).find(built.fingerprint)
    assert {0, 1, 2, 3} <= seen  # the control: it died at several points
